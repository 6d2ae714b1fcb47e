import { Hono } from "hono";
import { csrf } from "hono/csrf";
import { z } from "zod";
import { inboxesOf } from "../deliveries.ts";
import type { AppParts } from "../parts.ts";
import { access, bearerIn, type WithActor } from "./access.ts";
import { actions } from "./actions.ts";
import { bodyOf } from "./body.ts";
import { clients } from "./clients.ts";
import { customers } from "./customers.ts";
import { deliveries } from "./deliveries.ts";
import { type DoorOf, endpoints } from "./endpoints.ts";
import { keys } from "./keys.ts";
import { ledgerRoutes, proofOfEvent } from "./ledger.ts";
import { mappings } from "./mappings.ts";
import { page } from "./page.ts";

const newToken = z.strictObject({ name: z.string().min(1).default("api"), role: z.literal("Administrator") });

/** `/api`: what the command line and the back office can do. Lists are `{ data, cursor }`, errors `{ error }`. */
export function api(parts: AppParts, doorOf: DoorOf): Hono<WithActor> {
	const { hub, office, ledger } = parts;
	const app = new Hono<WithActor>();
	// Only a cookie comes along by itself; who shows a token meant to.
	const sameOrigin = csrf();
	app.use((context, next) => (bearerIn(context) === undefined ? sameOrigin(context, next) : next()));
	app.use(access({ office, crypto: hub.crypto, localToken: parts.localToken }));

	app.get("/status", async (context) => {
		const inboxes = await Promise.all(inboxesOf(hub.inboxes).map((inbox) => inbox.stats()));
		const states: Record<string, number> = {};
		const callbacks = { owed: 0, givenUp: 0 };
		for (const { states: counted, callbacks: more } of inboxes) {
			for (const [state, count] of Object.entries(counted)) states[state] = (states[state] ?? 0) + count;
			callbacks.owed += more.owed;
			callbacks.givenUp += more.givenUp;
		}
		const { troubles } = await hub.door.directory();
		const ledgerTroubles = await parts.ledgerTroubles();
		return context.json({ troubles: [...troubles, ...ledgerTroubles], messages: states, callbacks });
	});

	app.route("/endpoints", endpoints(parts, doorOf));
	app.route("/deliveries", deliveries(parts));
	app.route("/actions", actions(parts));
	app.route("/mappings", mappings(parts));
	app.route("/keys", keys(parts));
	app.route("/clients", clients(parts));

	app.route("/customers", customers(parts));

	app.get("/events", async (context) => {
		const query = page.safeParse(context.req.query());
		if (!query.success) return context.json({ error: z.prettifyError(query.error) }, 400);
		return context.json({ data: await ledger.newest(query.data.limit), cursor: null });
	});

	app.get("/events/:id", async (context) => {
		const event = await ledger.event(context.req.param("id"));
		return event === null ? context.json({ error: "there is no such event" }, 404) : context.json(event);
	});

	app.get("/events/:id/proof", (context) => proofOfEvent(parts, context));

	app.route("/ledger", ledgerRoutes(parts));

	app.post("/tokens", async (context) => {
		const asked = await bodyOf(context, newToken);
		if (!asked.ok) return context.json({ error: asked.error }, asked.status);
		const token = await office.createToken(asked.value.name, asked.value.role, context.get("actor"));
		return context.json({ token }, 201);
	});

	app.get("/audit", async (context) => context.json({ data: await office.audit(200), cursor: null }));
	return app;
}
