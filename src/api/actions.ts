import { Hono } from "hono";
import { z } from "zod";
import type { ActionDefinition, Attributes } from "../catalog/definition.ts";
import type { MappingFile } from "../model/mapping-file.ts";
import { originOf } from "../model/mapping-file.ts";
import type { Problem } from "../model/problem.ts";
import type { TextChange } from "../office/shelf.ts";
import type { AppParts } from "../parts.ts";
import { readBody } from "../receive/body.ts";
import type { WithActor } from "./access.ts";
import { bodyOf } from "./body.ts";
import { drawnIn, isoOf, refusalOf, textBytesMax, versionView, versionViews } from "./texts.ts";

const actionName = z
	.string()
	.regex(/^[a-z][a-z0-9_]{0,63}$/, "is 1 to 64 of a-z, 0-9 and _, and begins with a letter");

/** Texts that stand in for those of their names; null takes a name out. */
const changes = z.strictObject({
	actions: z.array(z.strictObject({ name: actionName, text: z.string().nullable() })),
});

/** `/api/actions`: all kinds of event, and the texts of those that are the admins' own. */
export function actions({ hub, office }: AppParts): Hono<WithActor> {
	const app = new Hono<WithActor>();

	app.get("/", async (context) => {
		const { program } = await hub.door.directory();
		const shelved = new Map((await office.actions()).map((one) => [one.name, one]));
		const names = new Set([...program.actions.keys(), ...shelved.keys()]);
		const data = [...names].map((name) => {
			const definition = program.actions.get(name);
			const own = shelved.get(name);
			const path = own?.live?.path ?? own?.paths.at(-1);
			return {
				name,
				...(definition === undefined ? {} : definitionView(definition)),
				live: definition !== undefined,
				from: path === undefined ? "hub" : sourceOf(path),
				version: own?.live?.version ?? null,
				author: own?.live?.author ?? null,
				since: own?.live == null ? null : isoOf(own.live.at),
			};
		});
		return context.json({ data, problems: await drawn([], await office.checkActions([])), cursor: null });
	});

	app.post("/check", async (context) => {
		const asked = await bodyOf(context, changes);
		if (!asked.ok) return context.json({ error: asked.error }, asked.status);
		const { actions } = asked.value;
		return context.json({ problems: await drawn(actions, await office.checkActions(actions)) });
	});

	app.get("/:name/versions", async (context) => {
		const name = context.req.param("name");
		const versions = await office.actionVersions(name);
		return versions.length === 0
			? context.json({ error: `no custom action ${name} ever was live` }, 404)
			: context.json(versionViews(versions));
	});

	app.get("/:name/versions/:version", async (context) => {
		const { name, version } = context.req.param();
		const versions = await office.actionVersions(name);
		const view = await versionView({ name, version, versions }, office.actionText);
		return view === null
			? context.json({ error: `${name} has no version ${version}` }, 404)
			: context.json(view);
	});

	app.get("/:name", async (context) => {
		const name = context.req.param("name");
		const { program } = await hub.door.directory();
		const definition = program.actions.get(name);
		const file = (await office.actionSet([])).find((one) => one.name === name);
		if (definition === undefined && file === undefined) {
			return context.json({ error: `there is no action ${name}` }, 404);
		}
		const text = file === undefined ? null : textView(file);
		return context.json({ name, ...(definition === undefined ? {} : definitionView(definition)), ...text });
	});

	app.put("/:name", async (context) => {
		const name = actionName.safeParse(context.req.param("name"));
		if (!name.success) return context.json({ error: `an action's name ${z.prettifyError(name.error)}` }, 400);
		const read = await readBody(context.req.raw, { bytesMax: textBytesMax });
		if (!read.ok) return context.json({ error: read.failure.message }, read.failure.status);
		const text = new TextDecoder().decode(read.value.body);
		const put = await office.putAction(name.data, text, context.get("actor"));
		if (!put.ok) return context.json(await refusal([{ name: name.data, text }], put.failure), 422);
		hub.door.changed();
		const problems = await drawn([], put.value.problems);
		return context.json({ name: name.data, ...put.value, problems });
	});

	app.delete("/:name", async (context) => {
		const name = context.req.param("name");
		const removed = await office.removeAction(name, context.get("actor"));
		if (removed === null) return context.json({ error: `no action ${name} was uploaded` }, 404);
		if (!removed.ok) return context.json(await refusal([{ name, text: null }], removed.failure), 422);
		hub.door.changed();
		return context.json({ name, ...removed.value, problems: await drawn([], removed.value.problems) });
	});

	return app;

	async function drawn(changed: readonly TextChange[], problems: readonly Problem[]) {
		return problems.length === 0 ? [] : problems.map(drawnIn(await textsWith(changed)));
	}

	async function refusal(changed: readonly TextChange[], problems: readonly Problem[]) {
		return refusalOf("actions", problems, await textsWith(changed));
	}

	/** A change of an action can be a mistake in a mapping that uses it. */
	async function textsWith(changed: readonly TextChange[]): Promise<readonly MappingFile[]> {
		const [actions, mappings] = await Promise.all([office.actionSet(changed), office.mappingSet([])]);
		return [...actions, ...mappings];
	}
}

const sourceOf = (path: string): "file" | "upload" => (originOf(path) === "upload" ? "upload" : "file");

const textView = ({ path, version, text }: MappingFile) => ({ from: sourceOf(path), version, text });

/** By the words of the files. */
function definitionView(definition: ActionDefinition) {
	const { label, origin, sender, attributes, unknown, once, clientSide, points, account } = definition;
	return {
		label,
		origin,
		sender,
		client_side: clientSide,
		points,
		account: account ?? null,
		once,
		unknown_attributes: unknown,
		attributes: attributeViews(attributes),
	};
}

interface AttributeView {
	readonly name: string;
	readonly type: string;
	readonly required: boolean;
	readonly label: string;
	readonly elements?: readonly AttributeView[];
}

const attributeViews = (attributes: Attributes): readonly AttributeView[] =>
	[...attributes].map(([name, { elements, ...rest }]) => ({
		name,
		...rest,
		...(elements === undefined ? {} : { elements: attributeViews(elements) }),
	}));
