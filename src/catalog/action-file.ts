import type { Problem } from "../model/problem.ts";
import { checkCompatible } from "./compatible.ts";
import {
	type ActionDefinition,
	type Attribute,
	type Attributes,
	attributeTypes,
	type BusinessKey,
	labelOf,
	type UnknownAttributes,
} from "./definition.ts";
import { type Fields, openFields, type ProgramFile } from "./fields.ts";

export interface ActionReading {
	readonly name: string;
	/** Holds where the file does not say whether the action is open. */
	readonly unknown: UnknownAttributes;
	/** Those that there are; undefined where that is not judged. */
	readonly accounts?: ReadonlyMap<string, unknown> | undefined;
	/** What the name was, where it was used before. */
	readonly before?: ActionDefinition | undefined;
}

interface ActionRead {
	readonly definition: ActionDefinition;
	readonly problems: readonly Problem[];
}

/**
 * Reads what a program adds to one of the hub's own actions, `extends: checkout` in the file of that name: attributes, which
 * whoever sends it may leave out.
 */
export function readExtension(
	file: ProgramFile,
	base: ActionDefinition,
	{ unknown, before }: Pick<ActionReading, "unknown" | "before">,
): ActionRead {
	const { fields, problems } = openFields(file);
	if (fields.text("extends", "") !== base.name) {
		const message = `there is an action \`${base.name}\` already`;
		const help = `write \`extends: ${base.name}\` to give it more attributes, or give the file another name`;
		fields.wrong("extends", "taken-name", message, help);
		return { definition: base, problems };
	}
	const own = fields.object("attributes");
	const attributes = readAttributes(own, "data");
	for (const name of attributes.keys()) {
		if (!base.attributes.has(name)) continue;
		const message = `\`${base.name}\` has an attribute \`${name}\` of its own`;
		own.wrong(name, "taken-name", message, "leave it out, or give yours another name");
	}
	fields.finish();
	const definition = { ...base, unknown, attributes: new Map([...base.attributes, ...attributes]) };
	if (problems.length === 0) checkCompatible(fields, definition, before ?? base);
	return { definition, problems };
}

/** Reads a custom action. */
export function readAction(
	file: ProgramFile,
	{ name, unknown, accounts, before }: ActionReading,
): ActionRead {
	const { fields, problems } = openFields(file);
	if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) {
		fields.wrong("", "wrong-name", `\`${name}\` can not be an action`, "name the file in a-z, 0-9 and _");
	}
	const attributes = readAttributes(fields.object("attributes"), "data");
	const account = readAccount(fields, accounts);
	const open = fields.boolean("open", true);
	const definition: ActionDefinition = {
		name,
		label: fields.text("label", name),
		origin: "custom",
		sender: "anyone",
		attributes,
		unknown: fields.has("open") ? (open ? "keep" : "refuse") : unknown,
		once: readOnce(fields, attributes),
		clientSide: fields.boolean("client_side", false),
		points: fields.number("points", 0),
		...(account === "" ? {} : { account }),
	};
	fields.finish();
	if (before !== undefined && problems.length === 0) checkCompatible(fields, definition, before);
	return { definition, problems };
}

/** Empty where none is named. */
function readAccount(fields: Fields, accounts: ActionReading["accounts"]): string {
	const account = fields.text("account", "");
	if (account === "" || accounts === undefined || accounts.has(account)) return account;
	const help = `\`program/points.yaml\` has ${[...accounts.keys()].join(", ")}`;
	fields.wrong("account", "unknown-account", `no account is called \`${account}\``, help);
	return account;
}

/** `price: number`, or `price: { type: number, required: true }`. Only an attribute of `data` itself can name a customer. */
function readAttributes(fields: Fields, within: "data" | "list"): Attributes {
	const attributes = new Map<string, Attribute>();
	for (const key of fields.keys()) attributes.set(key, readAttribute(fields, key, within));
	return attributes;
}

function readAttribute(fields: Fields, key: string, within: "data" | "list"): Attribute {
	if (!fields.isObject(key)) {
		const type = fields.choice(key, attributeTypes, "text");
		return { type, required: false, label: labelOf(key) };
	}
	const own = fields.object(key);
	const type = own.choice("type", attributeTypes, "text");
	const required = own.boolean("required", false);
	const label = own.text("label", labelOf(key));
	const elements = own.has("elements") ? readAttributes(own.object("elements"), "list") : undefined;
	const isName = within === "data" && own.has("names");
	if (isName) own.choice("names", ["customer"], "customer");
	if (isName && type !== "text") {
		own.wrong("names", "wrong-type", `only a text names a customer; \`${key}\` is of type ${type}`);
	}
	if (elements !== undefined && type !== "list") {
		own.wrong("elements", "wrong-type", `only a list has elements; \`${key}\` is of type ${type}`);
	}
	own.finish();
	return {
		type,
		required,
		label,
		...(isName ? { names: "customer" } : {}),
		...(elements === undefined ? {} : { elements }),
	};
}

function readOnce(fields: Fields, attributes: Attributes): BusinessKey {
	const names = fields.list("once");
	if (names === undefined) {
		if (!fields.has("once")) return [];
		return fields.choice("once", ["customer", "customer_per_day"] as const, "customer");
	}
	for (const name of names) {
		if (attributes.has(name)) continue;
		fields.wrong("once", "unknown-attribute", `\`${name}\` is not among the attributes`, "declare it there");
	}
	return names;
}
