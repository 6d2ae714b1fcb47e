import type { Json, Value } from "../../model/json.ts";
import { unreachable } from "../../model/result.ts";
import type { AttributeShape } from "../context.ts";
import type { MappedEvent } from "../mappings.ts";
import { keyOfPath } from "../path.ts";
import { textOfInstant } from "../values/instant.ts";
import { type Remark, remarks, type Written, type WrittenObject } from "../yaml-writer.ts";
import type { DraftedAttribute } from "./attributes.ts";
import type { Choice } from "./choice.ts";
import type { DraftedClause } from "./condition.ts";
import type { DraftedIdentity } from "./customer.ts";
import type { Cast } from "./looks.ts";
import type { Sample } from "./sample.ts";
import type { Candidate } from "./score.ts";

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
export function writtenMapping(drafted: DraftedMapping): WrittenObject {
	const { action, connector, when, customer, timestamp, data } = drafted;
	return {
		title: `${action} from ${when.at(-1)?.value ?? connector}`,
		from: connector,
		when: writtenWhen(drafted),
		event: writtenLines([
			{ key: "action", written: action },
			customerLine(customer),
			...(timestamp === undefined ? [] : [timestampLine(timestamp)]),
			...(data.length === 0 ? [] : [{ key: "data", written: writtenLines(data.map(dataLine)) }]),
		]),
		[remarks]: [
			{
				kind: "before",
				key: "title",
				text: "A draft: read it before you trust it. Beside each line stands how sure it is, why, and what else it could be.",
			},
		],
	};
}

/** A key with its value, and what is said beside it. */
interface Line {
	readonly key: string;
	readonly written: Written;
	readonly remark?: string;
}

const writtenLines = (lines: readonly Line[]): WrittenObject => ({
	...Object.fromEntries(lines.map(({ key, written }) => [key, written])),
	[remarks]: lines.flatMap(({ key, remark }): readonly Remark[] =>
		remark === undefined ? [] : [{ kind: "beside", key, text: remark }],
	),
});

/** Without words that tell its kind, a message is known by the surest of what is read from it. */
function writtenWhen({ when, customer, data }: DraftedMapping): WrittenObject {
	if (when.length > 0) return Object.fromEntries(when.map(({ key, value }) => [key, value]));
	const [surest] = [...data, ...customer]
		.flatMap(({ choice }) => choice?.taken ?? [])
		.sort((a, b) => b.confidence - a.confidence);
	return writtenLines([
		{
			key: keyOfPath(surest?.path ?? missing),
			written: { $exists: true },
			remark: "TODO: no field tells this kind of message from others",
		},
	]);
}

function customerLine(customer: readonly DraftedIdentity[]): Line {
	const remark = "TODO: nothing looks like an identity; write - email: and its path";
	if (customer.length === 0) return { key: "customer", written: [], remark };
	const identities = customer.map(({ kind, choice }) =>
		writtenLines([{ key: kind, written: choice.taken.path, remark: remarkOn(choice) }]),
	);
	return { key: "customer", written: identities };
}

const timestampLine = (choice: Choice): Line => ({
	key: "timestamp",
	written: expressionOf(choice.taken, { isOptional: false }),
	remark: remarkOn(choice),
});

function dataLine({ name, shape, choice, elements }: DraftedAttribute): Line {
	if (choice === undefined) {
		const remark = "TODO: it is needed, and nothing in the message looks like it";
		return { key: name, written: missingOf(shape.type), remark };
	}
	const { taken } = choice;
	const remark = remarkOn(choice);
	const isOptional = !taken.field.isAlwaysThere && !shape.required;
	if (elements.length === 0) return { key: name, written: expressionOf(taken, { isOptional }), remark };
	const each = writtenLines([
		{ key: "$each", written: taken.path, remark },
		{ key: "as", written: writtenLines(elements.map(dataLine)) },
	]);
	return { key: name, written: isOptional ? { $optional: each } : each };
}

/** A cast fails where there is nothing to cast, unless it may be absent; a path alone is then left out by itself. */
function expressionOf({ path, cast }: Candidate, { isOptional }: { isOptional: boolean }): Written {
	if (cast === "none") return path;
	const expression = castExpression(cast, path);
	return isOptional ? { $optional: expression } : expression;
}

function castExpression(cast: Exclude<Cast, "none">, path: string): WrittenObject {
	switch (cast) {
		case "text":
			return { $string: path };
		case "number":
		case "integer":
		case "boolean":
			return { [`$${cast}`]: path };
		case "unix":
		case "unixMs":
			return { $date: path, format: cast };
		default:
			return unreachable(cast);
	}
}

/** What is of the type, and fails for every message. */
function missingOf(type: AttributeShape["type"]): WrittenObject {
	switch (type) {
		case "text":
		case "any":
			return { $string: missing };
		case "number":
		case "integer":
		case "boolean":
		case "date":
			return { [`$${type}`]: missing };
		case "list":
			return { $each: missing, as: "$" };
		case "object":
			return { $merge: [missing] };
		default:
			return unreachable(type);
	}
}

function remarkOn({ taken, others }: Choice): string {
	const why = `${percent(taken)} by ${taken.because.join(" and ")}`;
	if (others.length === 0) return why;
	return `${why}; else ${others.map((other) => `${other.path} ${percent(other)}`).join(", ")}`;
}

const percent = ({ confidence }: Candidate): string => `${Math.round(confidence * 100)} %`;

/** The mapping, and as its test what the draft makes of the first message. */
export function withTest(
	drafted: DraftedMapping,
	{ content, isShortened }: Sample,
	events: readonly MappedEvent[],
): WrittenObject {
	const mapping = writtenMapping(drafted);
	const failure = events.find((event) => event.kind === "failed");
	const test: WrittenObject =
		failure === undefined
			? { it: "maps a message like this", message: content, gives: givenBy(drafted, events) }
			: { it: "fails as long as something is missing", message: content, fails: failure.reason };
	const said = [
		"Made by running this draft: it says what the draft does, not what would be right.",
		...(isShortened ? ["The message was too large, so a part of it is left out."] : []),
	];
	return {
		...mapping,
		tests: [test],
		[remarks]: [
			...(mapping[remarks] ?? []),
			...said.map((text): Remark => ({ kind: "before", key: "tests", text })),
		],
	};
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
