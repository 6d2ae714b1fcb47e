import type { ActionDefinition, Attribute, Attributes } from "../catalog/definition.ts";
import { isObject, type Json, type JsonObject } from "../model/json.ts";
import { bad, good, type Result } from "../model/result.ts";
import { isMarked } from "../model/sensitive/sensitive.ts";

/** An attribute that can not be what its definition says, in words for people; the value itself is not in them. */
export type NotCast = string;

export interface Cast {
	readonly data: JsonObject;
	/** Whether the sender gave attributes that the action does not declare. */
	readonly unknown: boolean;
}

/**
 * The data with each declared attribute as its definition says: numeric text becomes a number where a double holds
 * it, a number becomes a text. What is not declared is kept as it is, dropped or refused; null stays null.
 */
export function castData(definition: ActionDefinition, data: JsonObject): Result<Cast, NotCast> {
	for (const name of requiredIn(definition)) {
		const value = Object.hasOwn(data, name) ? data[name] : undefined;
		// What was removed from it can not be told from what was removed from another.
		const isEmpty = typeof value === "string" ? value.trim() === "" || isMarked(value) : value == null;
		if (isEmpty) return bad(`Property "${name}" cannot be empty`);
	}
	const unknown = unknownIn(definition, data);
	if (unknown.length > 0 && definition.unknown === "refuse") {
		return bad(`Property "${unknown[0]}" is not an attribute of ${definition.name}`);
	}
	const kept = unknown.length > 0 && definition.unknown === "drop" ? without(unknown, data) : data;
	const cast = castObject(definition.attributes, withOrder(definition.attributes, kept), "");
	return cast.ok ? good({ data: cast.value, unknown: unknown.length > 0 }) : cast;
}

/** Found once for each definition: an event of twenty optional attributes need not look at all of them. */
const required = new WeakMap<ActionDefinition, readonly string[]>();

function requiredIn(definition: ActionDefinition): readonly string[] {
	const known = required.get(definition);
	if (known !== undefined) return known;
	const names = [...definition.attributes].flatMap(([name, one]) => (one.required ? [name] : []));
	required.set(definition, names);
	return names;
}

const none: readonly string[] = [];

/** An action that declares nothing, and is open, has not said what it holds. */
function unknownIn({ attributes, unknown }: ActionDefinition, data: JsonObject): readonly string[] {
	if (attributes.size === 0 && unknown === "keep") return none;
	return Object.keys(data).filter((name) => !attributes.has(name));
}

const without = (names: readonly string[], data: JsonObject): JsonObject =>
	Object.fromEntries(Object.entries(data).filter(([name]) => !names.includes(name)));

/** With the order's id as it is claimed, without blanks around it: what comes later finds the order by what is stored. */
function withOrder(attributes: Attributes, data: JsonObject): JsonObject {
	const id = attributes.has("transaction_id") ? data["transaction_id"] : undefined;
	return typeof id === "string" && id !== id.trim() ? { ...data, transaction_id: id.trim() } : data;
}

/** A text attribute of cast data; empty where it is absent. */
export function textIn(data: JsonObject, name: string): string {
	const value = Object.hasOwn(data, name) ? data[name] : undefined;
	return typeof value === "string" ? value : "";
}

function castObject(attributes: Attributes, data: JsonObject, path: string): Result<JsonObject, NotCast> {
	let changed: Map<string, Json> | undefined;
	for (const name of Object.keys(data)) {
		const attribute = attributes.get(name);
		const value = data[name];
		if (attribute === undefined || value === undefined || value === null) continue;
		const cast = castValue(attribute, value, path + name);
		if (!cast.ok) return cast;
		if (cast.value === value) continue;
		changed ??= new Map(Object.entries(data));
		changed.set(name, cast.value);
	}
	return good(changed === undefined ? data : Object.fromEntries(changed));
}

function castValue(attribute: Attribute, value: Json, path: string): Result<Json, NotCast> {
	if (attribute.type === "list") return castList(attribute.elements, value, path);
	const cast = casts[attribute.type](value);
	return cast === undefined ? bad(`Property "${path}" must be ${expected[attribute.type]}`) : good(cast);
}

function castList(elements: Attributes | undefined, value: Json, path: string): Result<Json, NotCast> {
	const list = listOf(value);
	if (list === undefined) return bad(`Property "${path}" must be a list`);
	if (elements === undefined) return good(list);
	const cast: Json[] = [];
	let same = true;
	for (const [index, element] of list.entries()) {
		if (!isJsonObject(element)) return bad(`Property "${path}.${index}" must be an object`);
		const result = castObject(elements, element, `${path}.${index}.`);
		if (!result.ok) return result;
		same &&= result.value === element;
		cast.push(result.value);
	}
	return good(same ? list : cast);
}

/** A list, or one that lost some of its elements, which PHP writes as an object by the numbers that are left. */
function listOf(value: Json): readonly Json[] | undefined {
	if (isList(value)) return value;
	if (!isJsonObject(value)) return undefined;
	const keys = Object.keys(value);
	return keys.length > 0 && keys.every((key) => /^[0-9]+$/.test(key)) ? Object.values(value) : undefined;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const isJsonObject = (value: Json): value is JsonObject => isObject(value);

const jsonNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?$/;
const wholeNumber = /^-?(?:0|[1-9][0-9]*)(?:\.0+)?$/;
/** A date, or a date and a time; the offset may be absent. */
const isoDate =
	/^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$/;
/** Decimal texts of so many significant digits survive a double. */
const safeDigitsMax = 15;

const casts = {
	// Half a letter (a lone surrogate) is stored as the replacement character: two texts would become one.
	text: (value) => {
		if (typeof value === "string") return value.isWellFormed() ? value : undefined;
		return isPlain(value) ? String(value) : undefined;
	},
	number: (value) => {
		if (typeof value === "number") return value;
		return typeof value === "string" && jsonNumber.test(value) ? numberOrDigits(value) : undefined;
	},
	integer: (value) => {
		if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
		if (typeof value !== "string" || !wholeNumber.test(value)) return undefined;
		return numberOrDigits(value.replace(/\..*$/, ""));
	},
	boolean: (value) => {
		if (value === true || value === "true" || value === 1 || value === "1") return true;
		if (value === false || value === "false" || value === 0 || value === "0") return false;
		return undefined;
	},
	date: (value) =>
		typeof value === "string" && isoDate.test(value) && isOnCalendar(value) ? value : undefined,
	object: (value) => (isJsonObject(value) ? value : undefined),
} as const satisfies Record<Exclude<Attribute["type"], "list">, (value: Json) => Json | undefined>;

const expected = {
	text: "a text",
	number: "a number",
	integer: "a whole number",
	boolean: "true or false",
	date: "a date such as 2026-11-22",
	object: "an object",
} as const satisfies Record<Exclude<Attribute["type"], "list">, string>;

const isPlain = (value: Json): value is number | boolean =>
	typeof value === "number" || typeof value === "boolean";

/** More digits than a double holds stay text, so that none is lost. */
function numberOrDigits(text: string): number | string {
	const number = Number(text);
	const digits = text
		.replace(/[eE].*$/, "")
		.replace(/[-.]/g, "")
		.replace(/^0+/, "").length;
	if (!Number.isFinite(number)) return text;
	return digits <= safeDigitsMax || (Number.isSafeInteger(number) && String(number) === text) ? number : text;
}

/** `Date.parse` takes 30 February for 2 March; a date that is on the calendar comes back as it went in. */
function isOnCalendar(text: string): boolean {
	const day = text.slice(0, 10);
	const time = Date.parse(`${day}T00:00:00Z`);
	return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
