import { isObject, type JsonObject, type Value } from "../model/json.ts";
import type { Place } from "../model/outcome.ts";
import type { Problem } from "../model/problem.ts";
import { checkData } from "./attributes.ts";
import { type Compiler, refuse } from "./compiler.ts";
import { type Clause, compileCondition } from "./condition.ts";
import type { CheckContext } from "./context.ts";
import type { EventPlan, Part } from "./event-plan.ts";
import { compileOutput } from "./expression.ts";
import { deliveryKeys, eventKeys, type Keys, mappingKeys, testKeys } from "./form.ts";
import { instantOf } from "./instant.ts";
import { operatorOf } from "./operators/operators.ts";
import { isPath, parsePath, readerOf } from "./path.ts";
import { suggest } from "./suggest.ts";
import { jsonOf } from "./written.ts";
import {
	type At,
	type Entry,
	entryOf,
	literalOf,
	type Node,
	type ObjectNode,
	readYaml,
	writtenOf,
} from "./yaml.ts";

/** A mapping as it is stored. */
export interface MappingFile {
	/** `segment/order-completed` */
	readonly name: string;
	/** Shown in problems. */
	readonly path: string;
	readonly text: string;
	readonly version: string;
}

/** Whose messages a mapping reads: those of one connector, or of one of its endpoints. */
export interface From {
	readonly connector: string;
	readonly endpoint: string | undefined;
}

/** A mapping, compiled. */
export interface Mapping {
	readonly name: string;
	readonly version: string;
	readonly title: string;
	readonly from: readonly From[];
	readonly active: boolean;
	/** All must hold; none at all holds for every message. */
	readonly when: readonly Clause[];
	readonly events: readonly EventPlan[];
	readonly tests: readonly MappingTest[];
	readonly place: Place;
}

/** One entry of `tests`. */
export interface MappingTest {
	readonly it: string;
	readonly at: At;
	/** The raw content of a message. */
	readonly message: Value;
	readonly expected:
		| { readonly kind: "gives"; readonly node: Node }
		/** A part of the reason why an event fails. */
		| { readonly kind: "fails"; readonly reason: string };
	readonly settings: JsonObject;
	readonly headers: Readonly<Record<string, string>>;
	/** Unix milliseconds. */
	readonly receivedAt: number;
}

/** When the deliveries of tests arrive that do not say when. */
const testReceivedAt = Date.UTC(2026, 0, 1);

/** Compiles one file, reporting all that is wrong with it; undefined where it is no mapping at all. */
export function compileMapping(
	file: MappingFile,
	context: CheckContext,
	{ plans, report }: { plans: Map<string, EventPlan>; report: (problem: Problem) => void },
): Mapping | undefined {
	const compiler: Compiler = {
		file: file.path,
		operators: operatorOf,
		names: [],
		written: false,
		sha256Hex: context.sha256Hex,
		report,
	};
	const { node, problems } = readYaml(file.text);
	for (const { at, code, message, help } of problems) refuse(compiler, at, code, message, help);
	if (node === undefined) return undefined;
	if (node.kind !== "object") {
		refuse(compiler, node.at, "no-mapping", "the file is no mapping", "write title, from, when and event");
		return undefined;
	}
	checkKeys(node, mappingKeys, "a mapping", compiler);
	const when = required(node, "when", "which messages it reads: { type: track }", compiler);
	return {
		name: file.name,
		version: file.version,
		title: optionalText(node, "title", compiler) ?? file.name,
		from: readFrom(node, context, compiler),
		active: readActive(node, compiler),
		when: when === undefined ? [] : compileCondition(when.value, compiler).clauses,
		events: readEvents(node, context, compiler, plans),
		tests: readTests(node, compiler),
		place: placeOf(node.at, compiler),
	};
}

function readFrom(node: ObjectNode, context: CheckContext, compiler: Compiler): readonly From[] {
	const entry = required(node, "from", "a connector, `connector/endpoint-name`, or a list of them", compiler);
	if (entry === undefined) return [];
	const nodes = entry.value.kind === "list" ? entry.value.items : [entry.value];
	return nodes.flatMap((one) => {
		const [connector = "", ...endpoint] = writtenOf(one).split("/");
		if (!context.connectors.has(connector)) {
			const message = `no connector is called \`${connector}\``;
			refuse(compiler, one.at, "unknown-connector", message, suggest(connector, context.connectors));
			return [];
		}
		return [{ connector, endpoint: endpoint.length === 0 ? undefined : endpoint.join("/") }];
	});
}

function readActive(node: ObjectNode, compiler: Compiler): boolean {
	const entry = entryOf(node, "active");
	if (entry === undefined) return true;
	const active = literalOf(entry.value);
	if (typeof active === "boolean") return active;
	refuse(compiler, entry.value.at, "wrong-type", "`active` is true or false");
	return true;
}

function readEvents(
	node: ObjectNode,
	context: CheckContext,
	compiler: Compiler,
	plans: Map<string, EventPlan>,
): readonly EventPlan[] {
	const single = entryOf(node, "event");
	const several = entryOf(node, "events");
	if (single !== undefined && several !== undefined) {
		refuse(
			compiler,
			several.at,
			"two-events",
			"there is `event` and `events`",
			"keep `events`, with both in its list",
		);
	}
	if (single === undefined && several === undefined) {
		refuse(
			compiler,
			node.at,
			"missing-key",
			"a mapping needs `event` or `events`",
			"write event: { action: …, customer: … }",
		);
	}
	if (several !== undefined && (several.value.kind !== "list" || several.value.items.length === 0)) {
		refuse(
			compiler,
			several.value.at,
			"wrong-type",
			"`events` is a list of events",
			"write `event:` where there is one",
		);
	}
	const nodes =
		single !== undefined ? [single.value] : several?.value.kind === "list" ? several.value.items : [];
	const events: { plan: EventPlan; at: At }[] = [];
	for (const one of nodes) {
		const plan = readEvent(one, context, compiler, plans);
		if (plan !== undefined) events.push({ plan, at: one.at });
	}
	checkSlots(events, compiler);
	return events.map(({ plan }) => plan);
}

/** The event key is made of message, action and slot: two events of a message that share all three are one. */
function checkSlots(plans: readonly { plan: EventPlan; at: At }[], compiler: Compiler): void {
	const seen = new Set<string>();
	for (const { plan, at } of plans) {
		const identity = `${plan.action}\n${plan.slot}\n${plan.each === undefined ? "one" : "each"}`;
		if (seen.has(identity)) {
			const message = `two events of this mapping have the action \`${plan.action}\` and nothing tells them apart`;
			refuse(compiler, at, "same-slot", message, "give one of them a `slot:` of its own");
		}
		seen.add(identity);
	}
}

/**
 * The plan of an event, compiled once for all mappings that write the same at the same place, as hundreds made from
 * one template do: what is shared stays in the processor's cache.
 */
function readEvent(
	node: Node,
	context: CheckContext,
	compiler: Compiler,
	plans: Map<string, EventPlan>,
): EventPlan | undefined {
	const key = JSON.stringify(node);
	const known = plans.get(key);
	if (known !== undefined) return known;
	let isSound = true;
	const report = (problem: Problem): void => {
		isSound = false;
		compiler.report(problem);
	};
	const plan = compileEvent(node, context, { ...compiler, report });
	if (plan !== undefined && isSound) plans.set(key, plan);
	return plan;
}

function compileEvent(node: Node, context: CheckContext, compiler: Compiler): EventPlan | undefined {
	if (node.kind !== "object") {
		refuse(
			compiler,
			node.at,
			"wrong-type",
			"an event is written as keys",
			"write { action: …, customer: … }",
		);
		return undefined;
	}
	checkKeys(node, eventKeys, "an event", compiler);
	const action = readAction(node, context, compiler);
	const data = entryOf(node, "data");
	const when = entryOf(node, "when");
	const plan: EventPlan = {
		action: action ?? "",
		customer: readCustomer(node, context, compiler),
		timestamp: partOf(entryOf(node, "timestamp"), compiler),
		account: partOf(entryOf(node, "account"), compiler),
		slot: readSlot(node, compiler),
		each: readEach(node, compiler),
		when: when === undefined ? [] : compileCondition(when.value, compiler).clauses,
		data: partOf(data, { ...compiler, written: true }),
	};
	const shape = action === undefined ? undefined : context.action(action);
	if (action !== undefined && shape !== undefined)
		checkData(data?.value, node.at, { name: action, ...shape }, compiler);
	return plan;
}

function readAction(node: ObjectNode, context: CheckContext, compiler: Compiler): string | undefined {
	const entry = required(node, "action", "what the event is: `action: checkout`", compiler);
	if (entry === undefined) return undefined;
	const action = literalOf(entry.value);
	if (typeof action === "string" && context.action(action) !== undefined) return action;
	const name = writtenOf(entry.value);
	const help = isPath(name)
		? "the action is written out; use `events` with a `when` each"
		: suggest(name, context.actionNames);
	refuse(compiler, entry.value.at, "unknown-action", `no action is called \`${name}\``, help);
	return undefined;
}

function readCustomer(node: ObjectNode, context: CheckContext, compiler: Compiler): EventPlan["customer"] {
	const entry = required(node, "customer", "whose event it is: [ { id: $.userId } ]", compiler);
	if (entry === undefined) return [];
	const { value } = entry;
	const isExpression = value.kind === "object" && value.entries.some(({ key }) => key.startsWith("$"));
	if (value.kind === "scalar" || isExpression) {
		return [{ kind: "id", part: part("customer", value, compiler) }];
	}
	const items = value.kind === "list" ? value.items : [value];
	return items.flatMap((item) => {
		const [identity, second] = item.kind === "object" ? item.entries : [];
		if (identity === undefined || second !== undefined) {
			refuse(
				compiler,
				item.at,
				"wrong-customer",
				"here stands one identity, its kind and its value",
				"write - email: $.email",
			);
			return [];
		}
		const { key: kind } = identity;
		if (!context.identityKinds.has(kind)) {
			const message = `no kind of identity is called \`${kind}\``;
			refuse(compiler, identity.at, "unknown-identity", message, suggest(kind, context.identityKinds));
		}
		return [{ kind, part: part(`customer.${kind}`, identity.value, compiler) }];
	});
}

function readSlot(node: ObjectNode, compiler: Compiler): string {
	const entry = entryOf(node, "slot");
	if (entry === undefined) return "";
	const slot = literalOf(entry.value);
	if (typeof slot === "string" && slot !== "" && !isPath(slot)) return slot;
	const help = "what comes from the message is `key:`, under `each:`";
	refuse(compiler, entry.value.at, "wrong-type", "`slot` is a text that is written out", help);
	return "";
}

function readEach(node: ObjectNode, compiler: Compiler): EventPlan["each"] {
	const each = entryOf(node, "each");
	const key = entryOf(node, "key");
	if (each === undefined) {
		if (key !== undefined)
			refuse(compiler, key.at, "missing-key", "`key` stands beside `each`", "write each: $.products");
		return undefined;
	}
	if (key === undefined) {
		const help = "write key: $.line_id, the path that tells the elements apart";
		refuse(compiler, each.at, "missing-key", "`each` needs `key`", help);
		return undefined;
	}
	const source = literalOf(each.value);
	const path = typeof source === "string" && isPath(source) ? parsePath(source, compiler.names) : undefined;
	if (path === undefined)
		refuse(compiler, each.value.at, "wrong-type", "`each` is the path of a list", "write each: $.products");
	else if (!path.ok) refuse(compiler, each.value.at, "bad-path", path.failure.message, path.failure.help);
	else {
		const place = { ...placeOf(each.value.at, compiler), path: path.value.source };
		return {
			path: path.value.source,
			read: readerOf(path.value),
			key: part("key", key.value, compiler),
			place,
		};
	}
	return undefined;
}

function readTests(node: ObjectNode, compiler: Compiler): readonly MappingTest[] {
	const entry = entryOf(node, "tests");
	if (entry === undefined) return [];
	if (entry.value.kind === "list") return entry.value.items.flatMap((item) => readTest(item, compiler) ?? []);
	refuse(compiler, entry.value.at, "wrong-type", "`tests` is a list", "write - it: maps a paid order");
	return [];
}

function readTest(node: Node, compiler: Compiler): MappingTest | undefined {
	if (node.kind !== "object") {
		refuse(compiler, node.at, "wrong-type", "a test is written as keys", "write it, message and gives");
		return undefined;
	}
	checkKeys(node, testKeys, "a test", compiler);
	const it = required(node, "it", "what it shows: `it: maps a paid order`", compiler);
	const message = required(node, "message", "what the sender sends", compiler);
	const gives = entryOf(node, "gives");
	const fails = entryOf(node, "fails");
	if ((gives === undefined) === (fails === undefined)) {
		const text = "a test has either `gives` or `fails`";
		refuse(compiler, node.at, "missing-key", text, "write gives: [] where no event comes of it");
		return undefined;
	}
	if (it === undefined || message === undefined) return undefined;
	if (message.value.kind !== "object") {
		refuse(compiler, message.value.at, "wrong-type", "a message is an object", "write { type: track }");
		return undefined;
	}
	if (gives !== undefined && gives.value.kind !== "list") {
		refuse(
			compiler,
			gives.value.at,
			"wrong-type",
			"`gives` is a list of events",
			"write [] where there is none",
		);
		return undefined;
	}
	const delivery = readDelivery(node, compiler);
	return {
		it: writtenOf(it.value),
		at: node.at,
		message: literalOf(message.value),
		expected:
			gives !== undefined
				? { kind: "gives", node: gives.value }
				: { kind: "fails", reason: fails === undefined ? "" : writtenOf(fails.value) },
		settings: objectAt(entryOf(node, "settings"), compiler),
		...delivery,
	};
}

function readDelivery(node: ObjectNode, compiler: Compiler): Pick<MappingTest, "headers" | "receivedAt"> {
	const entry = entryOf(node, "delivery");
	if (entry === undefined || entry.value.kind !== "object")
		return { headers: {}, receivedAt: testReceivedAt };
	checkKeys(entry.value, deliveryKeys, "a test's delivery", compiler);
	const headers = entryOf(entry.value, "headers")?.value;
	const received = entryOf(entry.value, "receivedAt");
	const receivedAt = received === undefined ? testReceivedAt : instantOf(writtenOf(received.value));
	if (received !== undefined && receivedAt === undefined) {
		refuse(
			compiler,
			received.value.at,
			"wrong-type",
			"`receivedAt` is an instant",
			'write "2026-11-22T10:00:00Z"',
		);
	}
	return {
		headers: headers?.kind === "object" ? headersOf(headers) : {},
		receivedAt: receivedAt ?? testReceivedAt,
	};
}

const headersOf = ({ entries }: ObjectNode): Readonly<Record<string, string>> =>
	Object.fromEntries(entries.map(({ key, value }) => [key.toLowerCase(), writtenOf(value)]));

function objectAt(entry: Entry | undefined, compiler: Compiler): JsonObject {
	if (entry === undefined) return {};
	const value = literalOf(entry.value);
	if (isObject(value)) return jsonOf(value) as JsonObject;
	refuse(compiler, entry.value.at, "wrong-type", `\`${entry.key}\` is an object`, "write { name: value }");
	return {};
}

function checkKeys(node: ObjectNode, known: Keys, what: string, compiler: Compiler): void {
	for (const { key, at } of node.entries) {
		if (Object.hasOwn(known, key)) continue;
		const help = suggest(key, Object.keys(known));
		refuse(compiler, at, "unknown-key", `${what} has no key called \`${key}\``, help);
	}
}

function required(node: ObjectNode, key: string, help: string, compiler: Compiler): Entry | undefined {
	const entry = entryOf(node, key);
	if (entry === undefined) refuse(compiler, node.at, "missing-key", `\`${key}\` is missing`, help);
	return entry;
}

function optionalText(node: ObjectNode, key: string, compiler: Compiler): string | undefined {
	const entry = entryOf(node, key);
	if (entry === undefined) return undefined;
	const text = literalOf(entry.value);
	if (typeof text === "string") return text;
	refuse(compiler, entry.value.at, "wrong-type", `\`${key}\` is a text`, "quote it");
	return undefined;
}

const partOf = (entry: Entry | undefined, compiler: Compiler): Part | undefined =>
	entry === undefined ? undefined : part(entry.key, entry.value, compiler);

const part = (name: string, node: Node, compiler: Compiler): Part => ({
	name,
	evaluate: compileOutput(node, compiler).evaluate,
	place: placeOf(node.at, compiler),
});

const placeOf = ({ line, column }: At, { file }: Compiler): Place => ({ file, line, column });
