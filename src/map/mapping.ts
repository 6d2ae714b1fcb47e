import { isObject, type JsonObject } from "../model/json.ts";
import type { MappingFile } from "../model/mapping-file.ts";
import type { Place } from "../model/outcome.ts";
import type { Problem } from "../model/problem.ts";
import { checkData } from "./check/attributes.ts";
import { elementsOf, type FieldRead, reading, readingFrom, readingTo, tellRead } from "./check/reads.ts";
import { nearestName, suggest } from "./check/suggest.ts";
import { type Compiler, refuse, warn } from "./compiler.ts";
import { type Clause, compileCondition } from "./condition.ts";
import type { CheckContext } from "./context.ts";
import type { EventPlan, Part } from "./event-plan.ts";
import { compileOutput, namesOf, pathsIn, placeOf, sourcesOf } from "./expression.ts";
import { operatorOf } from "./operators/operators.ts";
import { isPath, parsePath, pathMeant, readerOf } from "./path.ts";
import { deliveryKeys, eventKeys, type Keys, mappingKeys, testKeys } from "./reference/form.ts";
import { instantOf } from "./values/instant.ts";
import { jsonOf } from "./values/written.ts";
import {
	type At,
	type Entry,
	entryOf,
	literalOf,
	type Node,
	type ObjectNode,
	readYaml,
	type ScalarNode,
	writtenOf,
} from "./yaml.ts";

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
	/** Mappings that are meant to match the same messages. */
	readonly beside: readonly { readonly name: string; readonly at: At }[];
	/** All must hold; none at all holds for every message. */
	readonly when: readonly Clause[];
	readonly events: readonly EventPlan[];
	readonly tests: readonly MappingTest[];
	/** Every place where it reads the content of a message, as far as that can be known. */
	readonly reads: readonly FieldRead[];
	/** The texts in its events that are no paths. */
	readonly texts: readonly WrittenText[];
	readonly place: Place;
	/** Of what says which messages it reads. */
	readonly whenPlace: Place;
}

/** A text that is the same for every message. */
export interface WrittenText {
	readonly text: string;
	readonly at: At;
}

/** One entry of `tests`. */
export interface MappingTest {
	readonly it: string;
	readonly at: At;
	/** The raw content of a message, as it is written. */
	readonly message: ObjectNode;
	readonly expected:
		| { readonly kind: "gives"; readonly node: Node }
		/** A part of the reason why an event fails. */
		| { readonly kind: "fails"; readonly reason: string; readonly at: At };
	readonly settings: JsonObject;
	readonly headers: Readonly<Record<string, string>>;
	/** Unix milliseconds. */
	readonly receivedAt: number;
}

/** When the deliveries of tests arrive that do not say when. */
export const testReceivedAt = Date.UTC(2026, 0, 1);

/** Compiles one file, reporting all that is wrong with it; undefined where it is no mapping at all. */
export function compileMapping(
	file: MappingFile,
	context: CheckContext,
	{ plans, report }: { plans: Map<string, SharedPlan>; report: (problem: Problem) => void },
): Mapping | undefined {
	const reads: FieldRead[] = [];
	const compiler: Compiler = {
		file: file.path,
		operators: operatorOf,
		names: [],
		written: false,
		sha256Hex: context.sha256Hex,
		report,
		reading: readingTo((read) => reads.push(read)),
	};
	const { node, problems } = readYaml(file.text);
	for (const { at, code, message, help } of problems) refuse(compiler, at, code, message, help);
	if (node === undefined) return undefined;
	if (node.kind !== "object") {
		refuse(compiler, node.at, "no-mapping", ...whyNoMapping(node));
		return undefined;
	}
	checkKeys(node, mappingKeys, "a mapping", compiler);
	const from = readFrom(node, context, compiler);
	const when = required(node, "when", "write when: { type: track }, which messages it reads", compiler);
	return {
		name: file.name,
		version: file.version,
		title: optionalText(node, "title", compiler) ?? file.name,
		from,
		active: readActive(node, compiler),
		beside: readBeside(node, compiler),
		when: when === undefined ? [] : compileCondition(when.value, compiler).clauses,
		events: readEvents(node, context, compiler, plans),
		tests: readTests(node, compiler),
		reads,
		texts: ["event", "events"].flatMap((key) => textsIn(entryOf(node, key)?.value)),
		place: placeOf(node.at, file.path),
		whenPlace: placeOf(when?.at ?? node.at, file.path),
	};
}

/** Where a text is meant, or where an identity that is none has a warning of its own. */
const notPaths = new Set(["$literal", "customer"]);

function textsIn(node: Node | undefined): readonly WrittenText[] {
	switch (node?.kind) {
		case "scalar":
			return typeof node.value === "string" && !isPath(node.value) ? [{ text: node.value, at: node.at }] : [];
		case "list":
			return node.items.flatMap(textsIn);
		case "object":
			return node.entries.flatMap(({ key, value }) => (notPaths.has(key) ? [] : textsIn(value)));
		case undefined:
			return [];
	}
}

function whyNoMapping(node: Node): readonly [message: string, help: string] {
	if (node.kind === "list") return ["this is a list", "one file is one mapping: make each a file of its own"];
	const what = node.kind === "scalar" && node.value === null ? "the file is empty" : "the file is no mapping";
	return [what, "write `from:`, `when:` and `event:`"];
}

function readFrom(node: ObjectNode, context: CheckContext, compiler: Compiler): readonly From[] {
	const entry = required(
		node,
		"from",
		"write from: segment, a connector, or segment/shop, one of its endpoints",
		compiler,
	);
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
	const help = "yes and no are texts to YAML 1.2: write true or false";
	refuse(compiler, entry.value.at, "wrong-type", "`active` is true or false", help);
	return true;
}

function readBeside(node: ObjectNode, compiler: Compiler): Mapping["beside"] {
	const entry = entryOf(node, "beside");
	if (entry === undefined) return [];
	const nodes = entry.value.kind === "list" ? entry.value.items : [entry.value];
	return nodes.flatMap((one) => {
		const name = literalOf(one);
		if (typeof name === "string") return [{ name, at: one.at }];
		const message = "`beside` is the name of a mapping, or a list of names";
		refuse(compiler, one.at, "wrong-type", message, "write beside: segment/identify");
		return [];
	});
}

function readEvents(
	node: ObjectNode,
	context: CheckContext,
	compiler: Compiler,
	plans: Map<string, SharedPlan>,
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
	if (single === undefined && several === undefined && !isMisspelt(node, "event")) {
		refuse(
			compiler,
			node.at,
			"missing-key",
			"a mapping needs `event` or `events`",
			"write event: { action: …, customer: … }, what comes of a message",
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
	const nodes = [
		...(single === undefined ? [] : [single.value]),
		...(several?.value.kind === "list" ? several.value.items : []),
	];
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

/** The plan of an event with what it reads. */
export interface SharedPlan {
	readonly plan: EventPlan;
	readonly reads: readonly FieldRead[];
}

/**
 * The plan of an event, compiled once for all mappings that write the same at the same place, as hundreds made from
 * one template do: what is shared stays in the processor's cache.
 */
function readEvent(
	node: Node,
	context: CheckContext,
	compiler: Compiler,
	plans: Map<string, SharedPlan>,
): EventPlan | undefined {
	const key = JSON.stringify(node);
	const known = plans.get(key);
	if (known !== undefined) {
		known.reads.forEach(compiler.reading.tell);
		return known.plan;
	}
	const reads: FieldRead[] = [];
	let isSound = true;
	const report = (problem: Problem): void => {
		isSound = false;
		compiler.report(problem);
	};
	const plan = compileEvent(node, context, {
		...compiler,
		report,
		reading: readingTo((read) => reads.push(read)),
	});
	reads.forEach(compiler.reading.tell);
	if (plan !== undefined && isSound) plans.set(key, { plan, reads });
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
	const each = entryOf(node, "each");
	const inside =
		each === undefined ? compiler : readingFrom(compiler, elementsOf(sourcesOf(each.value, compiler)));
	const plan: EventPlan = {
		action: action ?? "",
		customer: readCustomer(node, context, inside),
		timestamp: readTimestamp(node, inside),
		account: partOf(entryOf(node, "account"), inside),
		slot: readSlot(node, compiler),
		each: readEach(node, compiler, inside),
		when: when === undefined ? [] : compileCondition(when.value, inside).clauses,
		data: partOf(data, { ...inside, written: true }),
	};
	const shape = action === undefined ? undefined : context.action(action);
	if (action !== undefined && shape !== undefined)
		checkData(data, node.at, { name: action, ...shape }, compiler);
	return plan;
}

function readAction(node: ObjectNode, context: CheckContext, compiler: Compiler): string | undefined {
	const entry = required(node, "action", "write action: checkout, what the event is", compiler);
	if (entry === undefined) return undefined;
	const action = literalOf(entry.value);
	const shape = typeof action === "string" ? context.action(action) : undefined;
	if (shape?.sender === "hub") {
		refuse(
			compiler,
			entry.value.at,
			"reserved-action",
			`\`${action}\` is written by the hub itself, and by nobody else`,
			"a custom action of another name can say what another system saw",
		);
		return undefined;
	}
	if (typeof action === "string" && shape !== undefined) return action;
	const name = writtenOf(entry.value);
	const help = isPath(name)
		? "the action is written out; use `events` with a `when` each"
		: suggest(name, context.actionNames);
	refuse(compiler, entry.value.at, "unknown-action", `no action is called \`${name}\``, help);
	return undefined;
}

function readCustomer(node: ObjectNode, context: CheckContext, compiler: Compiler): EventPlan["customer"] {
	const entry = required(
		node,
		"customer",
		"write customer: [ { id: $.userId } ], whose event it is",
		compiler,
	);
	if (entry === undefined) return [];
	const { value } = entry;
	const isExpression = value.kind === "object" && value.entries.some(({ key }) => key.startsWith("$"));
	if (value.kind === "scalar" || isExpression) {
		checkPerson(value, compiler);
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
		if (!context.identityKinds.has(kind) && !isConnectorsOwn(kind, context)) {
			const message = `no kind of identity is called \`${kind}\``;
			refuse(compiler, identity.at, "unknown-identity", message, suggest(kind, context.identityKinds));
		}
		checkPerson(identity.value, compiler);
		return [{ kind, part: part(`customer.${kind}`, identity.value, compiler) }];
	});
}

/** What a connector's system calls somebody is declared nowhere: `shopify.customer`. */
const isConnectorsOwn = (kind: string, { connectors }: CheckContext): boolean => {
	const [, connector = ""] = /^([a-z][a-z0-9-]*)\.[a-z][a-z0-9_.-]*$/.exec(kind) ?? [];
	return connectors.has(connector);
};

/** An identity that is written out gives the events of everybody to one customer. */
function checkPerson(node: Node, compiler: Compiler): void {
	if (node.kind !== "scalar" || node.value === null) return;
	if (typeof node.value === "string" && isPath(node.value)) return;
	const message = "this is written out, so that all events would be one customer's";
	warn(compiler, node.at, "same-customer", message, pathMeant(node.value));
}

function readTimestamp(node: ObjectNode, compiler: Compiler): Part | undefined {
	const entry = entryOf(node, "timestamp");
	if (entry?.value.kind === "scalar" && !isInstantOrPath(entry.value.value)) {
		const help = "write timestamp: $.timestamp, or leave it out: it is the message's own time then";
		refuse(compiler, entry.value.at, "wrong-type", "`timestamp` is an instant", help);
	}
	return partOf(entry, compiler);
}

const isInstantOrPath = (value: ScalarNode["value"]): boolean =>
	typeof value === "string" && (isPath(value) || instantOf(value) !== undefined);

function readSlot(node: ObjectNode, compiler: Compiler): string {
	const entry = entryOf(node, "slot");
	if (entry === undefined) return "";
	const slot = literalOf(entry.value);
	if (typeof slot === "string" && slot !== "" && !isPath(slot)) return slot;
	const help = "what comes from the message is `key:`, under `each:`";
	refuse(compiler, entry.value.at, "wrong-type", "`slot` is a text that is written out", help);
	return "";
}

function readEach(node: ObjectNode, compiler: Compiler, inside: Compiler): EventPlan["each"] {
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
		tellRead(path.value, each.value.at, reading(compiler, false));
		const place = placeOf(each.value.at, compiler.file, [path.value.source]);
		return {
			path: path.value.source,
			read: readerOf(path.value),
			key: part("key", key.value, inside),
			place,
		};
	}
	return undefined;
}

function readTests(node: ObjectNode, compiler: Compiler): readonly MappingTest[] {
	const entry = entryOf(node, "tests");
	if (entry === undefined) return [];
	if (entry.value.kind === "list") return entry.value.items.flatMap((item) => readTest(item, compiler) ?? []);
	refuse(
		compiler,
		entry.value.at,
		"wrong-type",
		"`tests` is a list",
		"write - { it: …, message: …, gives: … }",
	);
	return [];
}

function readTest(node: Node, compiler: Compiler): MappingTest | undefined {
	if (node.kind !== "object") {
		refuse(compiler, node.at, "wrong-type", "a test is written as keys", "write it, message and gives");
		return undefined;
	}
	checkKeys(node, testKeys, "a test", compiler);
	const it = required(node, "it", "write it: maps a paid order, what the test shows", compiler);
	const message = required(
		node,
		"message",
		"write message: { type: track }, what the sender sends",
		compiler,
	);
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
			"write [{ action: … }], or [] where no event comes of it",
		);
		return undefined;
	}
	const delivery = readDelivery(node, compiler);
	return {
		it: writtenOf(it.value),
		at: node.at,
		message: message.value,
		expected:
			gives !== undefined
				? { kind: "gives", node: gives.value }
				: {
						kind: "fails",
						reason: fails === undefined ? "" : writtenOf(fails.value),
						at: fails?.value.at ?? node.at,
					},
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
	if (entry === undefined && !isMisspelt(node, key))
		refuse(compiler, node.at, "missing-key", `\`${key}\` is missing`, help);
	return entry;
}

/** Whether a key is there under a name that is nearly its own, which is told already. */
const isMisspelt = (node: ObjectNode, key: string): boolean =>
	node.entries.some((entry) => nearestName(entry.key, [key]) === key);

function optionalText(node: ObjectNode, key: string, compiler: Compiler): string | undefined {
	const entry = entryOf(node, key);
	if (entry === undefined) return undefined;
	const text = literalOf(entry.value);
	if (typeof text === "string") return text;
	refuse(
		compiler,
		entry.value.at,
		"wrong-type",
		`\`${key}\` is a text`,
		`quote it: "${writtenOf(entry.value)}"`,
	);
	return undefined;
}

const partOf = (entry: Entry | undefined, compiler: Compiler): Part | undefined =>
	entry === undefined ? undefined : part(entry.key, entry.value, compiler);

function part(name: string, node: Node, compiler: Compiler): Part {
	const paths = pathsIn(node);
	return {
		name,
		reads: namesOf(paths),
		evaluate: compileOutput(node, compiler).evaluate,
		place: placeOf(node.at, compiler.file, paths),
	};
}
