import type { ActionDefinition } from "../catalog/definition.ts";
import type { JsonObject } from "../model/json.ts";
import { good, type Result } from "../model/result.ts";
import { type Cast, castData, type NotCast } from "./cast.ts";
import type { Decide } from "./decision.ts";
import { decideOptIn, decideProfile } from "./membership.ts";
import { decidePlain } from "./plain.ts";
import { decideAdd, decideSpend, decideSubtract, decideUnspend } from "./points.ts";
import {
	completePurchase,
	decideAccept,
	decideCheckout,
	decideItemRefund,
	decidePartialRefund,
	decideRefund,
	decideReject,
	decideUpdate,
} from "./purchase.ts";

const rulesOf: ReadonlyMap<string, Decide> = new Map([
	["opt_in", decideOptIn],
	["profile", decideProfile],
	["checkout", decideCheckout],
	["checkout_update", decideUpdate],
	["checkout_accept", decideAccept],
	["checkout_reject", decideReject],
	["refund", decideRefund],
	["partial_refund", decidePartialRefund],
	["refund_item", decideItemRefund],
	["point_add", decideAdd],
	["point_sub", decideSubtract],
	["point_spend", decideSpend],
	["point_unspend", decideUnspend],
]);

/** What an event of this action does, from the state before it: pure. */
export const decide: Decide = (situation) =>
	(rulesOf.get(situation.definition.name) ?? decidePlain)(situation);

const purchases: ReadonlySet<string> = new Set(["checkout", "checkout_update"]);

/** The data as it will stand in the ledger. Equal data of one action is the same fact. */
export function prepare(definition: ActionDefinition, data: JsonObject): Result<Cast, NotCast> {
	const cast = castData(definition, data);
	if (!cast.ok || !purchases.has(definition.name)) return cast;
	return good({ ...cast.value, data: completePurchase(cast.value.data) });
}
