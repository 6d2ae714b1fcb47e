import type { Accepted, SignedCheckpoint } from "./ledger/proofs.ts";
import type { Notary, Verified } from "./notary.ts";

/** The notaries of all shards. */
export interface Notaries {
	readonly count: number;
	at(shard: number): Notary;
}

/** So many shards are asked at once: each may have a whole log to read. */
const atOnce = 16;

async function ofAll<Value>(
	{ count, at }: Notaries,
	ask: (notary: Notary, shard: number) => Promise<Value>,
): Promise<readonly Value[]> {
	const found: Value[] = [];
	for (let from = 0; from < count; from += atOnce) {
		const shards = Array.from({ length: Math.min(atOnce, count - from) }, (_, index) => from + index);
		found.push(...(await Promise.all(shards.map((shard) => ask(at(shard), shard)))));
	}
	return found;
}

/** Verifies every shard; the checkpoints that are given are compared with the shard that they are of. */
export async function verifyLedger(notaries: Notaries, given: readonly string[]): Promise<Verified> {
	// What is of no shard is nobody's, and the first says so.
	const byShard = Map.groupBy(given, (note) => {
		const shard = Number(note.split("\n", 1)[0]?.split("/")[2]);
		return shard < notaries.count ? shard : 0;
	});
	const found = await ofAll(notaries, (notary, shard) => notary.verify(byShard.get(shard) ?? []));
	const sum = (of: (one: Verified) => number): number => found.reduce((all, one) => all + of(one), 0);
	return {
		events: sum(({ events }) => events),
		erased: sum(({ erased }) => erased),
		erasedEvents: found.flatMap(({ erasedEvents }) => erasedEvents),
		checkpoints: sum(({ checkpoints }) => checkpoints),
		accepted: sum(({ accepted }) => accepted),
		problems: found.flatMap(({ problems }, shard) => problems.map((one) => named(notaries, shard, one))),
		moreProblems: sum(({ moreProblems }) => moreProblems),
	};
}

/** The newest checkpoint of every shard that has one. */
export async function checkpointLedger(notaries: Notaries): Promise<readonly SignedCheckpoint[]> {
	const found = await ofAll(notaries, (notary) => notary.checkpoint());
	return found.flatMap((one) => one ?? []);
}

/** Accepts what is missing wherever something is; empty where nothing was accepted, with what the shards said. */
export async function acceptLedger(
	notaries: Notaries,
	by: string,
): Promise<{ readonly accepted: readonly Accepted[]; readonly refusals: readonly string[] }> {
	const found = await ofAll(notaries, (notary) => notary.accept(by));
	return {
		accepted: found.flatMap((one) => (one.ok ? [one.value] : [])),
		refusals: [...new Set(found.flatMap((one) => (one.ok ? [] : [one.failure])))],
	};
}

const named = ({ count }: Notaries, shard: number, sentence: string): string =>
	count === 1 ? sentence : `shard ${shard}: ${sentence}`;
