import type { Value, ValueObject } from "./json.ts";
import { limits } from "./limits.ts";
import { bad, good, type Result } from "./result.ts";

/** More fields than any form of ours has: a form of ten megabytes could hold millions. */
const fieldsMax = 10_000;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** Names and values of a query or a form in their order, decoded; what is no escape stays as it is written. */
export const pairsOf = (text: string): readonly (readonly [name: string, value: string])[] =>
	text === ""
		? []
		: text.split("&").map((pair) => {
				const mark = pair.indexOf("=");
				return mark === -1
					? [decoded(pair), ""]
					: [decoded(pair.slice(0, mark)), decoded(pair.slice(mark + 1))];
			});

/** As the WHATWG URL standard decodes a form: `+` is a blank, and a percent sign without two digits is itself. */
function decoded(text: string): string {
	const spaced = text.replaceAll("+", " ");
	if (!spaced.includes("%")) return spaced;
	try {
		return decodeURIComponent(spaced);
	} catch {
		return spaced.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) => {
			try {
				return decodeURIComponent(escapes);
			} catch {
				return escapes;
			}
		});
	}
}

/**
 * A form as an object of texts. Names nest in brackets as PHP writes them: `data[merges][FNAME]=Ada`, `tags[]=a`. Keys
 * that count from 0 without a gap are a list, others an object: `fields[7]=x` keeps its 7. Of two equal names the last
 * counts.
 */
export function readForm(bytes: Uint8Array): Result<ValueObject, string> {
	let text: string;
	try {
		text = utf8.decode(bytes);
	} catch {
		return bad("the bytes are not UTF-8");
	}
	// No more are cut out than are needed to know: ten megabytes of `&` are as many fields.
	if (text.split("&", fieldsMax + 1).length > fieldsMax)
		return bad(`the form has more than ${fieldsMax} fields`);
	const root: Branch = new Map();
	for (const [name, value] of pairsOf(text)) {
		const keys = keysOf(name);
		if (keys.length > limits.depthMax)
			return bad(`a name of the form nests deeper than ${limits.depthMax} levels`);
		put(root, keys, value);
	}
	return good(Object.fromEntries([...root].map(([key, value]) => [key, valueAt(value)])));
}

/** A map, because its keys keep their order also where they look like numbers, and have no prototype. */
type Branch = Map<string, string | Branch>;

/** `a[b][]` is a, b and an empty key. Brackets that do not close are part of the name. */
function keysOf(name: string): readonly string[] {
	const open = name.indexOf("[");
	const inner = open > 0 ? name.slice(open) : "";
	if (!/^(?:\[[^[\]]*\])+$/.test(inner)) return [name];
	return [name.slice(0, open), ...inner.slice(1, -1).split("][")];
}

function put(root: Branch, keys: readonly string[], value: string): void {
	let branch = root;
	for (const [level, key] of keys.entries()) {
		const named = key === "" && level > 0 ? String(branch.size) : key;
		if (level === keys.length - 1) {
			branch.set(named, value);
			return;
		}
		const known = branch.get(named);
		const next: Branch = known instanceof Map ? known : new Map();
		branch.set(named, next);
		branch = next;
	}
}

function valueAt(value: string | Branch): Value {
	if (typeof value === "string") return value;
	const entries = [...value].map(([key, each]) => [key, valueAt(each)] as const);
	return entries.every(([key], index) => key === String(index))
		? entries.map(([, each]) => each)
		: Object.fromEntries(entries);
}
