import { inboxOf } from "../deliveries.ts";
import { keepCall } from "../hub.ts";
import type { DeliveryView } from "../inbox/inbox.ts";
import { isoTime } from "../kit/time.ts";
import { textOf } from "../kit/values.ts";
import { own } from "../model/json.ts";
import { bad, good, type Result } from "../model/result.ts";
import { refusalOf } from "../model/sensitive/sensitive.ts";
import { callsEndpoint } from "../stored.ts";
import type { Asked, CallParts } from "./call.ts";
import { type ApiError, apiError, envelopeOf } from "./envelope.ts";
import { guestsElsewhere, isGuests, readEventRequest } from "./event-request.ts";
import { customerOf, idempotencyOf, settledOf } from "./events.ts";
import { deliveryOf } from "./kept-call.ts";
import { answerOf } from "./profile.ts";

/** What Antavo takes asynchronously. */
const actions: ReadonlySet<string> = new Set([
	"point_add",
	"checkout",
	"checkout_item",
	"checkout_update",
	"checkout_update_item",
	"checkout_accept",
	"checkout_accept_item",
	"checkout_reject",
	"partial_refund",
	"refund_item",
	"refund",
	"opt_in",
	"opt_out",
	"profile",
]);

/** How the asynchronous API says what went wrong. */
export const asyncEnvelope = (error: Omit<ApiError, "status">) => ({
	status: "error",
	...envelopeOf(error),
});

/** Whose call it is, as it is stored with it: nobody else is told what became of it. */
const queryOf = ({ caller }: Asked): string => `client=${caller.key}`;

/**
 * `POST /v1/async/events`: stored, answered with an id to ask by, and recorded a moment later. Results are not posted to
 * anybody, so a `callback_url` is refused: whoever gives one would wait for ever.
 */
export async function postAsync(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const { body } = asked;
	if (isGuests(body)) return bad(guestsElsewhere);
	for (const name of ["customer", "action"]) {
		if (textOf(own(body, name)) === undefined)
			return bad(apiError(400, `Property '${name}' cannot be empty`, 203401));
	}
	const action = textOf(own(body, "action")) ?? "";
	if (!actions.has(action)) return bad(apiError(400, `Invalid action: ${action.slice(0, 100)}`, 203404));
	if (textOf(own(body, "callback_url")) !== undefined)
		return bad(apiError(400, "Results are not posted to a callback_url here; ask by the correlation ID"));
	const request = readEventRequest(body, parts.program);
	if (!request.ok) return bad({ ...request.failure, status: 400 });
	const sensitive = refusalOf(request.value.data);
	if (sensitive !== undefined) return bad(apiError(400, sensitive));
	const idempotency = idempotencyOf(parts, asked);
	if (!idempotency.ok) return idempotency;

	const delivery = deliveryOf(asked, {
		kind: "async",
		now: parts.hub.clock(),
		query: queryOf(asked),
		idempotency: idempotency.value ?? null,
	});
	// Two equal calls are two events, unless their caller says otherwise.
	const kept = await keepCall(parts.hub, delivery, 0);
	return good({
		status: "success",
		metadata: {},
		payload: { correlation_id: kept.delivery, status: "queued" },
	});
}

const unknown = apiError(400, "Correlation ID not found.", 203408);

/** `GET /v1/async/events/{correlation_id}`: what became of a call; a failure of it is no failure of the question. */
export async function getAsync(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const id = asked.param("correlation");
	const found = (await inboxOf(parts.hub.inboxes, id)?.show(id)) ?? null;
	if (found === null || found.endpoint !== callsEndpoint || found.query !== queryOf(asked))
		return bad(unknown);
	return good({ status: "success", metadata: [], payload: await payloadOf(parts, found) });
}

async function payloadOf(parts: CallParts, { messageViews }: DeliveryView) {
	const [message] = messageViews;
	if (message?.state === "failed") return failed(apiError(400, message.reason ?? "the call can not be read"));
	const [planned] = message?.plan ?? [];
	if (planned?.command === undefined || planned.outcome === undefined) return { status: "queued" };
	const settled = await settledOf(parts, planned.command, planned.outcome);
	if (!settled.ok) return failed(settled.failure);
	const { receipts } = settled.value;
	const customer = await customerOf(parts, planned.command, settled.value);
	if (customer === null) return processed({ events: [] });
	const { events, created_at, ...profile } = answerOf(parts.program, customer, receipts);
	return processed({
		...profile,
		// Here Antavo's times are written otherwise than in the answer to `POST /events`.
		created_at: Math.floor((isoTime(created_at) ?? 0) / 1_000),
		events: events.map((event) =>
			"expdate" in event ? { ...event, expdate: `${event.expdate}T00:00:00.000Z` } : event,
		),
	});
}

const processed = (success: object) => ({ status: "processed", response: { success, error: [] } });

const failed = (error: ApiError) => ({
	status: "error",
	response: { success: [], ...envelopeOf(error) },
});
