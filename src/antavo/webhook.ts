import { keepCall } from "../hub.ts";
import { textOf } from "../kit/values.ts";
import { own } from "../model/json.ts";
import { bad, good, type Result } from "../model/result.ts";
import type { Asked, CallParts } from "./call.ts";
import { type ApiError, missing } from "./envelope.ts";
import { guestsElsewhere, isGuests } from "./event-request.ts";
import { deliveryOf } from "./kept-call.ts";

/** Segment sends again for four hours what was not answered. */
const retriesForMs = 4 * 3_600_000;

/**
 * `POST /v1/webhook/segment`: what Segment's own destination for Antavo sends. It is stored, answered, and recorded a moment
 * later. Beyond Antavo it may say `messageId` and `timestamp`; without the first, equal calls within Segment's retries are
 * one.
 */
export async function postWebhook(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	if (isGuests(asked.body)) return bad(guestsElsewhere);
	for (const name of ["customer", "action"]) {
		if (textOf(own(asked.body, name)) === undefined) return bad(missing(name));
	}
	const delivery = deliveryOf(asked, {
		kind: "webhook",
		now: parts.hub.clock(),
		query: "",
		idempotency: null,
	});
	await keepCall(parts.hub, delivery, retriesForMs);
	return good({});
}
