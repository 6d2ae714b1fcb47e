import {
	type ExactNumber,
	isList,
	isObject,
	jsonText,
	parseJson,
	type Value,
	type ValueObject,
} from "../json.ts";
import { isArticleNumber, isCardNumber } from "./cards.ts";
import { type Look, lookAt, type Sensitive } from "./names.ts";
import { findsIn } from "./texts.ts";

/** Something that was found and is not to be kept. */
export interface Removal {
	/** Names and places from the outside in, with dots: `items.0.note`. Empty for the whole. */
	readonly path: string;
	readonly what: Sensitive;
}

export interface Cleaned<Tree> {
	/** The very same where nothing was found. */
	readonly value: Tree;
	readonly removed: readonly Removal[];
}

const markStart = "[removed: ";

/** What stands in the place of something that was removed. */
export const markOf = (what: Sensitive): string => `${markStart}${what}]`;

/** Whether something was removed from this text. */
export const isMarked = (text: string): boolean => text.includes(markStart);

/** Whether something was removed from anything in this value. */
export function holdsMark(value: Value): boolean {
	if (typeof value === "string") return isMarked(value);
	if (isList(value)) return value.some(holdsMark);
	return isObject(value) && Object.entries(value).some(([name, each]) => isMarked(name) || holdsMark(each));
}

/**
 * The value without what must not be kept: card numbers, IBANs, and whatever stands under a name such as `cvv` or
 * `password`. What is honest comes back as it is and costs no copy.
 */
export function withoutSensitive<Tree extends Value>(value: Tree): Cleaned<Tree> {
	const removed: Removal[] = [];
	const cleaned = clean(value, { step: "", name: "", look: plain, above: null, depth: 0 }, removed);
	// The root belongs to no attribute, so that an object stays one, and a list too.
	return { value: cleaned as Tree, removed };
}

/** The text of one attribute, such as a header or a part of a query, without what must not be kept. */
export function withoutSensitiveText(
	text: string,
	{ name, isId = false }: { readonly name: string; readonly isId?: boolean },
): Cleaned<string> {
	const removed: Removal[] = [];
	const look = lookAt(name, "");
	const place = { step: name, name, look: isId && look.kind === "text" ? id : look, above: null, depth: 0 };
	return { value: String(clean(text, place, removed)), removed };
}

/**
 * Why data may not be recorded, for a sender who can mend it: it names the attributes, and never what is in them.
 * Undefined where nothing speaks against it.
 */
export function refusalOf(data: Value): string | undefined {
	const { removed } = withoutSensitive(data);
	if (removed.length === 0) return undefined;
	const named = removed.slice(0, namedMax).map(({ path, what }) => `\`${path}\` (${what})`);
	const more = removed.length > namedMax ? ` and ${removed.length - namedMax} more` : "";
	return `what is never kept is in ${named.join(", ")}${more}; send the event without it`;
}

/** Enough to find the rest by. */
const namedMax = 3;

/** Where the walk is. */
interface Place {
	readonly step: string | number;
	/** Of the attribute; a list's items have the list's. */
	readonly name: string;
	readonly look: Look;
	readonly above: Place | null;
	readonly depth: number;
}

const plain: Look = { kind: "text" };
const id: Look = { kind: "id" };

/** Messages may be nested 64 deep. What could exhaust the stack is in no message that is read, and is cut off. */
const depthMax = 256;

function clean(value: Value, place: Place, removed: Removal[]): Value {
	if (value === null || typeof value === "boolean") return value;
	if (place.look.kind === "always") return isEmpty(value) ? value : remove(place.look.what, place, removed);
	if (typeof value === "string") return cleanText(value, place, removed);
	if (isList(value)) return place.depth === depthMax ? null : cleanList(value, place, removed);
	if (isObject(value)) return place.depth === depthMax ? null : cleanObject(value, place, removed);
	return cleanNumber(value, place, removed);
}

/** Nothing to hide: also where it was removed before. */
function isEmpty(value: Value): boolean {
	if (typeof value === "string") return value.trim() === "" || wholeMark.test(value);
	if (isList(value)) return value.every((each) => each === null || isEmpty(each));
	return isObject(value) && Object.keys(value).length === 0;
}

const wholeMark = /^\[removed: [A-Za-z ]+\]$/;

function remove(what: Sensitive, place: Place, removed: Removal[]): string {
	removed.push({ path: pathOf(place), what });
	return markOf(what);
}

function pathOf({ step, above }: Place): string {
	if (above === null) return String(step);
	const before = pathOf(above);
	return before === "" ? String(step) : `${before}.${step}`;
}

function cleanList(list: readonly Value[], place: Place, removed: Removal[]): Value {
	const { name, look, depth } = place;
	let copy: Value[] | undefined;
	for (const [index, item] of list.entries()) {
		const cleaned = clean(item, { step: index, name, look, above: place, depth: depth + 1 }, removed);
		if (cleaned === item) continue;
		copy ??= [...list];
		copy[index] = cleaned;
	}
	return copy ?? list;
}

function cleanObject(object: ValueObject, place: Place, removed: Removal[]): Value {
	let copy: Map<string, Value> | undefined;
	for (const name in object) {
		const value = object[name];
		if (value === undefined) continue;
		const step = cleanName(name, place, removed);
		const look = lookAt(name, place.name);
		if (step === name && isTooShort(value) && (look.kind === "text" || look.kind === "id")) continue;
		const cleaned = clean(value, { step, name, look, above: place, depth: place.depth + 1 }, removed);
		if (cleaned === value && step === name) continue;
		copy ??= new Map(Object.entries(object));
		if (step !== name) copy.delete(name);
		copy.set(step, cleaned);
	}
	// `fromEntries` defines what it is given: `__proto__` from a message is a name like any other.
	return copy === undefined ? object : Object.fromEntries(copy);
}

/** Where neither a number fits in, nor JSON: most of what there is. */
function isTooShort(value: Value): boolean {
	if (typeof value === "string") return value.length < 9;
	return typeof value === "number" && value < 1e11;
}

/** Names are ids of what they lead to. */
function cleanName(name: string, above: Place, removed: Removal[]): string {
	const cleaned = replaced(name, true);
	if (cleaned.text !== name) {
		for (const what of cleaned.found)
			removed.push({ path: pathOf({ ...above, step: cleaned.text, above }), what });
	}
	return cleaned.text;
}

function cleanText(text: string, place: Place, removed: Removal[]): string {
	if (place.look.kind === "pin") return pinText.test(text) ? remove("PIN", place, removed) : text;
	const inner = jsonStart.test(text) ? parseJson(text) : undefined;
	if (inner?.ok === true) {
		const before = removed.length;
		const cleaned = clean(inner.value, { ...place, look: plain, depth: place.depth + 1 }, removed);
		return removed.length === before ? text : jsonText(cleaned);
	}
	const { text: cleaned, found } = replaced(text, place.look.kind === "id");
	for (const what of found) removed.push({ path: pathOf(place), what });
	return cleaned;
}

const pinText = /^\s*[0-9]{4}\s*$/;

/** A text that is JSON itself, which a mapping may parse. */
const jsonStart = /^\s*[[{]/;

function replaced(
	text: string,
	asId: boolean,
): { readonly text: string; readonly found: readonly Sensitive[] } {
	const finds = findsIn(text, asId);
	if (finds.length === 0) return { text, found: [] };
	let cleaned = "";
	let at = 0;
	for (const { what, start, end } of finds) {
		cleaned += text.slice(at, start) + markOf(what);
		at = end;
	}
	return { text: cleaned + text.slice(at), found: finds.map(({ what }) => what) };
}

const wholeNumber = /^[0-9]+$/;

function cleanNumber(number: number | ExactNumber, place: Place, removed: Removal[]): Value {
	const digits = String(number);
	if (place.look.kind === "pin") return pinText.test(digits) ? remove("PIN", place, removed) : number;
	if (place.look.kind === "id" || !wholeNumber.test(digits) || !isCardNumber(digits)) return number;
	return isArticleNumber(digits) ? number : remove("card number", place, removed);
}
