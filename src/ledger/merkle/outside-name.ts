/**
 * What checkpoints are called outside the database: by hub, shard, generation and size. The names sort newest first,
 * so that the first of a list is the newest however many there are; the size stands at the end for people.
 */
export interface OutsideName {
	readonly shard: number;
	readonly generation: number;
	readonly size: number;
}

const generationsMax = 9_999;
const sizesMax = 999_999_999_999_999;

/** Where a hub's checkpoints are, of all its shards or of one. */
export const checkpointFolder = (hub: string, shard?: number): string =>
	`checkpoints/${hub}/${shard === undefined ? "" : `${shard}/`}`;

export const checkpointName = (hub: string, { shard, generation, size }: OutsideName): string => {
	const newestFirst = [
		String(generationsMax - generation).padStart(4, "0"),
		String(sizesMax - size).padStart(15, "0"),
	];
	return `${checkpointFolder(hub, shard)}${newestFirst.join("-")}-${size}.note`;
};

/** Undefined where a name is of something else. */
export function readCheckpointName(name: string): OutsideName | undefined {
	const [, shard, generation, size] = /\/(\d+)\/(\d{4})-\d{15}-(\d{1,15})\.note$/.exec(name) ?? [];
	if (shard === undefined) return undefined;
	return { shard: Number(shard), generation: generationsMax - Number(generation), size: Number(size) };
}

export const acceptanceName = (hub: string, { shard, generation }: Omit<OutsideName, "size">): string =>
	`acceptances/${hub}/${shard}/${generation}.note`;
