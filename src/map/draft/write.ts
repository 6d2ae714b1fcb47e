import type { Json, Value } from "../../model/json.ts";
import { unreachable } from "../../model/result.ts";
import type { AttributeShape } from "../context.ts";
import { textOfInstant } from "../instant.ts";
import type { MappedEvent } from "../mappings.ts";
import type { DraftedAttribute } from "./attributes.ts";
import type { Choice } from "./choice.ts";
import { type DraftedClause, keyOf } from "./condition.ts";
import type { DraftedIdentity } from "./customer.ts";
import type { Cast } from "./looks.ts";
import type { Sample } from "./sample.ts";
import type { Candidate } from "./score.ts";
import { asItem, blockOf, indented, textOf } from "./yaml-text.ts";

export interface DraftedMapping {
	readonly action: string;
	readonly connector: string;
	readonly when: readonly DraftedClause[];
	readonly customer: readonly DraftedIdentity[];
	readonly timestamp: Choice | undefined;
	readonly data: readonly DraftedAttribute[];
}

/** One drafted line, for programs. */
export interface DraftLine {
	/** Its place in the event: `customer.email`, `timestamp`, `data.items.product_id`. */
	readonly at: string;
	/** From the message, or from the list's element; null: it is needed, and nothing looks like it. */
	readonly path: string | null;
	/** From 0 to 1. */
	readonly confidence: number;
	/** What speaks for it. */
	readonly because: Candidate["because"];
	/** The next best, best first. */
	readonly others: readonly { readonly path: string; readonly confidence: number }[];
}

export function linesOf({ customer, timestamp, data }: DraftedMapping): readonly DraftLine[] {
	return [
		...customer.map(({ kind, choice }) => lineOf(`customer.${kind}`, choice)),
		...(timestamp === undefined ? [] : [lineOf("timestamp", timestamp)]),
		...attributeLines("data", data),
	];
}

const attributeLines = (above: string, attributes: readonly DraftedAttribute[]): readonly DraftLine[] =>
	attributes.flatMap(({ name, choice, elements }) => [
		lineOf(`${above}.${name}`, choice),
		...attributeLines(`${above}.${name}`, elements),
	]);

function lineOf(at: string, choice: Choice | undefined): DraftLine {
	if (choice === undefined) return { at, path: null, confidence: 0, because: [], others: [] };
	const { taken, others } = choice;
	return {
		at,
		path: taken.path,
		confidence: hundredths(taken),
		because: taken.because,
		others: others.map((other) => ({ path: other.path, confidence: hundredths(other) })),
	};
}

/** More digits would claim to know more. */
const hundredths = ({ confidence }: Candidate): number => Math.round(confidence * 100) / 100;

/** What is read where nothing was found: it is absent, so that the line fails and nothing wrong is recorded. */
const missing = "$.TODO";

/** The mapping without its test. */
export function writeMapping(drafted: DraftedMapping): string {
	const { action, connector, when, customer, timestamp, data } = drafted;
	const lines = [
		"# yaml-language-server: $schema=../mapping.schema.json",
		"# A draft: read it before you trust it. Beside each line stands how sure it is, why, and what else it could be.",
		`title: ${textOf(`${action} from ${when.at(-1)?.value ?? connector}`)}`,
		`from: ${textOf(connector)}`,
		"when:",
		...whenLines(drafted).map(indented),
		"event:",
		`  action: ${textOf(action)}`,
		...customerLines(customer).map(indented),
		...(timestamp === undefined ? [] : [indented(timestampLine(timestamp))]),
		...(data.length === 0
			? []
			: ["  data:", ...data.flatMap(dataLines).map((line) => indented(indented(line)))]),
	];
	return `${lines.join("\n")}\n`;
}

/** YAML's keys end at 1024. */
const keyCharactersMax = 1_000;

/** Without words that tell its kind, a message is known by the surest of what is read from it. */
function whenLines({ when, customer, data }: DraftedMapping): readonly string[] {
	if (when.length > 0) return when.map(({ path, value }) => `${textOf(path)}: ${textOf(value)}`);
	const [surest = "TODO"] = [...data, ...customer]
		.flatMap(({ choice }) => choice?.taken ?? [])
		.sort((a, b) => b.confidence - a.confidence)
		.map(({ field }) => textOf(keyOf(field.steps)))
		.filter((key) => key.length <= keyCharactersMax);
	return [`${surest}: { $exists: true }  # TODO: no field tells this kind of message from others`];
}

function customerLines(customer: readonly DraftedIdentity[]): readonly string[] {
	if (customer.length === 0)
		return ["customer: []  # TODO: nothing looks like an identity; write - email: and its path"];
	return [
		"customer:",
		...customer.map(
			({ kind, choice }) => `  - ${textOf(kind)}: ${textOf(choice.taken.path)}  # ${remarkOn(choice)}`,
		),
	];
}

const timestampLine = (choice: Choice): string =>
	`timestamp: ${expressionOf(choice.taken, { isOptional: false })}  # ${remarkOn(choice)}`;

function dataLines({ name, shape, choice, elements }: DraftedAttribute): readonly string[] {
	const key = textOf(name);
	if (choice === undefined)
		return [
			`${key}: ${missingOf(shape.type)}  # TODO: it is needed, and nothing in the message looks like it`,
		];
	const { taken } = choice;
	const isOptional = !taken.field.isAlwaysThere && !shape.required;
	if (elements.length === 0) return [`${key}: ${expressionOf(taken, { isOptional })}  # ${remarkOn(choice)}`];
	const each = [
		`$each: ${textOf(taken.path)}  # ${remarkOn(choice)}`,
		"as:",
		...elements.flatMap(dataLines).map(indented),
	];
	return [`${key}:`, ...(isOptional ? ["$optional:", ...each.map(indented)] : each).map(indented)];
}

/** A cast fails where there is nothing to cast, unless it may be absent; a path alone is then left out by itself. */
function expressionOf({ path, cast }: Candidate, { isOptional }: { isOptional: boolean }): string {
	const written = textOf(path);
	if (cast === "none") return written;
	const expression = castExpression(cast, written);
	return isOptional ? `{ $optional: ${expression} }` : expression;
}

function castExpression(cast: Exclude<Cast, "none">, path: string): string {
	switch (cast) {
		case "text":
			return `{ $string: ${path} }`;
		case "number":
		case "integer":
		case "boolean":
			return `{ $${cast}: ${path} }`;
		case "unix":
		case "unixMs":
			return `{ $date: ${path}, format: ${cast} }`;
		default:
			return unreachable(cast);
	}
}

/** What is of the type, and fails for every message. */
function missingOf(type: AttributeShape["type"]): string {
	switch (type) {
		case "text":
		case "any":
			return `{ $string: ${missing} }`;
		case "number":
		case "integer":
		case "boolean":
		case "date":
			return `{ $${type}: ${missing} }`;
		case "list":
			return `{ $each: ${missing}, as: $ }`;
		case "object":
			return `{ $merge: [${missing}] }`;
		default:
			return unreachable(type);
	}
}

function remarkOn({ taken, others }: Choice): string {
	const why = `${percent(taken)} by ${taken.because.join(" and ")}`;
	if (others.length === 0) return why;
	return `${why}; else ${others.map((other) => `${textOf(other.path)} ${percent(other)}`).join(", ")}`;
}

const percent = ({ confidence }: Candidate): string => `${Math.round(confidence * 100)} %`;

/** The mapping's test: what the draft makes of the first message. */
export function testOf(drafted: DraftedMapping, sample: Sample, events: readonly MappedEvent[]): string {
	const failure = events.find((event) => event.kind === "failed");
	const lines = [
		"tests:",
		"  # Made by running this draft: it says what the draft does, not what would be right.",
		...(sample.isShortened ? ["  # The message was too large, so a part of it is left out."] : []),
		...asItem([
			`it: ${failure === undefined ? "maps a message like this" : "fails as long as something is missing"}`,
			...blockOf("message", sample.content),
			...(failure === undefined
				? blockOf("gives", givenBy(drafted, events))
				: [`fails: ${textOf(failure.reason)}`]),
		]).map(indented),
	];
	return `${lines.join("\n")}\n`;
}

const givenBy = ({ timestamp, data }: DraftedMapping, events: readonly MappedEvent[]): Value =>
	events.flatMap((event): Json[] => {
		if (event.kind !== "event") return [];
		return [
			{
				action: event.action,
				customer: event.identities.map(({ kind, value }) => ({ [kind]: value })),
				...(timestamp === undefined ? {} : { timestamp: textOfInstant(event.timestamp) }),
				...(data.length === 0 ? {} : { data: event.data }),
			},
		];
	});
