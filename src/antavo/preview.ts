import { bad, good, type Result } from "../model/result.ts";
import type { Asked, CallParts } from "./call.ts";
import { type ApiError, errorOfOutcome, isFailed } from "./envelope.ts";
import { commandIn, hubKeyOf } from "./events.ts";
import { accountOf } from "./profile.ts";

/** What comes with an event by itself is no part of what it earns: points that expired meanwhile, a tier that ended. */
const itemsOf: ReadonlyMap<string, string> = new Map([
	["checkout", "checkout_item"],
	["checkout_update", "checkout_update_item"],
]);

/**
 * `POST /extensions/automation/campaign-bonus`: the points that an event would earn. Nothing is written. There are no
 * campaigns here, so that a bonus is always 0.
 */
export async function postPreview(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const hubKey = await hubKeyOf(parts);
	const read = commandIn(parts, asked, hubKey, { element: asked.body, idempotency: undefined });
	if (!read.ok) return read;
	const preview = await parts.hub.ledger.preview(read.value);
	if (isFailed(preview)) return bad(errorOfOutcome(preview));

	const { action } = read.value;
	const events = preview.kind === "would" ? preview.events : [];
	const counted = events.filter((event) => event.action === action || event.action === itemsOf.get(action));
	const byAccount = Map.groupBy(counted, ({ account }) => account);
	const sum = (some: typeof counted): number => some.reduce((total, { points }) => total + points, 0);
	const base = sum(counted);
	return good({
		data: {
			campaigns: [],
			purchase: { base, bonus: 0, points: base },
			accounts: [...byAccount].map(([account, some]) => ({
				...accountOf(parts.program, account),
				base: sum(some),
				bonus: 0,
				points: sum(some),
			})),
		},
	});
}
