import { Hono } from "hono";
import { z } from "zod";
import { networkOf } from "../model/networks.ts";
import type { AppParts } from "../parts.ts";
import type { WithActor } from "./access.ts";
import { bodyOf } from "./body.ts";
import { origin } from "./origin.ts";

/** What Antavo allows each key on its shared stacks. */
const requestsPerMinuteDefault = 1_500;

/** Long enough to give every server its new secret, short enough to be done with. */
const overlapSecondsDefault = 7 * 24 * 60 * 60;

const network = z.string().superRefine((text, context) => {
	const parsed = networkOf(text);
	if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.failure });
});

const newKey = z
	.strictObject({
		name: z.string().min(1).max(100).optional(),
		use: z.enum(["server", "browser", "development"]).default("server"),
		origins: z.array(origin).default([]),
		allow: z.array(network).default([]),
		unsignedEvents: z.boolean().default(false),
		segmentWebhook: z.boolean().default(true),
		requestsPerMinute: z.int().min(1).max(1_000_000).default(requestsPerMinuteDefault),
	})
	.refine(({ use, origins }) => use !== "browser" || origins.length > 0, {
		path: ["origins"],
		message: "a browser key needs the origin of at least one page",
	})
	.refine(({ use, origins }) => use === "browser" || origins.length === 0, {
		path: ["origins"],
		message: "only a browser key has origins",
	});

const rotation = z.strictObject({
	overlapSeconds: z
		.int()
		.min(0)
		.max(365 * 24 * 60 * 60)
		.default(overlapSecondsDefault),
});

/** `/api/keys`: who may call Antavo's API. A secret is in the answer that makes it, and in no other. */
export function keys(parts: AppParts): Hono<WithActor> {
	const { hub, office } = parts;
	const app = new Hono<WithActor>();

	app.get("/", async (context) => context.json({ data: await office.keys(), cursor: null }));

	app.post("/", async (context) => {
		const asked = await bodyOf(context, newKey);
		if (!asked.ok) return context.json({ error: asked.error }, asked.status);
		const { use, name = use, ...settings } = asked.value;
		if (use === "development" && parts.production)
			return context.json({ error: "there are no development keys where HUB_PRODUCTION is true" }, 400);
		const made = await office.createKey({ name, use, settings }, context.get("actor"));
		hub.door.changed();
		return context.json({ apiKey: made.key, apiSecret: made.secret }, 201);
	});

	app.post("/:key/rotate", async (context) => {
		const asked = await bodyOf(context, rotation);
		if (!asked.ok) return context.json({ error: asked.error }, asked.status);
		const { overlapSeconds } = asked.value;
		const made = await office.rotateKey(
			context.req.param("key"),
			overlapSeconds * 1000,
			context.get("actor"),
		);
		if (!made.ok) return context.json({ error: made.failure }, 404);
		hub.door.changed();
		return context.json({ apiKey: made.value.key, apiSecret: made.value.secret, overlapSeconds });
	});

	app.delete("/:key", async (context) => {
		const revoked = await office.revokeKey(context.req.param("key"), context.get("actor"));
		if (!revoked.ok) return context.json({ error: revoked.failure }, 404);
		hub.door.changed();
		return context.json(revoked.value);
	});
	return app;
}
