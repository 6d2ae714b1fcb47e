import { isObject, type Json, type JsonObject } from "../../model/json.ts";
import { bad, type Result } from "../../model/result.ts";
import { isPath } from "../path.ts";
import { type Remark, remarks, type Written, type WrittenObject, yamlTextOf } from "../yaml-writer.ts";
import {
	convert,
	convertOptional,
	type From,
	type Left,
	leave,
	type Part,
	remarkOf,
	rootPart,
} from "./directives.ts";
import { parseFql } from "./fql.ts";
import { conditionOf } from "./trigger.ts";

export type { Left } from "./directives.ts";

export interface ConvertOptions {
	/** What the events are, where the subscriptions do not say it. */
	readonly action?: string | undefined;
	/** The path of the customer's identity, where the subscriptions do not say it. */
	readonly customer?: string | undefined;
	/** FQL, for a mapping without a subscription around it. */
	readonly trigger?: string | undefined;
}

export interface Conversion {
	/** One mapping file for each subscription. */
	readonly files: readonly ConvertedFile[];
	/** What the files do not say, or not wholly. It stands in their comments too. */
	readonly left: readonly Left[];
}

export interface ConvertedFile {
	/** Without an ending: `order-completed`. */
	readonly name: string;
	readonly text: string;
}

/**
 * Converts subscriptions of a Segment action destination to mappings: one, a list of them, or the mapping of one.
 * Where the trigger can not be said, the mapping is switched off.
 */
export function convertSegment(json: Json, options: ConvertOptions): Conversion {
	const left: Left[] = [];
	const names = new Set<string>();
	const files = subscriptionsIn(json, options).flatMap((one) => {
		const found: Left[] = [];
		const text = textOf(one, options, (item) => found.push(item));
		left.push(...found);
		return text === undefined ? [] : [{ name: nameOf(one, names), text }];
	});
	return { files, left };
}

interface Subscription {
	/** Where it is in the JSON. */
	readonly at: string;
	readonly name: string | undefined;
	readonly isEnabled: boolean;
	/** The slug of the destination's action. */
	readonly partnerAction: string | undefined;
	readonly trigger: { readonly fql: string; readonly at: string } | undefined;
	readonly mapping: Json;
	readonly mappingAt: string;
}

function subscriptionsIn(json: Json, options: ConvertOptions): readonly Subscription[] {
	if (Array.isArray(json)) return json.map((one: Json, index) => subscriptionOf(one, `$[${index}]`, options));
	return [subscriptionOf(json, "$", options)];
}

function subscriptionOf(json: Json, at: string, { trigger }: ConvertOptions): Subscription {
	const given = trigger === undefined ? undefined : { fql: trigger, at: "--trigger" };
	if (!isObject(json) || json["mapping"] === undefined) {
		return {
			at,
			name: undefined,
			isEnabled: true,
			partnerAction: undefined,
			trigger: given,
			mapping: json,
			mappingAt: at,
		};
	}
	const subscribe = textIn(json, "subscribe");
	return {
		at,
		name: textIn(json, "name"),
		isEnabled: json["enabled"] !== false,
		partnerAction: textIn(json, "partnerAction"),
		trigger: subscribe === undefined ? given : { fql: subscribe, at: `${at}.subscribe` },
		mapping: json["mapping"],
		mappingAt: `${at}.mapping`,
	};
}

function textIn(json: JsonObject, key: string): string | undefined {
	const text = json[key];
	return typeof text === "string" && text.trim() !== "" ? text.trim() : undefined;
}

type Report = (left: Left) => void;

/** The file's text; undefined where there is no mapping to convert. */
function textOf(subscription: Subscription, options: ConvertOptions, report: Report): string | undefined {
	const { mapping, mappingAt, name, trigger, isEnabled } = subscription;
	if (!isObject(mapping)) {
		report({ path: mappingAt, what: "the mapping", why: "a mapping is an object" });
		return undefined;
	}
	const when = whenOf(subscription);
	if (!when.ok) report(when.failure);
	const isActive = isEnabled && when.ok;
	return yamlTextOf({
		title: name ?? trigger?.fql ?? "A mapping of Segment",
		from: "segment",
		...(isActive ? {} : { active: false }),
		when: when.ok ? when.value : {},
		event: eventOf(subscription, options, report),
		[remarks]: when.ok ? [] : [{ kind: "before", key: "active", text: remarkOf(when.failure).text }],
	});
}

function whenOf({ trigger, at }: Subscription): Result<WrittenObject, Left> {
	if (trigger === undefined) {
		return bad({ path: at, what: "the trigger", why: "there is none: say it with `--trigger`" });
	}
	const parsed = parseFql(trigger.fql);
	const condition = parsed.ok ? conditionOf(parsed.value) : parsed;
	if (condition.ok) return condition;
	const { column, message } = condition.failure;
	return bad({ path: trigger.at, what: "the trigger", why: `column ${column}: ${message}` });
}

/** The fields of an event; those of the destination "Antavo (Actions)" are the same, of any other all is data. */
interface Fields {
	readonly action?: Part;
	readonly customer?: Part;
	readonly account?: Part;
	readonly data?: Part;
}

function eventOf(subscription: Subscription, options: ConvertOptions, report: Report): WrittenObject {
	const left: Left[] = [];
	const whole = rootPart(subscription.mapping, subscription.mappingAt, { report, left });
	const fields = fieldsOf(whole);
	const action = options.action ?? actionOf(fields.action, whole, subscription.partnerAction);
	const account = writtenOf(fields.account);
	const data = writtenOf(fields.data);
	const customer = customerOf(fields.customer, subscription, options);
	return {
		...(action === undefined ? {} : { action }),
		customer: customer.written,
		// The destination's own default is an empty text.
		...(account === undefined || account === "" ? {} : { account }),
		...(data === undefined ? {} : { data }),
		[remarks]: [...customer.remarks, ...left.map(remarkOf)],
	};
}

const fieldNames = ["action", "customer", "account", "data"] as const;

function fieldsOf(whole: Part): Fields {
	const { at, json } = whole;
	const mapping = isObject(json) ? json : {};
	const from = fromOf(whole, mapping);
	// What Segment keeps beside the fields says how to write to the destination, not what.
	const entries = Object.entries(mapping).filter(([name]) => !name.startsWith("__segment_internal_"));
	if (!isAntavo(mapping)) return { data: { ...whole, from, json: Object.fromEntries(entries) } };
	const parts = entries.map(
		([name, field]) => [name, { ...rootPart(field, `${at}.${name}`, whole), from }] as const,
	);
	for (const [name, part] of parts) {
		const isKnown = fieldNames.some((known) => known === name);
		if (!isKnown) leave(part, "the field", "the destination has action, customer, account and data");
	}
	return Object.fromEntries(parts);
}

const isAntavo = (mapping: JsonObject): boolean =>
	"customer" in mapping && ("action" in mapping || "data" in mapping);

/** Segment may apply a directive before all fields. */
function fromOf({ at, report, left }: Part, mapping: JsonObject): From {
	const key = "__segment_internal_directive";
	const directive = mapping[key];
	const transform = isObject(directive) ? directive["@transform"] : undefined;
	const apply = isObject(transform) ? transform["apply"] : undefined;
	if (!isObject(apply)) return { kind: "message" };
	return { kind: "applied", part: rootPart(apply, `${at}.${key}.@transform.apply`, { report, left }) };
}

function writtenOf(part: Part | undefined): Written | undefined {
	const converted = part === undefined ? undefined : convertOptional(part);
	return converted?.kind === "said" ? converted.written : undefined;
}

/** An action is written out; the destination's own action `profile` has no field for it. */
function actionOf(
	field: Part | undefined,
	whole: Part,
	partnerAction: string | undefined,
): string | undefined {
	if (field === undefined) {
		if (partnerAction === "profile" && isObject(whole.json) && isAntavo(whole.json)) return "profile";
		leave(whole, "the action", "nothing says what the events are: say it with `--action`");
		return undefined;
	}
	const converted = convert(field);
	if (converted.kind === "left") return undefined;
	const written = converted.kind === "said" ? converted.written : undefined;
	if (typeof written === "string" && !isPath(written)) return written;
	leave(
		field,
		"the action",
		"an action is written out, and can not come from the message: say it with `--action`",
	);
	return undefined;
}

function customerOf(
	field: Part | undefined,
	{ trigger }: Subscription,
	{ customer: path }: ConvertOptions,
): { readonly written: Written; readonly remarks: readonly Remark[] } {
	if (path !== undefined) return { written: [{ [identityKindOf(path)]: path }], remarks: [] };
	const written = writtenOf(field);
	if (written !== undefined) return { written: [{ id: written }], remarks: [] };
	const traits = /type\s*=\s*["']identify["']/.test(trigger?.fql ?? "") ? "$.traits" : "$.context.traits";
	return {
		written: [{ id: "$.userId" }, { email: `${traits}.email` }, { anonymous: "$.anonymousId" }],
		remarks: [
			{ kind: "before", key: "customer", text: "guessed: the mapping names no customer; `--customer` does" },
		],
	};
}

const identityKinds = new Map([
	["email", "email"],
	["phone", "phone"],
	["anonymousId", "anonymous"],
]);

/** What a path's last name says of what it reads: an e-mail, or else the loyalty id. */
const identityKindOf = (path: string): string => identityKinds.get(path.split(".").at(-1) ?? "") ?? "id";

/** A name for the file that no other has: the subscription's, or its trigger's first text. */
function nameOf({ name, trigger }: Subscription, taken: Set<string>): string {
	const event = /event\s*=\s*["']([^"']+)["']/.exec(trigger?.fql ?? "")?.[1];
	const slug = (name ?? event ?? "subscription")
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, "-")
		.replace(/^-|-$/g, "");
	const first = slug === "" ? "subscription" : slug;
	let chosen = first;
	for (let count = 2; taken.has(chosen); count += 1) chosen = `${first}-${count}`;
	taken.add(chosen);
	return chosen;
}
