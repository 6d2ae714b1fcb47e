import type { ActionDefinition } from "../catalog/definition.ts";
import type { JsonObject } from "../model/json.ts";
import { good, type Result } from "../model/result.ts";
import { canonicalText } from "./canonical.ts";
import { type Cast, castData, type NotCast } from "./cast.ts";
import { type Decide, refuse, type Situation } from "./decision.ts";
import { burnsPoints, claimAction, guestsDecision } from "./guest.ts";
import { itemsMax } from "./limits.ts";
import { decideOptIn, decideProfile, decideSuspend, decideUnsuspend } from "./membership.ts";
import { decidePlain } from "./plain.ts";
import {
	decideAdd,
	decideFix,
	decideRelease,
	decideReserve,
	decideSpend,
	decideSubtract,
	decideUnspend,
} from "./points.ts";
import {
	completePurchase,
	decideAccept,
	decideAcceptItem,
	decideCheckout,
	decideItemRefund,
	decidePartialRefund,
	decideRefund,
	decideReject,
	decideUpdate,
	decideUpdateItem,
} from "./purchase.ts";

const rulesOf: ReadonlyMap<string, Decide> = new Map([
	["opt_in", decideOptIn],
	["profile", decideProfile],
	["checkout", decideCheckout],
	["checkout_update", decideUpdate],
	["checkout_update_item", decideUpdateItem],
	["checkout_accept", decideAccept],
	["checkout_accept_item", decideAcceptItem],
	["checkout_reject", decideReject],
	["refund", decideRefund],
	["partial_refund", decidePartialRefund],
	["refund_item", decideItemRefund],
	["point_add", decideAdd],
	["point_sub", decideSubtract],
	["point_spend", decideSpend],
	["point_unspend", decideUnspend],
	["point_fix", decideFix],
	["reserve_points", decideReserve],
	["release_points", decideRelease],
	["suspend", decideSuspend],
	["unsuspend", decideUnsuspend],
	// What it gives stands in another's events: `mergeIn` writes it.
	[claimAction, () => refuse(0, "What a claim comes to is not known before it is made")],
]);

/** What an event of this action does, from the state before it: pure. */
export function decide(situation: Situation): ReturnType<Decide> {
	if (situation.guest && burnsPoints(situation)) return refuse(120241, "A guest has no points to burn");
	const decided = (rulesOf.get(situation.definition.name) ?? decidePlain)(situation);
	return situation.guest && decided.ok ? good(guestsDecision(decided.value, situation)) : decided;
}

const purchases: ReadonlySet<string> = new Set(["checkout", "checkout_update"]);

/** The data as it will stand in the ledger. */
export function prepare(definition: ActionDefinition, data: JsonObject): Result<Cast, NotCast> {
	const cast = castData(definition, data);
	if (!cast.ok || !purchases.has(definition.name)) return cast;
	return good({ ...cast.value, data: completePurchase(cast.value.data) });
}

/** Not for `prepare` to say: events from before there was this limit stay the same facts. */
export function hasTooManyItems({ name }: ActionDefinition, { items }: JsonObject): boolean {
	return purchases.has(name) && Array.isArray(items) && items.length > itemsMax;
}

/**
 * Whether what an event of the action has, as canonical JSON, is the same fact as this data. It was cast by the definition of
 * its time, which may have become another since: it is compared as it stands with what would stand there today and with what
 * was sent, and then once more as today's definition would cast it.
 */
export function isSameFact(definition: ActionDefinition, recorded: string, data: JsonObject): boolean {
	if (recorded === canonicalText(data)) return true;
	const text = textOf(definition, data);
	return (
		text !== undefined &&
		(recorded === text || textOf(definition, JSON.parse(recorded) as JsonObject) === text)
	);
}

function textOf(definition: ActionDefinition, data: JsonObject): string | undefined {
	const prepared = prepare(definition, data);
	return prepared.ok ? canonicalText(prepared.value.data) : undefined;
}
