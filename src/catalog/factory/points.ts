import type { ActionDefinition } from "../definition.ts";
import { date, factory, integer, internal, required, text } from "./write.ts";

const points = { points: required(integer), reason: text };
const spent = { ...points, transaction_id: text };
const reserved = { transaction_id: required(text) };

/** Points that come and go beside purchases. */
export const pointActions: readonly ActionDefinition[] = [
	factory("point_add", "Points added", { ...points, transaction_id: text, expdate: date }),
	factory("point_sub", "Points subtracted", spent),
	factory("point_spend", "Points spent", spent),
	factory("point_unspend", "Points given back", spent),
	factory("point_fix", "Points corrected", points),
	factory("reserve_points", "Points reserved", { ...reserved, points: required(integer) }),
	factory("release_points", "Reserved points released", reserved),
	internal("point_expire", "Points expired", { points: required(integer), expdate: date }),
	internal("point_activate", "Pending points activated", { points: required(integer), event: text }),
	internal("campaign_bonus", "Campaign bonus", { ...points, automation: text, campaign: text }),
	internal("currency_conversion", "Currency conversion"),
];
