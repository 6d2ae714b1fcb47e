import type { TierStructure } from "../catalog/tiers.ts";
import { at, type Holdings, type TierState } from "./state.ts";
import { type Move, standingOf } from "./tiers.ts";
import type { Turn } from "./turn.ts";
import { putTier } from "./write.ts";

interface Keeping {
	readonly theirs: Holdings["tiers"];
	readonly keyAt: (index: number) => string;
	readonly parent: string;
}

/** Nobody loses a tier by a merge: in each structure the higher of the two stays, until when it was. Gives how many came over. */
export function keepTiers(turn: Turn, subject: string, { theirs, keyAt, parent }: Keeping): number {
	const { tiers } = turn.state(subject);
	const moves = [...turn.program.tiers.values()].flatMap((structure) => {
		const own = at(tiers, structure.id);
		const other = at(theirs, structure.id);
		return other === undefined ? [] : (moveTo(structure, own, other) ?? []);
	});
	for (const [index, move] of moves.entries())
		putTier(turn, subject, { ...move, key: keyAt(index), timestamp: turn.recordedAt, parent });
	return moves.length;
}

/** To the other's tier, where it is higher than one's own, or the same and lasts longer. */
function moveTo(
	structure: TierStructure,
	own: TierState | undefined,
	other: TierState,
): Pick<Move, "action" | "effect"> | undefined {
	const rise = placeIn(structure, other) - placeIn(structure, own);
	if (rise < 0 || (rise === 0 && lastsUntil(other) <= lastsUntil(own))) return undefined;
	const tier = standingOf(structure, other)?.id ?? null;
	return {
		action: rise > 0 ? "tier_up" : "tier_renew",
		effect: { kind: "tier", structure: structure.id, tier, until: other.until },
	};
}

const placeIn = (structure: TierStructure, state: TierState | undefined): number =>
	structure.tiers.findIndex(({ id }) => id === standingOf(structure, state)?.id);

const lastsUntil = (state: TierState | undefined): number => state?.until ?? Number.POSITIVE_INFINITY;
