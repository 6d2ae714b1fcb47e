import { z } from "zod";
import { isList, type JsonObject, readJson, type Value } from "../model/json.ts";
import { bad, good, invariant, type Result } from "../model/result.ts";
import type {
	ConfiguredConnector,
	ConfiguredPull,
	ConfiguredStream,
	Connector,
	Declaration,
	Reader,
	SettingDeclaration,
	Splitter,
} from "./connector.ts";
import { type OpenEnrichment, openEnrichment } from "./enrichment.ts";
import type { Pull } from "./pull.ts";
import { openReading, type Reading, tellingOf } from "./reading.ts";
import { text } from "./settings.ts";
import type { Stream } from "./stream.ts";
import { at } from "./values.ts";

/** Settings that every endpoint has, because the hub itself reads them. */
const common = z.object({
	source: text(
		"Name shared by endpoints that may bring the same messages: one message by two of them is then one. " +
			"Empty: the endpoint stands alone.",
	),
	orders: text(
		"Namespace of order numbers, where two shops of one program count their own. " +
			"Empty: an order number means one order in the whole program.",
	),
});

/** Makes a connector of its declaration. What is wrong with the declaration itself is thrown, when the hub starts. */
export function defineConnector<Schema extends z.ZodObject>(declaration: Declaration<Schema>): Connector {
	const { slug, title, docs, secrets, retriesForMs } = declaration;
	invariant(
		/^[a-z][a-z0-9-]*$/.test(slug),
		`a connector's slug is lower-case letters, digits and hyphens: ${slug}`,
	);
	const declared = { read: readerOf(declaration.read), messages: splitterOf(declaration.messages) };
	const settings = [...settingsOf(declaration.settings), ...settingsOf(common)];

	const tellingBy = (read: Reading | Reader<Schema>): readonly string[] => [
		...(declaration.telling ?? []).map((name) => name.toLowerCase()),
		...(typeof read === "function" ? [] : tellingOf(read)),
	];

	function configure(given: JsonObject): Result<ConfiguredConnector, readonly string[]> {
		const shared = common.safeParse(given);
		const checked = declaration.settings.safeParse(without(given, Object.keys(common.shape)));
		if (!shared.success || !checked.success) {
			const issues = [...(checked.error?.issues ?? []), ...(shared.error?.issues ?? [])];
			return bad(issues.map((issue) => sentenceOf(issue, connector)));
		}
		const { source, orders } = shared.data;
		const own = checked.data;
		const { read, messages, methods, ...otherwise } = declaration.endpoint?.(own) ?? {};
		const reader = read === undefined ? declared.read : readerOf(read);
		const splitter = messages === undefined ? declared.messages : splitterOf(messages);
		const asked = declaration.enrich?.(own);
		const enrichment = asked === undefined ? good(undefined) : openEnrichment(asked);
		if (!enrichment.ok) return bad([enrichment.failure]);
		for (const name of enrichment.value?.secrets ?? [])
			invariant(Object.hasOwn(secrets, name), `${slug} has the secret ${name}, which it asks with`);
		return good({
			connector: {
				...connector,
				...otherwise,
				...(methods === undefined ? {} : { methods: new Set(methods) }),
				...(read === undefined ? {} : { telling: tellingBy(read) }),
			},
			settings: { ...(own as JsonObject), source, orders },
			source: source === "" ? undefined : source,
			orders,
			verification: declaration.verify(own),
			enrichment: enrichment.value,
			messages: (body, delivery) => splitter(body, delivery, own),
			read: (content, delivery) => reader(content, delivery, own),
			problem: (content, delivery) => declaration.problem?.(content, delivery, own),
			fingerprint: (content, delivery) => declaration.fingerprint?.(content, delivery) ?? content,
			pull: configuredPull(declaration.pull, own),
			stream: configuredStream(declaration.stream, own),
			sample: {
				path: declaration.sample?.path ?? declaration.paths?.[0] ?? "",
				query: declaration.sample?.query ?? "",
				headers: declaration.sample?.headers?.(own) ?? {},
				body: (text) => declaration.sample?.body?.(text, own) ?? text,
			},
			advice: (secretsSet) => [
				...(declaration.advice?.(own, secretsSet) ?? []),
				...unaskedAdvice(enrichment.value, secretsSet),
			],
		});
	}

	const connector: Connector = {
		slug,
		title,
		docs,
		methods: new Set(declaration.methods),
		paths: new Set(declaration.paths ?? ["", "/"]),
		body: declaration.body ?? ["json"],
		handshakes: declaration.handshakes ?? [],
		telling: tellingBy(declaration.read),
		answer: declaration.answer,
		refusal: declaration.refusal,
		secrets,
		settings,
		retriesForMs,
		writeKey: declaration.writeKey ?? false,
		anyShape: declaration.anyShape ?? false,
		sampleFile: declaration.sample?.file,
		configure,
	};
	return connector;
}

const configuredPull = <Settings>(
	pull: Pull<Settings> | undefined,
	settings: Settings,
): ConfiguredPull | undefined =>
	pull && {
		everyMs: pull.everyMs,
		isOn: (secretsSet) => pull.isOn(settings, secretsSet),
		ask: (question) => pull.ask({ ...question, settings }),
	};

const configuredStream = <Settings>(
	stream: Stream<Settings> | undefined,
	settings: Settings,
): ConfiguredStream | undefined =>
	stream && {
		isWanted: stream.isWanted(settings),
		instead: stream.instead,
		isOn: (secretsSet) => stream.isOn(settings, secretsSet),
		read: (question, take) => stream.read({ ...question, settings }, take),
	};

const readerOf = <Schema extends z.ZodObject>(read: Reading | Reader<Schema>): Reader<Schema> =>
	typeof read === "function" ? read : openReading(read);

/** What a person has to set for the endpoint to ask for anything. */
function unaskedAdvice(
	enrichment: OpenEnrichment | undefined,
	secretsSet: ReadonlySet<string>,
): readonly string[] {
	const unset = (enrichment?.secrets ?? []).filter((name) => !secretsSet.has(name));
	if (enrichment === undefined || unset.length === 0) return [];
	const names = unset.map((name) => `\`${name}\``).join(" and ");
	return [
		`Nothing is asked of ${enrichment.origin}, and no message has \`$.enriched\`: set the secret ${names}.`,
	];
}

function splitterOf<Schema extends z.ZodObject>(
	messages: string | Splitter<Schema> | undefined,
): Splitter<Schema> {
	if (typeof messages === "function") return messages;
	if (messages === undefined) return (body) => good(isList(body) ? body : [body]);
	const path = messages.split(".");
	return (body) => {
		const found = at(body, ...path);
		const list = typeof found === "string" ? jsonIn(found) : found;
		return isList(list) ? good(list) : bad(`there is no list of messages at ${messages}`);
	};
}

/** Undefined where the text is no JSON. */
function jsonIn(text: string): Value | undefined {
	const read = readJson(new TextEncoder().encode(text));
	return read.ok ? read.value : undefined;
}

const without = (object: JsonObject, keys: readonly string[]): JsonObject =>
	Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

/** One sentence about a wrong setting: where, what, and what would be right. */
function sentenceOf(issue: z.core.$ZodIssue, { title, settings }: Connector): string {
	if (issue.code === "unrecognized_keys")
		return `${title} has no setting ${issue.keys.map((key) => `"${key}"`).join(", ")}; there are ${settings
			.map(({ name }) => name)
			.join(", ")}`;
	const name = String(issue.path[0] ?? "");
	const setting = settings.find((each) => each.name === name);
	return `${name}: ${issue.message}${setting === undefined ? "" : `. ${setting.description}`}`;
}

function settingsOf(schema: z.ZodObject): readonly SettingDeclaration[] {
	const { properties } = z.toJSONSchema(schema) as { properties?: Record<string, JsonObject> };
	return Object.entries(properties ?? {}).map(([name, property]) => {
		const { description, default: byDefault, ...rest } = property;
		invariant(
			typeof description === "string" && byDefault !== undefined,
			`the setting "${name}" has a description and a default`,
		);
		return { name, description, schema: rest, default: byDefault };
	});
}
