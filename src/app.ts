import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { antavo } from "./antavo/antavo.ts";
import { oauth } from "./antavo/oauth.ts";
import { api } from "./api/api.ts";
import type { OpenEndpoint } from "./door.ts";
import { receive } from "./hub.ts";
import { formatOf } from "./model/format.ts";
import { limits } from "./model/limits.ts";
import { namingCustomers } from "./naming.ts";
import { type AppParts, noteRefusal } from "./parts.ts";
import { laterIf, type Room, readBody } from "./receive/body.ts";
import { deliveryOf } from "./receive/request.ts";
import type { OwnDoor } from "./sample.ts";
import { tracking } from "./tracking.ts";
import type { Rendered } from "./verify/handshake.ts";
import { arrivalOf, type Wire } from "./verify/place.ts";
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
	/** The routes as a sender calls them, for who tries an endpoint from inside. */
	const doorOf =
		({ env }: Context): OwnDoor =>
		async (request) =>
			app.fetch(request, env);
	app.route("/api", api(parts, doorOf));
	app.get("/office", (context) => context.redirect("/office/"));
	app.route("/office/", office(parts, doorOf));
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

/**
 * `ANY /in/{token}[/…]`: a handshake is answered as its connector says, a delivery 2xx once it is stored and not before. To
 * strangers an empty answer.
 */
async function webhook(parts: AppParts, context: Context): Promise<Response> {
	const { hub } = parts;
	const directory = await hub.door.directory();
	const token = context.req.param("token") ?? "";
	const to = directory.byToken(token);
	if (to === undefined) return context.body(null, 404);
	if (to.endpoint.state === "deleted") return context.body(null, 410);
	if (to.misfit !== null) return unusable(parts, context, to.endpoint.id, to.misfit);

	const path = context.req.path.slice(`/in/${token}`.length);
	const { method } = context.req;
	if (!isDelivery(to, method, path) && !to.handshakes.mayBe(method, path)) return notAllowed(context, to);
	const answered = parts.gate.admit((room) => answer(parts, context, to, { path, room }));
	return answered ?? context.body(null, 503, { "Retry-After": "1" });
}

const isDelivery = ({ configured: { connector } }: OpenEndpoint, method: string, path: string): boolean =>
	connector.methods.has(method) && connector.paths.has(path);

function notAllowed(context: Context, { configured: { connector } }: OpenEndpoint): Response {
	const methods = new Set([...connector.methods, ...connector.handshakes.map(({ method }) => method)]);
	return context.body(null, 405, { Allow: [...methods].join(", ") });
}

async function answer(
	parts: AppParts,
	context: Context,
	to: OpenEndpoint,
	{ path, room }: { readonly path: string; readonly room: Room | undefined },
): Promise<Response> {
	const { hub, counters } = parts;
	const read = await readBody(context.req.raw, { bytesMax: limits.deliveryBytesMax, room });
	if (!read.ok) {
		const { status, message } = read.failure;
		return context.json({ error: message }, status, laterIf(status));
	}

	const at = { path, receivedAt: hub.clock(), ip: parts.ipOf(context) };
	const delivery = deliveryOf(context.req.raw, at, read.value.body);
	const format = formatOf(delivery, to.configured.connector.body);
	const wire: Wire = { received: read.value.raw, url: urlOf(parts, context), format };
	const endpoint = to.endpoint.id;
	const greeting = to.handshakes.greet(delivery, wire);
	if (greeting?.kind === "refused") return refused(parts, context, endpoint, greeting);
	if (greeting !== undefined) {
		counters.add("hub_handshakes_total", { endpoint });
		if (greeting.keep) await receive(hub, to, delivery, { proved: "none", format });
		return rendered(greeting.answer);
	}
	if (!isDelivery(to, delivery.method, path)) return notAllowed(context, to);

	const received = await receive(hub, to, delivery, wire);
	const arrival = arrivalOf(delivery, wire);
	if (received.kind === "refused") {
		const empty = refused(parts, context, endpoint, received);
		const refusal = to.refusal(arrival);
		return refusal === undefined ? empty : rendered(refusal);
	}
	counters.add("hub_deliveries_total", { endpoint });
	const answer = to.answer(arrival);
	return answer === undefined ? context.json({ delivery: received.delivery }) : rendered(answer);
}

const rendered = ({ status, headers, body }: Rendered): Response => new Response(body, { status, headers });

/** To strangers an empty 401, to the operator all of it. */
function refused(
	parts: AppParts,
	context: Context,
	endpoint: string,
	{ cause, reason }: { readonly cause: string; readonly reason: string },
): Response {
	noteRefusal(parts, endpoint, { cause, reason });
	// Who is not to blame is asked to send it again.
	return cause === "keys-not-there"
		? context.body(null, 503, { "Retry-After": "30" })
		: context.body(null, 401);
}

/** It is not the sender's fault: they are asked to send it again. */
function unusable(parts: AppParts, context: Context, endpoint: string, reason: string): Response {
	noteRefusal(parts, endpoint, { cause: "misfit", reason });
	return context.body(null, 503, { "Retry-After": "60" });
}

/** The URL that the sender called, by the name that the world knows this hub by: proxies in between change the host. */
function urlOf({ publicUrl }: AppParts, context: Context): string {
	const { url } = context.req;
	return publicUrl() + url.slice(url.indexOf("/", url.indexOf("//") + 2));
}
