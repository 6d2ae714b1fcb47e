import { Hono } from "hono";
import { z } from "zod";
import type { AppParts } from "../parts.ts";
import type { WithActor } from "./access.ts";
import { bodyOf } from "./body.ts";
import { origin } from "./origin.ts";

/** More sites than one client has; the whole list is in the configuration that every door reads. */
const callbacksMax = 20;

const newClient = z.strictObject({
	name: z.string().min(1).max(100).default("client"),
	expiresAt: z.iso
		.datetime({ offset: true, error: "is no time such as 2027-01-01T00:00:00Z" })
		.transform((text) => Date.parse(text))
		.nullable()
		.default(null),
	callbacks: z.array(origin).max(callbacksMax, `are at most ${callbacksMax}`).default([]),
});

/** `/api/clients`: who may ask for tokens of the asynchronous API. A secret is in the answer that makes it. */
export function clients({ hub, office }: AppParts): Hono<WithActor> {
	const app = new Hono<WithActor>();

	app.get("/", async (context) => context.json({ data: await office.clients(), cursor: null }));

	app.post("/", async (context) => {
		const asked = await bodyOf(context, newClient);
		if (!asked.ok) return context.json({ error: asked.error }, asked.status);
		const { expiresAt } = asked.value;
		if (expiresAt !== null && expiresAt <= hub.clock())
			return context.json({ error: "expiresAt is over already" }, 400);
		const client = { ...asked.value, scope: "loyalty.async_events" } as const;
		const made = await office.createClient(client, context.get("actor"));
		hub.door.changed();
		return context.json({ clientId: made.id, clientSecret: made.secret }, 201);
	});

	app.delete("/:id", async (context) => {
		const revoked = await office.revokeClient(context.req.param("id"), context.get("actor"));
		if (!revoked.ok) return context.json({ error: revoked.failure }, 404);
		hub.door.changed();
		return context.json(revoked.value);
	});
	return app;
}
