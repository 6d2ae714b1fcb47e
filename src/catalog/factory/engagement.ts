import type { ActionDefinition } from "../definition.ts";
import { factory, internal, number, object, required, text } from "./write.ts";

const coupon = { coupon: text, code: text };
const used = { code: required(text), amount: number, transaction_id: text };
const reward = { reward: text, reason: text };

/**
 * Coupons, rewards, challenges, reviews, content. They are recorded, and may earn by a program's own points; what they
 * are about is kept elsewhere.
 */
export const engagementActions: readonly ActionDefinition[] = [
	factory("coupon", "Coupon", coupon),
	factory("coupon_redeem", "Coupon redeemed", used),
	factory("coupon_unredeem", "Coupon given back", used),
	factory(
		"review_submit",
		"Review",
		{ item: text, review: text, review_id: text, rating: number, provider: text },
		{ once: ["review_id"] },
	),
	factory("challenge_reset", "Challenge reset", { challenge: required(text) }),
	factory("social_follow", "Social follow"),
	factory("content_consumption", "Content consumption"),
	factory("quiz", "Quiz"),
	internal("coupon_assign", "Coupon assigned", coupon),
	internal("coupon_change", "Coupon changed", { code: text, before: object, after: object }),
	internal("coupon_receive", "Coupon received", { code: text, original: text }),
	internal("reward_claim", "Reward claimed", reward),
	internal("reward_claim_revoke", "Reward claim revoked", reward),
	internal("activity", "Challenge completed", { activity: text }),
	internal("activity_approved", "Challenge approved", { activity: text }),
	internal("activity_denied", "Challenge denied", { activity: text }),
	internal("fitbit_activity", "Fitbit activity"),
	internal("booking", "Booking", { bookenda_id: text }),
	internal("instagram_contest_enter", "Instagram contest entered", { contest: text, contest_type: text }),
	internal("profiling_answer", "Profiling question answered"),
	internal("profiling_flow", "Profiling completed"),
	internal("share_intent_success", "Share intent succeeded"),
];
