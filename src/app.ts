import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { antavo } from "./antavo/antavo.ts";
import { oauth } from "./antavo/oauth.ts";
import { api } from "./api/api.ts";
import type { OpenEndpoint } from "./door.ts";
import { receive } from "./hub.ts";
import { limits } from "./model/limits.ts";
import { namingCustomers } from "./naming.ts";
import type { AppParts } from "./parts.ts";
import { readBody } from "./receive/body.ts";
import { deliveryOf } from "./receive/request.ts";
import { tracking } from "./tracking.ts";
import { office } from "./web/office.ts";

/** Which URL leads where. */
export function hubApp(given: AppParts): Hono {
	const parts: AppParts = { ...given, ledger: namingCustomers(given.ledger, given.hub) };
	const app = new Hono();
	app.get("/", (context) => context.redirect("/office/"));
	app.all("/in/:token", (context) => webhook(parts, context));
	app.all("/in/:token/*", (context) => webhook(parts, context));
	app.route("/v1", tracking(parts));
	app.route("/", antavo(parts));
	app.route("/v1/auth", oauth(parts));
	app.route("/api", api(parts));
	app.get("/office", (context) => context.redirect("/office/"));
	app.route("/office/", office(parts));
	app.get("/healthz", (context) => context.text("ok\n"));
	app.get("/readyz", async (context) => {
		const { troubles } = await parts.hub.door.directory();
		const count = troubles.length + (await parts.ledgerTroubles()).length;
		return context.json({ ready: count === 0, troubles: count }, count === 0 ? 200 : 503);
	});
	app.get("/metrics", (context) => context.text(parts.counters.print()));
	app.notFound((context) => context.json({ error: "there is nothing at this address" }, 404));
	app.onError((error, context) => {
		if (error instanceof HTTPException) return error.getResponse();
		parts.hub.log.error("a request failed", { path: context.req.routePath, error: String(error) });
		return context.json({ error: "the hub failed; the failure is in its log" }, 500);
	});
	return app;
}

/** `ANY /in/{token}[/…]`: 2xx once stored, and not before. To strangers an empty answer. */
async function webhook(parts: AppParts, context: Context): Promise<Response> {
	const { hub } = parts;
	const directory = await hub.door.directory();
	const token = context.req.param("token") ?? "";
	const to = directory.byToken(token);
	if (to === undefined) return context.body(null, 404);
	if (to.endpoint.state === "deleted") return context.body(null, 410);

	const { methods, paths } = to.configured.connector;
	const path = context.req.path.slice(`/in/${token}`.length);
	if (!methods.has(context.req.method) || !paths.has(path)) {
		return context.body(null, 405, { Allow: [...methods].join(", ") });
	}
	const stored = parts.gate.admit(() => store(parts, context, to, path));
	return stored ?? context.body(null, 503, { "Retry-After": "1" });
}

async function store(parts: AppParts, context: Context, to: OpenEndpoint, path: string): Promise<Response> {
	const { hub, counters } = parts;
	const read = await readBody(context.req.raw, { bytesMax: limits.deliveryBytesMax });
	if (!read.ok) return context.json({ error: read.failure.message }, read.failure.status);

	const at = { path, receivedAt: hub.clock(), ip: parts.ipOf(context) };
	const delivery = deliveryOf(context.req.raw, at, read.value.body);
	const received = await receive(hub, to, delivery, { raw: read.value.raw });
	if (received.kind === "refused") {
		counters.add("hub_deliveries_refused_total", { endpoint: to.endpoint.id, cause: received.cause });
		hub.log.warn("a delivery was refused", {
			endpoint: to.endpoint.id,
			cause: received.cause,
			reason: received.reason,
		});
		return context.body(null, 401);
	}
	counters.add("hub_deliveries_total", { endpoint: to.endpoint.id });
	return context.json({ delivery: received.delivery });
}
