import { inboxOf } from "../deliveries.ts";
import { callNamed, keepCall } from "../hub.ts";
import type { DeliveryView } from "../inbox/inbox.ts";
import { textOf } from "../kit/values.ts";
import { canonicalText } from "../ledger/canonical.ts";
import { jsonOf } from "../map/values/written.ts";
import { own, type ValueObject } from "../model/json.ts";
import { bad, good, type Result } from "../model/result.ts";
import { refusalOf } from "../model/sensitive/sensitive.ts";
import { callsEndpoint } from "../stored.ts";
import type { Asked, CallParts } from "./call.ts";
import { callbackIn, withoutCallback } from "./callback.ts";
import { type ApiError, apiError, envelopeOf } from "./envelope.ts";
import { guestsElsewhere, isGuests, readEventRequest } from "./event-request.ts";
import { hubKeyOf, idempotencyOf } from "./events.ts";
import { deliveryOf } from "./kept-call.ts";
import { resultOf, resultWithout } from "./result.ts";

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
const ownerIn = ({ query }: DeliveryView): string | null => new URLSearchParams(query).get("client");

/** What stands in URLs as it is, and is no `.` or `..`, which would lead elsewhere. */
const correlationIds = /^[A-Za-z0-9][A-Za-z0-9._:~-]{0,254}$/;

/** The caller's own name for the call; undefined where the hub is to give it one. */
function correlationIn(body: ValueObject): Result<string | undefined, ApiError> {
	const given = own(body, "correlation_id");
	if (given === undefined || given === null || given === "") return good(undefined);
	const id = textOf(given);
	return id !== undefined && correlationIds.test(id) ? good(id) : bad(wrongCorrelation);
}

const wrongCorrelation = apiError(
	400,
	"Property 'correlation_id' must have 1 to 255 letters, digits, dots, hyphens, underscores, tildes or colons, and " +
		"begin with a letter or a digit",
);

/** Under this name a call is kept: a client's ids are its own. */
const nameOf = ({ caller }: Asked, correlation: string): string => `${caller.key}\n${correlation}`;

/** A call that can be kept: what it says of an event, and what of itself. */
interface AsyncCall {
	readonly event: ValueObject;
	/** The client's own; undefined where the hub is to give it one. */
	readonly correlation: string | undefined;
	readonly callback: string | undefined;
	/** The hash of its `Idempotency-Key`. */
	readonly idempotency: string | undefined;
}

/**
 * `POST /v1/async/events`: stored, answered with an id to ask by, and recorded a moment later. The result is then posted to
 * its `callback_url`, where it has one.
 *
 * Two equal calls are two events, unless their caller says otherwise: by an `Idempotency-Key`, or by a `correlation_id`,
 * under which a call is kept once.
 */
export async function postAsync(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const call = await readAsync(parts, asked);
	if (!call.ok) return call;
	const { event, correlation, callback, idempotency } = call.value;
	const query = new URLSearchParams({ client: asked.caller.key });
	if (correlation !== undefined) query.set("asked", await hashOf(parts, asked));
	const delivery = deliveryOf(
		{ ...asked, body: event },
		{
			kind: "async",
			now: parts.hub.clock(),
			query: `${query}`,
			idempotency: idempotency ?? null,
			...(callback === undefined
				? {}
				: { callback: { callback_url: callback, correlation_id: correlation ?? null } }),
		},
	);
	if (correlation === undefined) {
		const kept = await keepCall(parts.hub, delivery, { retriesForMs: 0 });
		return good(queued(kept.delivery));
	}
	const name = nameOf(asked, correlation);
	const kept = await keepCall(parts.hub, delivery, { name });
	if (!kept.repeated) return good(queued(correlation));
	const first = await callNamed(parts.hub, name);
	return first?.query === delivery.query ? good(queued(correlation)) : bad(usedCorrelation);
}

async function readAsync(parts: CallParts, asked: Asked): Promise<Result<AsyncCall, ApiError>> {
	const { body, caller } = asked;
	if (isGuests(body)) return bad(guestsElsewhere);
	for (const name of ["customer", "action"]) {
		if (textOf(own(body, name)) === undefined)
			return bad(apiError(400, `Property '${name}' cannot be empty`, 203401));
	}
	const action = textOf(own(body, "action")) ?? "";
	if (!actions.has(action)) return bad(apiError(400, `Invalid action: ${action.slice(0, 100)}`, 203404));
	const event = withoutCallback(body);
	const request = readEventRequest(event, parts.program);
	if (!request.ok) return bad({ ...request.failure, status: 400 });
	const correlation = correlationIn(body);
	if (!correlation.ok) return correlation;
	const directory = await parts.hub.door.directory();
	const callback = callbackIn(body, directory.client(caller.key));
	if (!callback.ok) return callback;
	const named = { correlation_id: correlation.value ?? null, callback_url: callback.value ?? null };
	const sensitive = refusalOf(request.value.data) ?? refusalOf(named);
	if (sensitive !== undefined) return bad(apiError(400, sensitive));
	const idempotency = idempotencyOf(parts, asked);
	if (!idempotency.ok) return idempotency;
	return good({
		event,
		correlation: correlation.value,
		callback: callback.value,
		idempotency: idempotency.value,
	});
}

/** Of all that a call says: another call under the same id shows by it. */
async function hashOf(parts: CallParts, { body }: Asked): Promise<string> {
	const { api_key, ...asked } = body;
	const text = canonicalText(jsonOf(asked));
	return parts.hub.crypto.hmacHex("sha256", await hubKeyOf(parts), `asked\n${text}`).slice(0, 32);
}

const queued = (correlation_id: string) => ({
	status: "success",
	metadata: {},
	payload: { correlation_id, status: "queued" },
});

const usedCorrelation = apiError(409, "This correlation_id was used before, for another call");

const unknown = apiError(400, "Correlation ID not found.", 203408);

/** `GET /v1/async/events/{correlation_id}`: what became of a call; a failure of it is no failure of the question. */
export async function getAsync(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const id = asked.param("correlation");
	const named = correlationIds.test(id) ? await callNamed(parts.hub, nameOf(asked, id)) : null;
	const found = named ?? (await inboxOf(parts.hub.inboxes, id)?.show(id)) ?? null;
	if (found === null || found.endpoint !== callsEndpoint || ownerIn(found) !== asked.caller.key)
		return bad(unknown);
	const cameTo = found.messageViews[0]?.cameTo ?? null;
	return good(
		cameTo === null ? await resultOf(parts, id, found) : resultWithout(id, cameTo[0] ?? "suppressed"),
	);
}
