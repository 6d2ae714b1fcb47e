import { type Context, Hono } from "hono";
import { z } from "zod";
import { keptDeliveries, pagesOfIds } from "../deliveries.ts";
import { coverageOf } from "../map/check/coverage.ts";
import { mergeFields, newFields, textOfField } from "../map/check/fields.ts";
import type { MappingCompiler } from "../map/mapping-compiler.ts";
import type { LiveMappings } from "../map/mappings.ts";
import { isList, isObject, readJson } from "../model/json.ts";
import { type MappingFile, originOf } from "../model/mapping-file.ts";
import { invariant } from "../model/result.ts";
import type { AppParts } from "../parts.ts";
import { preview } from "../preview.ts";
import { readBody } from "../receive/body.ts";
import { fieldsOfTraffic } from "../traffic.ts";
import { tryMapping } from "../trial.ts";
import type { WithActor } from "./access.ts";
import { bodyOf } from "./body.ts";
import { drawnIn, isoOf, refusalOf, textBytesMax, versionView, versionViews } from "./texts.ts";

const mappingName = z
	.string()
	.max(128)
	.regex(
		/^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/,
		"is lower-case letters, digits, dots, hyphens and underscores, in parts joined by slashes",
	)
	.refine((name) => !/(^|\/)versions(\/|$)/.test(name), "has no part called `versions`");

/** Texts that stand in for those of their names; null takes a name out. */
const changes = z.strictObject({
	mappings: z.array(z.strictObject({ name: mappingName, text: z.string().nullable() })).default([]),
});
const previewed = changes.extend({
	/** What it is compared with: the live set with these texts. */
	against: changes.shape.mappings,
	deliveries: z.number().int().min(1).max(5_000).default(200),
	endpoint: z.string().optional(),
});

const dayMs = 24 * 60 * 60_000;

const coverage = z.object({
	connector: z.string(),
	deliveries: z.coerce.number().int().min(1).max(5_000).default(500),
	/** What was received from then on is compared with what came before; a day, where nothing is said. */
	since: z.iso
		.datetime({ offset: true })
		.transform((text) => Date.parse(text))
		.optional(),
});

/** `/api/mappings`: the set that is live, the texts it is made of, and what would be with others. */
export function mappings(parts: AppParts): Hono<WithActor> {
	const { hub, office } = parts;
	const app = new Hono<WithActor>();

	app.get("/", async (context) => {
		const { mappings } = await hub.door.directory();
		const facts = new Map(mappings.set?.mappings.map((one) => [one.name, one]));
		const data = (await office.mappings()).map(({ name, paths, live }) => {
			const fact = facts.get(name);
			const path = live?.path ?? paths.at(-1) ?? "";
			return {
				name,
				title: fact?.title ?? null,
				from: fact?.from ?? [],
				active: fact?.active ?? false,
				live: fact !== undefined,
				version: live?.version ?? null,
				origin: originOf(path),
				replaces: paths.map(originOf).filter((origin) => origin !== originOf(path)),
				author: live?.author ?? null,
				since: live === null ? null : isoOf(live.at),
			};
		});
		return context.json({ data, problems: mappings.problems, cursor: null });
	});

	app.post("/check", async (context) => {
		const asked = await bodyOf(context, changes);
		if (!asked.ok) return context.json({ error: asked.error }, asked.status);
		const set = await office.mappingSet(asked.value.mappings);
		const { compiler } = await hub.door.directory();
		return context.json({ problems: compiler.check(set).map(drawnIn(set)) });
	});

	app.post("/suggest", async (context) => {
		const read = await objectIn(context);
		if (!read.ok) return context.json({ error: read.error }, 400);
		const { messages, action, connector } = read.value;
		const expected = "the body is { messages: [{ … }], action, connector }";
		if (!isList(messages) || !messages.every(isObject)) return context.json({ error: expected }, 400);
		if (typeof action !== "string" || typeof connector !== "string") {
			return context.json({ error: expected }, 400);
		}
		const { compiler } = await hub.door.directory();
		const draft = compiler.draft({ messages, action, connector });
		return draft.ok ? context.json(draft.value) : context.json({ error: draft.failure }, 400);
	});

	app.get("/coverage", async (context) => {
		const asked = coverage.safeParse(context.req.query());
		if (!asked.success) return context.json({ error: z.prettifyError(asked.error) }, 400);
		const { connector, deliveries: limit, since = hub.clock() - dayMs } = asked.data;
		if (!parts.connectors.has(connector)) {
			return context.json({ error: `no connector is called "${connector}"` }, 400);
		}
		const traffic = await fieldsOfTraffic(
			hub,
			{ connector, since },
			keptDeliveries(hub.inboxes, pagesOfIds(hub.inboxes, { limit })),
		);
		const { compiler, mappings } = await hub.door.directory();
		const all = mergeFields([traffic.before, traffic.since]);
		const before = mergeFields([compiler.fields(connector), traffic.before]);
		return context.json({
			data: coverageOf(all, mappings.set?.reads(connector) ?? []),
			new: newFields(before, traffic.since).map(({ path, kinds, messages }) => ({
				field: textOfField(path),
				kinds,
				messages,
			})),
			cursor: null,
		});
	});

	app.post("/try", async (context) => {
		const asked = await trialOf(context);
		if (!asked.ok) return context.json({ error: asked.error }, 400);
		const { name, text, message } = asked;
		const set = await office.mappingSet(text === undefined ? [] : [{ name, text }]);
		const file = set.find((one) => one.name === name);
		if (file === undefined) return context.json({ error: `there is no mapping ${name}` }, 404);
		const { compiler } = await hub.door.directory();
		const { connectors } = parts;
		const tried = tryMapping(file, message, { mappings: compiler, connectors, now: hub.clock() });
		return tried.ok
			? context.json({ events: tried.events, problems: tried.warnings.map(drawnIn(set)) })
			: context.json(refusalOf("mappings", tried.problems, set), 422);
	});

	app.post("/preview", async (context) => {
		const asked = await bodyOf(context, previewed);
		if (!asked.ok) return context.json({ error: asked.error }, asked.status);
		const { mappings: changed, against, deliveries: limit, endpoint } = asked.value;
		const [before, after] = await Promise.all([against, changed].map((texts) => office.mappingSet(texts)));
		invariant(before !== undefined && after !== undefined, "there are two sets to compare");
		const { compiler } = await hub.door.directory();
		for (const set of [before, after]) {
			const problems = compiler.check(set).filter(({ severity }) => severity === "error");
			if (problems.length > 0) return context.json(refusalOf("mappings", problems, set), 422);
		}
		const pages = pagesOfIds(hub.inboxes, { limit, ...(endpoint === undefined ? {} : { endpoint }) });
		const compared = { before: compiled(compiler, before), after: compiled(compiler, after) };
		return context.json(await preview(hub, compared, keptDeliveries(hub.inboxes, pages)));
	});

	app.get("/:name{.+}/versions", async (context) => {
		const name = context.req.param("name");
		const versions = await office.mappingVersions(name);
		if (versions.length === 0) return context.json({ error: `no mapping ${name} ever was live` }, 404);
		return context.json(versionViews(versions));
	});

	app.get("/:name{.+}/versions/:version", async (context) => {
		const { name, version } = context.req.param();
		const versions = await office.mappingVersions(name);
		const view = await versionView({ name, version, versions }, office.mappingText);
		return view === null
			? context.json({ error: `${name} has no version ${version}` }, 404)
			: context.json(view);
	});

	app.get("/:name{.+}", async (context) => {
		const name = context.req.param("name");
		const file = (await office.mappingSet([])).find((one) => one.name === name);
		if (file === undefined) return context.json({ error: `there is no mapping ${name}` }, 404);
		const { text, version, path } = file;
		return context.json({ name, version, origin: originOf(path), text });
	});

	app.put("/:name{.+}", async (context) => {
		const name = mappingName.safeParse(context.req.param("name"));
		if (!name.success) return context.json({ error: `a mapping's name ${z.prettifyError(name.error)}` }, 400);
		const read = await readBody(context.req.raw, { bytesMax: textBytesMax });
		if (!read.ok) return context.json({ error: read.failure.message }, read.failure.status);
		const text = new TextDecoder().decode(read.value.body);
		const put = await office.putMapping(name.data, text, context.get("actor"));
		if (!put.ok) {
			return context.json(
				refusalOf("mappings", put.failure, await office.mappingSet([{ name: name.data, text }])),
				422,
			);
		}
		hub.door.changed();
		const set = await office.mappingSet([]);
		return context.json({ name: name.data, ...put.value, problems: put.value.problems.map(drawnIn(set)) });
	});

	app.delete("/:name{.+}", async (context) => {
		const name = context.req.param("name");
		const removed = await office.removeMapping(name, context.get("actor"));
		if (removed === null) return context.json({ error: `no mapping ${name} was uploaded` }, 404);
		if (!removed.ok) {
			return context.json(
				refusalOf("mappings", removed.failure, await office.mappingSet([{ name, text: null }])),
				422,
			);
		}
		hub.door.changed();
		const set = await office.mappingSet([]);
		return context.json({ name, ...removed.value, problems: removed.value.problems.map(drawnIn(set)) });
	});

	return app;
}

function compiled(compiler: MappingCompiler, set: readonly MappingFile[]): LiveMappings {
	const hash = set.map(({ path, version }) => `${path} ${version}`).join("\n");
	return compiler.compile({ hash, live: set, awaited: [], problems: [] });
}

/** A JSON object in which messages keep the digits of their numbers, which a schema's parser would not. */
async function objectIn(context: Context) {
	const read = readJson(new Uint8Array(await context.req.arrayBuffer()));
	if (!read.ok) return { ok: false as const, error: read.failure.reason };
	return isObject(read.value)
		? { ok: true as const, value: read.value }
		: { ok: false as const, error: "the body is no JSON object" };
}

async function trialOf(context: Context) {
	const read = await objectIn(context);
	if (!read.ok) return read;
	const expected = "the body is { name, message }, and may have the mapping's own text beside them";
	const { name, text, message } = read.value;
	if (typeof name !== "string" || !isObject(message)) return { ok: false as const, error: expected };
	if (text !== undefined && typeof text !== "string") return { ok: false as const, error: expected };
	return { ok: true as const, name, text, message };
}
