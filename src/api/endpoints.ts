import { type Context, Hono } from "hono";
import { z } from "zod";
import { type OpenEndpoint, secretsOf, urlOf } from "../door.ts";
import { type Health, openHealths } from "../health.ts";
import type { ConfiguredConnector, Connector } from "../kit/connector.ts";
import type { Endpoint } from "../model/configuration.ts";
import type { JsonObject } from "../model/json.ts";
import { bad, good, invariant, type Result } from "../model/result.ts";
import type { AppParts } from "../parts.ts";
import { type OwnDoor, sendSample } from "../sample.ts";
import type { Secrets, Verification } from "../verify/scheme.ts";
import { canVerify, secretProblems, whyUnverified } from "../verify/verify.ts";
import type { WithActor } from "./access.ts";
import { bodyOf } from "./body.ts";

/** As long as a JSON text that a person types can reasonably be; keys in PEM have some thousand characters. */
const secretCharactersMax = 16_384;

const settings = z.record(z.string(), z.json());
const secret = z
	.string()
	.min(1, "is empty")
	.max(secretCharactersMax, `is longer than ${secretCharactersMax} characters`);
const secrets = z.record(z.string(), secret);

const newEndpoint = z.strictObject({
	connector: z.string(),
	name: z
		.string()
		.regex(
			/^[a-z0-9][a-z0-9._-]{0,62}$/,
			"is 1 to 63 lower-case letters, digits, dots, hyphens or underscores",
		),
	settings: settings.default({}),
	secrets: secrets.default({}),
});

const change = z
	.strictObject({ state: z.enum(["active", "paused", "deleted"]).optional(), settings: settings.optional() })
	.refine(({ state, settings }) => (state === undefined) !== (settings === undefined), {
		error: 'a change is one of {"state":…} and {"settings":{…}}',
	});

/** Long enough for somebody to change the sender's side by hand within the working day. */
const overlapSecondsDefault = 24 * 60 * 60;

const rotation = z
	.strictObject({
		secrets: z.record(z.string(), secret.nullable()).default({}),
		writeKey: z.boolean().default(false),
		url: z.boolean().default(false),
		overlapSeconds: z
			.int()
			.min(0)
			.max(365 * 24 * 60 * 60)
			.default(overlapSecondsDefault),
	})
	.refine(({ secrets, writeKey, url }) => writeKey || url || Object.keys(secrets).length > 0, {
		error: 'say what to rotate: {"secrets":{…}}, {"writeKey":true} or {"url":true}',
	});

const test = z.strictObject({ unsigned: z.boolean().default(false) });

/** The hub's own door, as it is reached from a request. */
export type DoorOf = (context: Context) => OwnDoor;

/** `/api/endpoints`: where others send to. What proves a sender is taken, and never given again. */
export function endpoints(parts: AppParts, doorOf: DoorOf): Hono<WithActor> {
	const { hub, office, connectors } = parts;
	const app = new Hono<WithActor>();

	app.get("/", async (context) => {
		const [{ endpoints }, looked] = await Promise.all([hub.door.directory(), lookedAfter()]);
		const data = endpoints.map((open) => ({ ...viewOf(parts, open), ...looked(open) }));
		return context.json({ data, cursor: null });
	});

	app.get("/:id", async (context) => {
		const open = await freshly(context.req.param("id"));
		if (open === undefined) return unknown(context);
		const looked = await lookedAfter();
		return context.json({ ...viewOf(parts, open), ...looked(open) });
	});

	app.post("/", async (context) => {
		const asked = await bodyOf(context, newEndpoint);
		if (!asked.ok) return context.json({ error: asked.error }, asked.status);
		const { connector: slug, name, settings, secrets } = asked.value;
		const checked = checkedBy(slug, settings as JsonObject, listed(secrets));
		if (!checked.ok) return context.json({ error: checked.failure }, 400);
		const { settings: whole, connector } = checked.value;
		const created = await office.createEndpoint(
			{ connector: slug, name, settings: whole, secrets, writeKey: connector.writeKey },
			context.get("actor"),
		);
		return created.ok
			? context.json(await changed(created.value), 201)
			: context.json({ error: created.failure }, 409);
	});

	app.patch("/:id", async (context) => {
		const asked = await bodyOf(context, change);
		if (!asked.ok) return context.json({ error: asked.error }, asked.status);
		const { state, settings } = asked.value;
		const open = await freshly(context.req.param("id"));
		if (open === undefined) return unknown(context);
		const { endpoint } = open;
		const actor = context.get("actor");
		if (state !== undefined) return answer(context, await office.setEndpointState(endpoint.id, state, actor));

		const wanted = { ...knownSettings(endpoint), ...(settings as JsonObject) };
		const checked = checkedBy(endpoint.connector, wanted, secretsOf(endpoint));
		if (!checked.ok) return context.json({ error: checked.failure }, 400);
		const made = { settings: checked.value.settings, instead: endpoint.settings };
		return answer(context, await office.setEndpointSettings(endpoint.id, made, actor));
	});

	app.post("/:id/rotate", async (context) => {
		const asked = await bodyOf(context, rotation);
		if (!asked.ok) return context.json({ error: asked.error }, asked.status);
		const { overlapSeconds, ...what } = asked.value;
		const open = await freshly(context.req.param("id"));
		if (open === undefined) return unknown(context);
		const { endpoint } = open;
		const checked = checkedBy(endpoint.connector, endpoint.settings, listed(what.secrets));
		if (!checked.ok) return context.json({ error: checked.failure }, 400);
		const { verification } = checked.value;
		const left = { ...secretsOf(endpoint), ...listed(what.secrets) };
		if (isProvable(verification, secretsOf(endpoint)) && !isProvable(verification, left)) {
			const error = `nothing could be verified any more, as ${whyUnverified(verification, left)}`;
			return context.json({ error }, 409);
		}
		const asRotated = { ...what, overlapMs: overlapSeconds * 1_000 };
		return answer(context, await office.rotateEndpoint(endpoint.id, asRotated, context.get("actor")));
	});

	app.post("/:id/test", async (context) => {
		const asked = await bodyOf(context, test);
		if (!asked.ok) return context.json({ error: asked.error }, asked.status);
		const open = await freshly(context.req.param("id"));
		if (open === undefined) return unknown(context);
		if (open.endpoint.state === "deleted")
			return context.json({ error: `endpoint ${open.endpoint.id} is deleted and stays so` }, 409);
		if (open.misfit !== null) return context.json({ error: open.misfit }, 409);
		const { unsigned } = asked.value;
		return context.json(await sendSample(parts, open, { door: doorOf(context), unsigned }));
	});

	/** What there is to say of an endpoint to who looks after it. */
	async function lookedAfter() {
		const [health, pulls] = await Promise.all([openHealths(parts), office.pulls()]);
		const pullOf = new Map(pulls.map(({ endpoint, ...pull }) => [endpoint, pull]));
		return (open: OpenEndpoint) => ({
			health: healthView(health(open)),
			pull: pullOf.get(open.endpoint.id) ?? null,
		});
	}

	/** As it is now: somebody may have changed it elsewhere a moment ago. */
	async function freshly(id: string): Promise<OpenEndpoint | undefined> {
		hub.door.changed();
		return (await hub.door.directory()).byId(id);
	}

	async function answer(context: Context, done: Result<Endpoint, string>): Promise<Response> {
		return done.ok ? context.json(await changed(done.value)) : context.json({ error: done.failure }, 409);
	}

	/** The view of an endpoint that was changed just now, with what a person should know of it. */
	async function changed({ id }: Endpoint) {
		const open = await freshly(id);
		invariant(open !== undefined, "an endpoint that was changed is published");
		const { configured, endpoint } = open;
		return {
			...viewOf(parts, open),
			acceptsWebhooks: canVerify(configured.verification, secretsOf(endpoint), hub.crypto),
			advice: configured.advice(new Set(Object.keys(endpoint.secrets))),
		};
	}

	/** Without those that only another version of the hub knows. */
	function knownSettings({ connector, settings }: Endpoint): JsonObject {
		const known = new Set(connectors.get(connector)?.settings.map(({ name }) => name));
		return Object.fromEntries(Object.entries(settings).filter(([name]) => known.has(name)));
	}

	/** All that is wrong with settings and secrets, in one text. */
	function checkedBy(
		slug: string,
		settings: JsonObject,
		secrets: Secrets,
	): Result<ConfiguredConnector, string> {
		const connector = connectors.get(slug);
		if (connector === undefined)
			return bad(`no connector is called "${slug}"; there are ${[...connectors.keys()].join(", ")}`);
		const configured = connector.configure(settings);
		const problems = [
			...(configured.ok ? [] : configured.failure),
			...unknownSecrets(connector, Object.keys(secrets)),
			...(configured.ok ? secretProblems(configured.value.verification, secrets, hub.crypto) : []),
			...(configured.ok ? notHeld(configured.value) : []),
		];
		return configured.ok && problems.length === 0 ? good(configured.value) : bad(problems.join("; "));
	}

	function isProvable(verification: Verification, secrets: Secrets): boolean {
		return canVerify(verification, secrets, hub.crypto);
	}

	/** Said when it is set up, rather than an endpoint made that gets nothing. */
	function notHeld({ stream }: ConfiguredConnector): readonly string[] {
		if (parts.holdsConnections || stream?.isWanted !== true) return [];
		return [`this hub runs where no connection can be held, which a stream needs; ${stream.instead}`];
	}
	return app;
}

const unknown = (context: Context): Response => context.json({ error: "there is no such endpoint" }, 404);

const listed = (secrets: Readonly<Record<string, string | null>>): Secrets =>
	Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, value === null ? [] : [value]]));

function unknownSecrets({ slug, secrets }: Connector, names: readonly string[]): readonly string[] {
	const unknown = names.filter((name) => !Object.hasOwn(secrets, name));
	if (unknown.length === 0) return [];
	const known = Object.keys(secrets);
	return [
		`${slug} has no secret called ${unknown.join(", ")}; ${known.length === 0 ? "it has none" : `there are ${known.join(", ")}`}`,
	];
}

/** What may be shown of an endpoint: never a secret; its address and write key, which have to be copied somewhere. */
function viewOf({ publicUrl }: AppParts, { endpoint }: OpenEndpoint) {
	const { id, connector, name, state, createdAt, settings, writeKey, token, secrets } = endpoint;
	return {
		id,
		connector,
		name,
		state,
		createdAt: timeOf(createdAt),
		settings,
		secrets: Object.entries(secrets).map(([secret, { since, previous }]) => ({
			name: secret,
			since: timeOf(since),
			previousUntil: untilOf(previous),
		})),
		url: urlOf(publicUrl(), endpoint),
		previousUrlUntil: untilOf(token.previous),
		...(writeKey === null
			? {}
			: { writeKey: writeKey.value, previousWriteKeyUntil: untilOf(writeKey.previous) }),
	};
}

function healthView({ state, why, lastDelivery, lastDay, lastWeek, countedSince, refused }: Health) {
	const { since, causes, last } = refused;
	return {
		state,
		why,
		lastDelivery:
			lastDelivery === null
				? null
				: {
						id: lastDelivery.id,
						receivedAt: timeOf(lastDelivery.receivedAt),
						outcome: lastDelivery.outcome,
						reason: lastDelivery.reason,
					},
		lastDay,
		lastWeek,
		countedSince: timeOf(countedSince),
		refused: {
			since: timeOf(since),
			causes,
			last: last === null ? null : { ...last, at: timeOf(last.at) },
		},
	};
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
const untilOf = (previous: { readonly until: number } | null): string | null =>
	previous === null ? null : timeOf(previous.until);
