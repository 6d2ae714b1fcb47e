import { type Context, Hono } from "hono";
import {
	checkTracking,
	corsHeaders,
	preflightHeaders,
	settingsDocument,
	type TrackingCall,
	trackingAnswers,
	trackingLimits,
	trackingPaths,
	trackingTrust,
	writeKeyOf,
} from "../connectors/segment/tracking.ts";
import { receive } from "./hub.ts";
import { readJson } from "./model/json.ts";
import { type AppParts, noteRefusal } from "./parts.ts";
import { type BodyFailure, laterIf, type Room, readBody } from "./receive/body.ts";
import { deliveryOf } from "./receive/request.ts";

/** Segment's tracking API under `/v1`: its libraries can be pointed at the hub as they are. */
export function tracking(parts: AppParts): Hono {
	const app = new Hono();
	for (const [path, call] of trackingPaths) {
		const route = path.slice("/v1".length);
		app.options(route, (context) => context.body(null, 204, preflightHeaders));
		app.post(route, (context) => {
			const answered = parts.gate.admit((room) => track(parts, context, { path, call, room }));
			return answered ?? context.json(trackingAnswers.tryAgain, 503, { "Retry-After": "1" });
		});
	}
	app.options("/projects/:writeKey/settings", (context) => context.body(null, 204, preflightHeaders));
	app.get("/projects/:writeKey/settings", (context) => librarySettings(parts, context));
	return app;
}

interface Tracked {
	readonly path: string;
	readonly call: TrackingCall;
	readonly room: Room | undefined;
}

async function track(parts: AppParts, context: Context, { path, call, room }: Tracked): Promise<Response> {
	const { hub, counters } = parts;
	// No key is known yet, so no more is read and parsed than the API allows anybody.
	const read = await readBody(context.req.raw, { bytesMax: trackingLimits.batchBytesMax, room });
	if (!read.ok) return refused(context, read.failure.status, read.failure.message);
	const body = readJson(read.value.body);
	const writeKey = writeKeyOf(context.req.header("Authorization"), body.ok ? body.value : undefined);
	if (writeKey === undefined)
		return context.json(body.ok ? trackingAnswers.invalidWriteKey : trackingAnswers.invalidJson, 400);

	const to = (await hub.door.directory()).byWriteKey(writeKey);
	if (to === undefined || to.endpoint.state === "deleted")
		return context.json(trackingAnswers.invalidWriteKey, 401);
	const origin = context.req.header("Origin");
	for (const [name, value] of Object.entries(corsHeaders(to.endpoint.settings, origin)))
		context.header(name, value);
	if (!body.ok) return context.json(trackingAnswers.invalidJson, 400);
	if (to.misfit !== null) {
		noteRefusal(parts, to.endpoint.id, { cause: "misfit", reason: to.misfit });
		return context.json(trackingAnswers.tryAgain, 503, { "Retry-After": "60" });
	}

	const trust = trackingTrust(to.endpoint.settings, origin);
	if (!trust.ok) {
		noteRefusal(parts, to.endpoint.id, { cause: "origin", reason: trust.failure });
		return context.json(trackingAnswers.invalidWriteKey, 401);
	}
	const checked = checkTracking(call, body.value, read.value.body.byteLength);
	if (!checked.ok) return context.json(checked.failure, 400);

	const at = { path, receivedAt: hub.clock(), ip: parts.ipOf(context) };
	const delivery = deliveryOf(context.req.raw, at, read.value.body);
	await receive(hub, to, delivery, { proved: trust.value === "public" ? "none" : "all" });
	counters.add("hub_deliveries_total", { endpoint: to.endpoint.id });
	return context.json(trackingAnswers.success);
}

const refused = (context: Context, status: BodyFailure["status"], message: string): Response =>
	context.json({ success: false, message }, status, laterIf(status));

/** What analytics.js asks for before it sends anything; only keys that are made for pages have it. */
async function librarySettings(parts: AppParts, context: Context): Promise<Response> {
	const writeKey = context.req.param("writeKey") ?? "";
	const to = (await parts.hub.door.directory()).byWriteKey(writeKey);
	if (to === undefined || to.endpoint.state === "deleted" || to.endpoint.settings["use"] !== "browser") {
		return context.body(null, 404);
	}
	const headers = corsHeaders(to.endpoint.settings, context.req.header("Origin"));
	return context.json(
		settingsDocument(writeKey, `${parts.publicUrl().replace(/^https?:\/\//, "")}/v1`),
		200,
		headers,
	);
}
