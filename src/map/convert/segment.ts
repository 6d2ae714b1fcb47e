import type { Json, JsonObject } from "../../model/json.ts";
import { bad, type Result } from "../../model/result.ts";
import { isPath } from "../path.ts";
import {
	convert,
	convertOptional,
	isJsonObject,
	type Left,
	type Part,
	remarkOf,
	rootPart,
} from "./directives.ts";
import { parseFql } from "./fql.ts";
import { conditionOf } from "./trigger.ts";
import { type Remark, remarks, type Written, type WrittenObject, yamlTextOf } from "./yaml-text.ts";

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
	if (!isJsonObject(json) || json["mapping"] === undefined) {
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
	if (!isJsonObject(mapping)) {
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
		[remarks]: when.ok ? [] : [{ ...remarkOf(when.failure), before: "active" }],
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
	const fields = fieldsOf(subscription, { report, left });
	const action = options.action ?? actionOf(fields.action, subscription, { report, left });
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

function fieldsOf({ mapping, mappingAt }: Subscription, sinks: Pick<Part, "report" | "left">): Fields {
	if (!isJsonObject(mapping)) return {};
	const isAntavo = "customer" in mapping && ("action" in mapping || "data" in mapping);
	if (!isAntavo) return { data: rootPart(mappingAsData(mapping), mappingAt, sinks) };
	const names = ["action", "customer", "account", "data"] as const;
	return Object.fromEntries(
		names.flatMap((name) => {
			const json = mapping[name];
			return json === undefined ? [] : [[name, rootPart(json, `${mappingAt}.${name}`, sinks)]];
		}),
	);
}

const rootDirective = "__segment_internal_directive";

/**
 * What Segment keeps beside the fields says how to write to the destination, not what; but a directive among it is
 * applied to them all.
 */
function mappingAsData(mapping: JsonObject): JsonObject {
	const fields = Object.entries(mapping).filter(([name]) => !name.startsWith("__segment_internal_"));
	const directive = mapping[rootDirective];
	const transform = isJsonObject(directive) ? directive["@transform"] : undefined;
	if (!isJsonObject(transform)) return Object.fromEntries(fields);
	return { "@transform": { ...transform, mapping: Object.fromEntries(fields) } };
}

function writtenOf(part: Part | undefined): Written | undefined {
	const converted = part === undefined ? undefined : convertOptional(part);
	return converted?.kind === "said" ? converted.written : undefined;
}

/** An action is written out; Segment's action `profile` of that destination names no other. */
function actionOf(
	field: Part | undefined,
	{ partnerAction, mapping, mappingAt }: Subscription,
	{ report, left }: Pick<Part, "report" | "left">,
): string | undefined {
	const converted = field === undefined ? undefined : convert(field);
	if (converted?.kind === "said" && typeof converted.written === "string" && !isPath(converted.written)) {
		return converted.written;
	}
	const isProfile = partnerAction === "profile" && isJsonObject(mapping) && "customer" in mapping;
	if (field === undefined && isProfile) return "profile";
	if (converted?.kind === "left") return undefined;
	const why =
		field === undefined
			? "nothing says what the events are: say it with `--action`"
			: "an action is written out, and can not come from the message: say it with `--action`";
	const one: Left = { path: field?.at ?? mappingAt, what: "the action", why };
	report(one);
	left.push(one);
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
		remarks: [{ text: "guessed: the mapping names no customer; `--customer` does", before: "customer" }],
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
