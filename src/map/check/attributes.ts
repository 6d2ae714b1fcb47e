import { type Compiler, type Kind, refuse, warn } from "../compiler.ts";
import type { ActionShape, AttributeShape } from "../context.ts";
import { kindOf } from "../expression.ts";
import { isPath, pathMeant } from "../path.ts";
import { decimalOf, isInteger } from "../values/decimal.ts";
import { instantOf } from "../values/instant.ts";
import { type At, type Entry, type Node, type ScalarNode, writtenOf } from "../yaml.ts";
import { suggest } from "./suggest.ts";

/**
 * Checks the attributes that an event's `data` names against those of its action. Where `data` is an operator,
 * nobody knows them before a message comes. An open action that names none takes any.
 */
export function checkData(
	written: Entry | undefined,
	eventAt: At,
	action: ActionShape & { readonly name: string },
	compiler: Compiler,
): void {
	const data = written?.value;
	if (data !== undefined && (data.kind !== "object" || data.entries.some(({ key }) => key.startsWith("$"))))
		return;
	const entries = data?.kind === "object" ? data.entries : [];
	for (const { key, at, value } of entries) {
		const attribute = action.attributes.get(key);
		if (attribute !== undefined) {
			checkType(key, attribute, value, action.name, compiler);
			continue;
		}
		const message = `\`${action.name}\` has no attribute called \`${key}\``;
		const help = suggest(key, action.attributes.keys());
		if (action.open && action.attributes.size === 0) continue;
		if (action.open) warn(compiler, at, "unknown-attribute", message, help);
		else refuse(compiler, at, "unknown-attribute", message, help);
	}
	for (const [name, { required }] of action.attributes) {
		if (!required || entries.some(({ key }) => key === name)) continue;
		const message = `\`${action.name}\` needs the attribute \`${name}\``;
		refuse(
			compiler,
			written?.at ?? eventAt,
			"missing-attribute",
			message,
			`write \`${name}:\` under \`data:\``,
		);
	}
}

function checkType(
	name: string,
	{ type }: AttributeShape,
	node: Node,
	action: string,
	compiler: Compiler,
): void {
	const kind = kindOfNode(node, compiler);
	if (type === "any" || kind === "any" || fits(kind, type, node)) return;
	const message = `\`${name}\` of \`${action}\` is ${article(type)}, and this is ${article(kind)}`;
	refuse(compiler, node.at, "wrong-type", message, rightFor(type, kind, node));
}

function rightFor(type: AttributeShape["type"], kind: Kind, node: Node): string {
	if (type === "text" && kind === "list") return 'write { $join: …, separator: ", " }';
	if (type === "text" && kind !== "object")
		return node.kind === "scalar" ? `quote it: "${writtenOf(node)}"` : "write { $string: … }";
	const path = node.kind === "scalar" ? pathMeant(node.value) : "";
	if (path !== "") return path;
	if (type === "number" || type === "integer") return node.kind === "scalar" ? "write it as 12.50" : "";
	if (type === "date" && node.kind === "scalar") return 'write it as "2026-11-22T10:00:00Z"';
	return "";
}

/** What a value will be, as far as it can be known: that of a path can not. */
function kindOfNode(node: Node, compiler: Compiler): Kind {
	if (node.kind === "list") return "list";
	if (node.kind === "scalar")
		return typeof node.value === "string" && isPath(node.value) ? "any" : kindOf(node.value);
	const call = node.entries.find(({ key }) => key.startsWith("$"));
	if (call === undefined) return "object";
	if (call.key === "$optional") return kindOfNode(call.value, compiler);
	return compiler.operators.get(call.key)?.gives ?? "any";
}

/** Numeric text counts as a number, because the ledger casts it; a literal is looked at itself. */
function fits(kind: Kind, type: AttributeShape["type"], node: Node): boolean {
	switch (type) {
		case "text":
			return kind === "text" || kind === "date";
		case "number":
		case "integer":
			if (node.kind === "scalar") return isNumeric(node.value, type);
			return kind === "number" || kind === "integer" || kind === "text";
		case "date":
			if (node.kind === "scalar")
				return typeof node.value === "string" && instantOf(node.value) !== undefined;
			return kind === "date" || kind === "text";
		case "boolean":
		case "list":
		case "object":
			return kind === type;
		case "any":
			return true;
	}
}

function isNumeric(value: ScalarNode["value"], type: "number" | "integer"): boolean {
	const exact = decimalOf(value);
	return typeof exact !== "string" && (type === "number" || isInteger(exact));
}

const article = (kind: Kind): string => (/^[aio]/.test(kind) ? `an ${kind}` : `a ${kind}`);
