import { describe, expect, it } from "vitest";
import { factoryActions } from "./index.ts";

const named = new Map(factoryActions.map((action) => [action.name, action]));
const namesBy = (sender: "anyone" | "hub") =>
	factoryActions.filter((action) => action.sender === sender).map(({ name }) => name);

/** https://developers.antavo.com/docs/api-events, and the actions of the asynchronous Events API. */
const fromOutside = [
	"opt_in opt_out profile daily_login",
	"checkout checkout_item checkout_update checkout_update_item checkout_accept checkout_accept_item",
	"checkout_reject checkout_claim refund partial_refund refund_item",
	"point_add point_sub point_spend point_unspend point_fix reserve_points release_points",
	"coupon coupon_redeem coupon_unredeem referral review_submit challenge_reset",
	"social_follow content_consumption quiz",
].flatMap((line) => line.split(" "));

/** https://developers.antavo.com/docs/internal-events and https://docs.antavo.com/docs/active-member-events. */
const internal = [
	"activity activity_approved activity_denied booking coupon_assign coupon_change coupon_receive",
	"instagram_contest_enter profiling_answer profiling_flow share_intent_success fitbit_activity",
	"club_create club_member_join club_member_remove club_member_ban club_member_unban club_applicant_accept",
	"club_applicant_ban club_applicant_refuse club_assing_ownership club_revoke_ownership club_disband",
	"club_detail_change club_point_add club_point_remove club_point_donation",
	"anniversary birthday campaign_bonus currency_conversion daily_purchase checkout_item_accept",
].flatMap((line) => line.split(" "));

describe("the actions that come with the hub", () => {
	it("have a name each, of which nobody has a second", () => {
		expect(named.size).toBe(factoryActions.length);
	});

	it("are those that Antavo takes from outside, and the pair that its error codes 114400 and 114600 speak of", () => {
		expect(namesBy("anyone").toSorted()).toEqual([...fromOutside, "suspend", "unsuspend"].toSorted());
	});

	it("are those that Antavo writes by itself, and those whose names it does not publish", () => {
		const ours = [
			"tier_up",
			"tier_down",
			"tier_renew",
			"point_expire",
			"point_activate",
			"merge_out",
			"merge_in",
		];
		const rewards = ["reward_claim", "reward_claim_revoke"];
		expect(namesBy("hub").toSorted()).toEqual([...internal, ...ours, ...rewards].toSorted());
	});

	it("are internal where only the hub writes them", () => {
		for (const { name, origin, sender } of factoryActions) {
			expect([name, origin]).toEqual([name, sender === "hub" ? "internal" : "factory"]);
		}
	});

	it.each([
		["checkout", "transaction_id"],
		["checkout_item", "transaction_id"],
		["checkout_update", "transaction_id"],
		["checkout_accept", "transaction_id"],
		["checkout_accept_item", "transaction_id product_id"],
		["checkout_reject", "transaction_id"],
		["refund", "transaction_id"],
		["partial_refund", "transaction_id amount"],
		["refund_item", "transaction_id product_id"],
		["point_add", "points"],
		["point_sub", "points"],
		["point_spend", "points"],
		["point_unspend", "points"],
		["point_fix", "points"],
		["reserve_points", "transaction_id points"],
		["release_points", "transaction_id"],
		["coupon_redeem", "code"],
		["referral", "referred"],
		["challenge_reset", "challenge"],
		["opt_out", ""],
		["review_submit", ""],
	])("%s needs %j", (name, needed) => {
		const attributes = [...(named.get(name)?.attributes ?? [])];
		const required = attributes.flatMap(([key, attribute]) => (attribute.required ? [key] : []));
		expect(required.toSorted()).toEqual(needed.split(" ").filter(Boolean).toSorted());
	});

	it("call their attributes what people would", () => {
		expect(named.get("checkout")?.attributes.get("transaction_id")?.label).toBe("Transaction id");
	});
});
