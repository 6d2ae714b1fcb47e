import type { ActionDefinition } from "../definition.ts";
import { customer, date, factory, integer, internal, object, required, text } from "./write.ts";

const person = {
	email: text,
	first_name: text,
	last_name: text,
	handler: text,
	birth_date: date,
	gender: text,
	language: text,
	phone: text,
	mobile_phone: text,
	currency: text,
	country: text,
	street: text,
	city: text,
	state: text,
	postal_code: text,
	company: text,
	src: text,
	referrer: text,
};

const tier = { tier: text, previous: text, structure: text, reason: text };

/**
 * Membership: its beginning, its end, and what happens to it by itself.
 *
 * `opt_in` has no business key: that somebody is a customer already is its own rule (112101).
 */
export const memberActions: readonly ActionDefinition[] = [
	factory("opt_in", "Opt-in", person),
	factory("opt_out", "Opt-out", { reason: text }),
	factory("profile", "Profile update", person),
	factory("suspend", "Suspension", { reason: text }),
	factory("unsuspend", "End of suspension", { reason: text }),
	factory("daily_login", "Daily login", {}, { once: "customer_per_day", clientSide: true }),
	factory("referral", "Referral", { referred: required(customer) }, { once: ["referred"] }),
	internal("birthday", "Birthday", {}, { once: "customer_per_day" }),
	internal("anniversary", "Anniversary", { years: integer }, { once: "customer_per_day" }),
	internal("tier_up", "Tier upgrade", tier),
	internal("tier_down", "Tier downgrade", tier),
	internal("tier_renew", "Tier kept", tier),
	internal("merge_out", "Merged into another customer", { into: required(text), accounts: object }),
	internal("merge_in", "Merged with another customer", { from: required(text), accounts: object }),
];
