import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { AppParts } from "../parts.ts";
import { asyncEnvelope, getAsync, postAsync } from "./async.ts";
import { answering } from "./call.ts";
import { preflightHeaders } from "./caller.ts";
import { getCustomer, getCustomers } from "./customers.ts";
import { apiError, envelopeOf } from "./envelope.ts";
import { postEvent, postEvents } from "./events.ts";
import { getAllEvents, getHistory } from "./history.ts";
import { antavoLimits } from "./limits.ts";
import { postMerge } from "./merge.ts";
import { postPreview } from "./preview.ts";
import { getEntities, readApiEnvelope } from "./read-api.ts";
import { getTransaction, getTransactionEvents, getTransactions, searchTransactions } from "./transactions.ts";
import { postWebhook } from "./webhook.ts";

/** Where else Antavo's clients look, and how the API of that path says that there is nothing. */
const notFound = [
	["/events/*", envelopeOf],
	["/customers/*", envelopeOf],
	["/extensions/*", envelopeOf],
	["/v1/webhook/*", envelopeOf],
	["/v1/async/*", asyncEnvelope],
	["/v1/customers/*", readApiEnvelope],
] as const;

/** Antavo's API: its clients can be pointed at the hub as they are. A `-` in a path means all. */
export function antavo(parts: AppParts): Hono {
	const app = new Hono();
	const usual = { status: 200, envelope: envelopeOf } as const;
	const reads = { ...usual, group: "reads", bytesMax: 0 } as const;
	const events = { ...usual, group: "events" } as const;
	const { eventBytesMax, bulkBytesMax } = antavoLimits;

	app.options("/events", (context) => context.body(null, 204, preflightHeaders));
	app.post("/events", answering(parts, { ...events, bytesMax: eventBytesMax, work: postEvent }));
	app.post("/events/bulk", answering(parts, { ...events, bytesMax: bulkBytesMax, work: postEvents }));

	const preview = { ...usual, group: "preview", bytesMax: eventBytesMax, work: postPreview } as const;
	app.post("/extensions/automation/campaign-bonus", answering(parts, preview));

	const webhook = {
		...usual,
		status: 202,
		group: "webhook",
		bytesMax: eventBytesMax,
		work: postWebhook,
	} as const;
	app.post("/v1/webhook/segment", answering(parts, webhook));

	const later = { status: 200, envelope: asyncEnvelope, group: "async" } as const;
	app.post("/v1/async/events", answering(parts, { ...later, bytesMax: eventBytesMax, work: postAsync }));
	app.get("/v1/async/events/:correlation", answering(parts, { ...later, bytesMax: 0, work: getAsync }));

	app.get("/customers", answering(parts, { ...reads, work: getCustomers }));
	app.get("/customers/-/events", answering(parts, { ...reads, work: getAllEvents }));
	app.get("/customers/:customer", answering(parts, { ...reads, work: getCustomer }));
	const history = answering(parts, { ...reads, work: getHistory });
	app.get("/customers/:customer/events", history);
	app.get("/customers/:customer/history", history);
	const transactions = "/customers/:customer/transactions";
	app.get(transactions, answering(parts, { ...reads, work: getTransactions }));
	const search = `${transactions}/-/search`;
	app.get(search, answering(parts, { ...reads, work: searchTransactions }));
	app.post(search, answering(parts, { ...reads, bytesMax: eventBytesMax, work: searchTransactions }));
	app.get(`${transactions}/:transaction`, answering(parts, { ...reads, work: getTransaction }));
	app.get(`${transactions}/:transaction/events`, answering(parts, { ...reads, work: getTransactionEvents }));
	const entities = answering(parts, { ...reads, envelope: readApiEnvelope, work: getEntities });
	app.get("/v1/customers/:customer/events", entities);

	app.post(
		"/customers/:customer/merge",
		answering(parts, { ...usual, group: "merge", bytesMax: eventBytesMax, work: postMerge }),
	);

	for (const [path, envelope] of notFound) {
		app.all(path, (context) => context.json(envelope(apiError(404, "Not Found")), 404));
	}
	app.onError((error, context) => {
		if (error instanceof HTTPException) return error.getResponse();
		parts.hub.log.error("a call failed", { route: context.req.routePath, error: String(error) });
		return context.json(envelopeOf(apiError(500, "the hub failed; the failure is in its log")), 500);
	});
	return app;
}
