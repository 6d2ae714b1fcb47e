import type { Identity } from "../../model/identity.ts";
import { isList, isObject, type Json, type Value, type ValueObject } from "../../model/json.ts";
import type { Message } from "../../model/message.ts";
import type { Problem } from "../../model/problem.ts";
import type { CheckContext } from "../context.ts";
import type { Run } from "../evaluate.ts";
import type { MappedEvent } from "../event-plan.ts";
import type { Mapping, MappingTest } from "../mapping.ts";
import { givenKeys } from "../reference/form.ts";
import { instantOf, textOfInstant } from "../values/instant.ts";
import { jsonOf } from "../values/written.ts";
import { type At, entryOf, literalOf, type Node } from "../yaml.ts";
import { suggest } from "./suggest.ts";

type Given = Extract<MappedEvent, { kind: "event" }>;

/** Where an event is not what a test expects. */
interface Difference {
	readonly at: At;
	readonly message: string;
	readonly help?: string;
}

/** Runs the tests of a mapping; those that fail are problems. */
export function runTests(
	mapping: Mapping,
	context: CheckContext,
	eventsFor: (mapping: Mapping, run: Run) => readonly MappedEvent[],
): readonly Problem[] {
	return mapping.tests.flatMap((test) => {
		const run = runOf(test, mapping, context);
		if (run === undefined) return [];
		return differencesOf(test, eventsFor(mapping, run), { mapping, run }).map(
			({ at, message, help = "" }) => ({
				file: mapping.place.file,
				line: at.line,
				column: at.column,
				severity: "error",
				code: "test-failed",
				message: `\`${test.it}\`: ${message}`,
				help,
			}),
		);
	});
}

function runOf(test: MappingTest, mapping: Mapping, context: CheckContext): Run | undefined {
	const connector = mapping.from[0]?.connector ?? "";
	const content = literalOf(test.message);
	if (!isObject(content)) return undefined;
	const { receivedAt, headers, settings } = test;
	const message = messageOf(content, connector, context, headers);
	return { message, delivery: { receivedAt, headers, settings }, items: [], steps: 0 };
}

/** The message that a test's content is. */
export const messageOf = (
	content: ValueObject,
	connector: string,
	context: CheckContext,
	headers: Readonly<Record<string, string>> = {},
): Message => context.messageOf?.(connector, content, headers) ?? plainMessage(content);

/** A message of a connector that nobody knows: its id, type and time by their commonest names. */
function plainMessage(content: ValueObject): Message {
	const { messageId: id, type, timestamp } = content;
	return {
		id: typeof id === "string" ? id : undefined,
		type: typeof type === "string" ? type : "",
		time: typeof timestamp === "string" ? instantOf(timestamp) : undefined,
		identities: [],
		content,
	};
}

function differencesOf(
	test: MappingTest,
	events: readonly MappedEvent[],
	{ mapping, run }: { readonly mapping: Mapping; readonly run: Run },
): readonly Difference[] {
	const failures = events.filter((event) => event.kind === "failed");
	const { expected } = test;
	if (expected.kind === "fails") {
		if (failures.some(({ reason }) => reason.includes(expected.reason))) return [];
		const met = failures.map(({ reason }) => reason).join("; ");
		const message = `expected a failure with \`${expected.reason}\`, got ${met || "none"}`;
		return [{ at: expected.at, message, help: unmetBy(mapping, run) }];
	}
	if (failures.length > 0) {
		return failures.map(({ reason, at }) => ({
			at: test.at,
			message: reason,
			help: `it fails in line ${at.line}, column ${at.column}`,
		}));
	}
	const given = events.filter((event) => event.kind === "event");
	const wanted = expected.node.kind === "list" ? expected.node.items : [];
	if (given.length !== wanted.length) {
		const met = given.map(({ action }) => action).join(", ");
		const skipped = events.flatMap((event) => (event.kind === "skipped" ? [event.reason] : []));
		const message = `expected ${countOf(wanted.length)}, got ${met === "" ? "none" : `${countOf(given.length)} (${met})`}`;
		return [{ at: expected.node.at, message, help: unmetBy(mapping, run) || skipped.join("; ") }];
	}
	return wanted.flatMap((node, index) => {
		const event = given[index];
		return event === undefined ? [] : differencesOfEvent(node, event, index + 1, run);
	});
}

/** Why the mapping does not read the message; empty where it does. */
function unmetBy({ when }: Mapping, run: Run): string {
	const unmet = when.find(({ test }) => !test(run.message.content, run));
	return unmet === undefined ? "" : `\`${unmet.written}\` does not hold`;
}

const countOf = (events: number): string => (events === 1 ? "1 event" : `${events} events`);

const keysOfGiven = Object.keys(givenKeys);

function differencesOfEvent(node: Node, event: Given, place: number, run: Run): readonly Difference[] {
	if (node.kind !== "object") return [{ at: node.at, message: `event ${place} is not written as keys` }];
	const differences: Difference[] = [];
	for (const { key, at } of node.entries) {
		if (keysOfGiven.includes(key)) continue;
		differences.push({
			at,
			message: `an event in \`gives\` has no \`${key}\``,
			help: suggest(key, keysOfGiven),
		});
	}
	const given = givenOf(event);
	for (const key of keysOfGiven) {
		const entry = entryOf(node, key);
		const wanted = entry === undefined ? defaultOf(key, run) : wantedOf(key, entry.value);
		compare(wanted, given[key] ?? null, `event ${place}, ${key}`, entry?.value ?? node, differences);
	}
	return differences;
}

/** What `gives` need not say: nothing, and the time that an event has by itself. */
function defaultOf(key: string, { message, delivery }: Run): Json {
	if (key === "timestamp") return textOfInstant(message.time ?? delivery.receivedAt);
	if (key === "data") return {};
	if (key === "customer") return [];
	return key === "slot" ? "" : null;
}

function wantedOf(key: string, node: Node): Json {
	const value = jsonOf(literalOf(node));
	if (key === "timestamp" && typeof value === "string") {
		const unixMs = instantOf(value);
		return unixMs === undefined ? value : textOfInstant(unixMs);
	}
	return key === "customer" && typeof value === "string" ? [{ id: value }] : value;
}

const givenOf = ({ action, identities, timestamp, account, slot, data }: Given): Record<string, Json> => ({
	action,
	customer: identities.map(({ kind, value }: Identity) => ({ [kind]: value })),
	timestamp: textOfInstant(timestamp),
	account: account ?? null,
	slot,
	data,
});

/** Adds each place where two values differ, with the node of what was expected there. */
function compare(wanted: Json, given: Json, path: string, node: Node, differences: Difference[]): void {
	if (isPlainObject(wanted) && isPlainObject(given)) {
		for (const key of new Set([...Object.keys(wanted), ...Object.keys(given)])) {
			const below = (node.kind === "object" ? entryOf(node, key)?.value : undefined) ?? node;
			const one = Object.hasOwn(wanted, key) ? wanted[key] : undefined;
			const other = Object.hasOwn(given, key) ? given[key] : undefined;
			if (one !== undefined && other !== undefined) compare(one, other, `${path}.${key}`, below, differences);
			else differences.push(differenceOf(one, other, `${path}.${key}`, below));
		}
	} else if (isList(wanted) && isList(given)) {
		for (let index = 0; index < Math.max(wanted.length, given.length); index++) {
			const below = (node.kind === "list" ? node.items[index] : undefined) ?? node;
			const [one, other] = [wanted[index], given[index]];
			if (one !== undefined && other !== undefined)
				compare(one, other, `${path}.${index}`, below, differences);
			else differences.push(differenceOf(one, other, `${path}.${index}`, below));
		}
	} else if (isList(wanted) || isPlainObject(wanted) || wanted !== given) {
		differences.push(differenceOf(wanted, given, path, node));
	}
}

const differenceOf = (
	wanted: Json | undefined,
	given: Json | undefined,
	path: string,
	{ at }: Node,
): Difference => ({
	at,
	message: `${path}: expected ${shown(wanted)}, got ${shown(given)}`,
});

const shown = (value: Json | undefined): string => (value === undefined ? "nothing" : JSON.stringify(value));

const isPlainObject = (value: Value): value is { readonly [key: string]: Json } => isObject(value);
