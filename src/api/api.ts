import { Hono } from "hono";
import { csrf } from "hono/csrf";
import { z } from "zod";
import { inboxesOf } from "../deliveries.ts";
import type { Endpoint } from "../model/configuration.ts";
import type { JsonObject } from "../model/json.ts";
import type { AppParts } from "../parts.ts";
import { canVerify, secretProblems } from "../verify/verify.ts";
import { access, type WithActor } from "./access.ts";
import { actions } from "./actions.ts";
import { bodyOf } from "./body.ts";
import { clients } from "./clients.ts";
import { deliveries } from "./deliveries.ts";
import { keys } from "./keys.ts";
import { ledgerRoutes, proofOfEvent } from "./ledger.ts";
import { mappings } from "./mappings.ts";
import { page } from "./page.ts";

const newEndpoint = z.strictObject({
	connector: z.string(),
	name: z
		.string()
		.regex(
			/^[a-z0-9][a-z0-9._-]{0,62}$/,
			"is 1 to 63 lower-case letters, digits, dots, hyphens or underscores",
		),
	settings: z.record(z.string(), z.json()).default({}),
	secrets: z.record(z.string(), z.string().min(1, "is empty")).default({}),
});

const changedEndpoint = z.strictObject({ state: z.enum(["active", "paused", "deleted"]) });
const newToken = z.strictObject({ name: z.string().min(1).default("api"), role: z.literal("Administrator") });

/** `/api`: what the command line and the back office can do. Lists are `{ data, cursor }`, errors `{ error }`. */
export function api(parts: AppParts): Hono<WithActor> {
	const { hub, office, ledger, connectors } = parts;
	const app = new Hono<WithActor>();
	// Only a cookie comes along by itself; who shows a token meant to.
	const sameOrigin = csrf();
	app.use((context, next) =>
		context.req.header("Authorization") === undefined ? sameOrigin(context, next) : next(),
	);
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

	app.get("/endpoints", async (context) => {
		const { endpoints } = await hub.door.directory();
		const pulls = new Map((await office.pulls()).map(({ endpoint, ...pull }) => [endpoint, pull]));
		const data = endpoints.map(({ endpoint }) => ({
			...viewOf(parts, endpoint),
			pull: pulls.get(endpoint.id) ?? null,
		}));
		return context.json({ data, cursor: null });
	});

	app.post("/endpoints", async (context) => {
		const asked = await bodyOf(context, newEndpoint);
		if (!asked.ok) return context.json({ error: asked.error }, 400);
		const { connector: slug, name, settings, secrets } = asked.value;
		const connector = connectors.get(slug);
		if (connector === undefined) {
			const error = `no connector is called "${slug}"; there are ${[...connectors.keys()].join(", ")}`;
			return context.json({ error }, 400);
		}
		const configured = connector.configure(settings as JsonObject);
		if (!configured.ok) return context.json({ error: configured.failure.join("; ") }, 400);
		const unknown = Object.keys(secrets).filter((secret) => !Object.hasOwn(connector.secrets, secret));
		if (unknown.length > 0) {
			const error = `${slug} has no secret called ${unknown.join(", ")}; there are ${Object.keys(connector.secrets).join(", ")}`;
			return context.json({ error }, 400);
		}
		const known = Object.fromEntries(Object.entries(secrets).map(([secret, value]) => [secret, [value]]));
		const unusable = secretProblems(configured.value.verification, known, hub.crypto);
		if (unusable.length > 0) return context.json({ error: unusable.join("; ") }, 400);
		const created = await office.createEndpoint(
			{ connector: slug, name, settings: configured.value.settings, secrets, writeKey: connector.writeKey },
			context.get("actor"),
		);
		if (!created.ok) return context.json({ error: created.failure }, 409);
		hub.door.changed();
		const webhooks = canVerify(configured.value.verification, known, hub.crypto);
		const advice = configured.value.advice(new Set(Object.keys(secrets)));
		return context.json({ ...viewOf(parts, created.value), acceptsWebhooks: webhooks, advice }, 201);
	});

	app.patch("/endpoints/:id", async (context) => {
		const asked = await bodyOf(context, changedEndpoint);
		if (!asked.ok) return context.json({ error: asked.error }, 400);
		const changed = await office.setEndpointState(
			context.req.param("id"),
			asked.value.state,
			context.get("actor"),
		);
		if (!changed.ok) return context.json({ error: changed.failure }, 404);
		hub.door.changed();
		return context.json(viewOf(parts, changed.value));
	});

	app.route("/deliveries", deliveries(parts));
	app.route("/actions", actions(parts));
	app.route("/mappings", mappings(parts));
	app.route("/keys", keys(parts));
	app.route("/clients", clients(parts));

	app.get("/customers/:id", async (context) => {
		const customer = await ledger.person(context.req.param("id"));
		return customer === null
			? context.json({ error: "there is no such customer" }, 404)
			: context.json(customer);
	});

	app.get("/customers/:id/events", async (context) => {
		const query = page.safeParse(context.req.query());
		if (!query.success) return context.json({ error: z.prettifyError(query.error) }, 400);
		const { limit, cursor } = query.data;
		const history = await ledger.history(context.req.param("id"), {
			limit,
			...(cursor === undefined ? {} : { cursor }),
		});
		return history === null
			? context.json({ error: "there is no such customer" }, 404)
			: context.json(history);
	});

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
		if (!asked.ok) return context.json({ error: asked.error }, 400);
		const token = await office.createToken(asked.value.name, asked.value.role, context.get("actor"));
		return context.json({ token }, 201);
	});

	app.get("/audit", async (context) => context.json({ data: await office.audit(200), cursor: null }));
	return app;
}

/** What may be shown of an endpoint: never a secret; its address and write key, which have to be copied somewhere. */
function viewOf({ publicUrl }: AppParts, endpoint: Endpoint) {
	const { id, connector, name, state, createdAt, settings, writeKey, token, secrets } = endpoint;
	return {
		id,
		connector,
		name,
		state,
		createdAt: new Date(createdAt).toISOString(),
		settings,
		secrets: Object.keys(secrets),
		url: `${publicUrl()}/in/${token}`,
		...(writeKey === null ? {} : { writeKey }),
	};
}
