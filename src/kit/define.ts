import { z } from "zod";
import { isList, type JsonObject } from "../model/json.ts";
import { bad, good, invariant, type Result } from "../model/result.ts";
import type {
	ConfiguredConnector,
	Connector,
	Declaration,
	SettingDeclaration,
	Splitter,
} from "./connector.ts";
import { type OpenEnrichment, openEnrichment } from "./enrichment.ts";
import { openReading } from "./reading.ts";
import { text } from "./settings.ts";
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
	const read = typeof declaration.read === "function" ? declaration.read : openReading(declaration.read);
	const messages = splitterOf(declaration.messages);
	const settings = [...settingsOf(declaration.settings), ...settingsOf(common)];

	function configure(given: JsonObject): Result<ConfiguredConnector, readonly string[]> {
		const shared = common.safeParse(given);
		const checked = declaration.settings.safeParse(without(given, Object.keys(common.shape)));
		if (!shared.success || !checked.success) {
			const issues = [...(checked.error?.issues ?? []), ...(shared.error?.issues ?? [])];
			return bad(issues.map((issue) => sentenceOf(issue, connector)));
		}
		const { source, orders } = shared.data;
		const own = checked.data;
		const declared = declaration.enrich?.(own);
		const enrichment = declared === undefined ? good(undefined) : openEnrichment(declared);
		if (!enrichment.ok) return bad([enrichment.failure]);
		for (const name of enrichment.value?.secrets ?? [])
			invariant(Object.hasOwn(secrets, name), `${slug} has the secret ${name}, which it asks with`);
		return good({
			connector,
			settings: { ...(own as JsonObject), source, orders },
			source: source === "" ? undefined : source,
			orders,
			verification: declaration.verify(own),
			enrichment: enrichment.value,
			messages: (body, delivery) => messages(body, delivery, own),
			read: (content, delivery) => read(content, delivery, own),
			problem: (content, delivery) => declaration.problem?.(content, delivery, own),
			fingerprint: (content, delivery) => declaration.fingerprint?.(content, delivery) ?? content,
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
		answer: declaration.answer,
		secrets,
		settings,
		retriesForMs,
		writeKey: declaration.writeKey ?? false,
		configure,
	};
	return connector;
}

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
		const list = at(body, ...path);
		return isList(list) ? good(list) : bad(`there is no list of messages at ${messages}`);
	};
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
