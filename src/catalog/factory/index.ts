import type { ActionDefinition } from "../definition.ts";
import { clubActions } from "./clubs.ts";
import { engagementActions } from "./engagement.ts";
import { memberActions } from "./members.ts";
import { pointActions } from "./points.ts";
import { purchaseActions } from "./purchases.ts";

/** The actions that come with the hub, as the reference shows them. */
export const factoryFamilies: readonly {
	readonly title: string;
	readonly actions: readonly ActionDefinition[];
}[] = [
	{ title: "Membership and tiers", actions: memberActions },
	{ title: "Purchases", actions: purchaseActions },
	{ title: "Points", actions: pointActions },
	{ title: "Coupons, rewards, challenges and content", actions: engagementActions },
	{ title: "Clubs", actions: clubActions },
];

/**
 * The same as one list. Names and attributes are Antavo's; where Antavo does not publish a name (changes of tier, expiry,
 * merging, claims of rewards), it is ours.
 */
export const factoryActions: readonly ActionDefinition[] = factoryFamilies.flatMap(({ actions }) => actions);
