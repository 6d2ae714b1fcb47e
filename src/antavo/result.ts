import type { DeliveryView } from "../inbox/inbox.ts";
import { isoTime } from "../kit/time.ts";
import type { EventOutcome } from "../model/outcome.ts";
import { type ApiError, apiError, customerNotFound, envelopeOf } from "./envelope.ts";
import { customerOf, type SettledParts, settledOf } from "./events.ts";
import { answerOf, eventsOf } from "./profile.ts";

/** What became of an asynchronous call, as whoever asks is told it, and whoever gave a `callback_url`. */
export async function resultOf(parts: SettledParts, correlation_id: string, call: DeliveryView) {
	return answered(correlation_id, await payloadOf(parts, call));
}

/** The same of a call whose content is gone with its customer: no more than its outcome is known. */
export function resultWithout(correlation_id: string, outcome: EventOutcome["kind"]) {
	const done = outcome === "appended" || outcome === "duplicate" || outcome === "skipped";
	return answered(correlation_id, done ? processed({ events: [] }) : failed(customerNotFound));
}

const answered = (correlation_id: string, payload: Payload) => ({
	status: "success",
	metadata: [],
	payload: { correlation_id, ...payload },
});

type Payload = { readonly status: "queued" } | ReturnType<typeof processed> | ReturnType<typeof failed>;

async function payloadOf(parts: SettledParts, { messageViews }: DeliveryView): Promise<Payload> {
	const [planned] = messageViews[0]?.plan ?? [];
	if (planned?.outcome === undefined) return { status: "queued" };
	const { command, outcome } = planned;
	// It can not be read any more: its action is gone.
	if (command === undefined)
		return failed(apiError(400, "reason" in outcome ? outcome.reason : outcome.kind));
	const settled = await settledOf(parts, command, outcome);
	if (!settled.ok) return failed(settled.failure);
	const { receipts } = settled.value;
	const customer = await customerOf(parts, command, settled.value);
	if (customer === null)
		return processed({ events: eventsOf(parts.program, receipts, false).map(withTimes) });
	const { events, created_at, ...profile } = answerOf(parts.program, customer, receipts);
	return processed({
		...profile,
		created_at: Math.floor((isoTime(created_at) ?? 0) / 1_000),
		events: events.map(withTimes),
	});
}

/** Here Antavo's times are written otherwise than in the answer to `POST /events`. */
const withTimes = (event: ReturnType<typeof eventsOf>[number]) =>
	"expdate" in event ? { ...event, expdate: `${event.expdate}T00:00:00.000Z` } : event;

const processed = (success: object) => ({ status: "processed" as const, response: { success, error: [] } });

const failed = (error: ApiError) => ({
	status: "error" as const,
	response: { success: [], ...envelopeOf(error) },
});
