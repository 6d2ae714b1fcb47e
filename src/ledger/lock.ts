import { type Asking, askClaim, giveBack, type Mine, type RecordParts } from "./asking.ts";
import { lockAbandonedMs } from "./limits.ts";
import type { Holder, Place } from "./shard.ts";

/**
 * Keeps others from merging or erasing these customers, by a claim for each. Null where somebody else is at it. What
 * was begun under the same key is gone on with.
 */
export function* lock(
	places: readonly Place[],
	key: string,
	parts: RecordParts,
): Asking<readonly Mine[] | null> {
	const wanted = new Map(places.map((place) => [hashOf(place, parts), place]));
	const own = lockKey(key);
	const held: Mine[] = [];
	// In an order that all keep: of two who want the same, one gets through.
	for (const [hash, { subject, shard }] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
		let claimed = yield* askClaim({ hash, subject, shard, key: own, over: null }, parts);
		if (claimed.kind === "held" && isAbandoned(claimed.by, parts)) {
			claimed = yield* askClaim({ hash, subject, shard, key: own, over: claimed.by }, parts);
		}
		if (claimed.kind === "held") {
			yield* unlock(held, parts);
			return null;
		}
		held.push(claimed);
	}
	return held;
}

export const unlock = (held: readonly Mine[], parts: RecordParts): Asking<void> => giveBack(held, parts);

/** No event has it: a claim for an event that is there already is settled. */
const lockKey = (key: string): string => `${key.slice(0, 28)}ffff`;

const isAbandoned = ({ at }: Holder, { clock }: RecordParts): boolean => clock() - at >= lockAbandonedMs;

const hashOf = ({ subject }: Place, { crypto }: RecordParts): string =>
	crypto.sha256Hex(JSON.stringify(["alone", subject])).slice(0, 32);
