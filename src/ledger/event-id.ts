/** Where an event is, as its id says. */
export interface Place {
	readonly shard: number;
	readonly seq: number;
}

/**
 * 24 lower-case hex digits: 4 bytes seconds since 1970, 2 bytes shard, 6 bytes seq. Ids rise within a shard, and an
 * event is found by its id without an index.
 */
export const eventId = ({ recordedAt, shard, seq }: Place & { readonly recordedAt: number }): string =>
	hex(Math.floor(recordedAt / 1_000), 8) + hex(shard, 4) + hex(seq, 12);

/** Undefined where the text can not be an event's id. */
export function placeOfEvent(id: string): Place | undefined {
	if (!/^[0-9a-f]{24}$/.test(id)) return undefined;
	return { shard: Number.parseInt(id.slice(8, 12), 16), seq: Number.parseInt(id.slice(12), 16) };
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
