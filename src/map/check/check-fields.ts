import type { Problem } from "../../model/problem.ts";
import type { CheckContext } from "../context.ts";
import type { Mapping } from "../mapping.ts";
import { type At, literalOf, type Node } from "../yaml.ts";
import {
	type Field,
	type FieldPath,
	type Fields,
	fieldsOf,
	isBelow,
	mergeFields,
	stepOf,
	textOfField,
} from "./fields.ts";
import { covers, type FieldRead } from "./reads.ts";
import { nearestName } from "./suggest.ts";

/**
 * Warns of fields that a mapping reads and that no message is known to have, and of fields in its own tests that
 * nothing reads. Where a connector's messages are not known, nothing is said.
 */
export function checkFields(mapping: Mapping, context: CheckContext): readonly Problem[] {
	const connectors = [...new Set(mapping.from.map(({ connector }) => connector))];
	const inventories = connectors.map((connector) => context.fields?.(connector));
	const known = inventories.filter((fields) => fields !== undefined);
	if (known.length === 0 || known.length < connectors.length) return [];
	const fields = mergeFields(known);
	return [
		...unknownPaths(mapping, fields, connectors),
		...textsLikePaths(mapping, fields),
		...unreadFields(mapping, fields),
	];
}

/** A path without its root is a text, and so the same for every message. */
function textsLikePaths(mapping: Mapping, known: Fields): readonly Problem[] {
	const alike = mapping.texts.filter(({ text }) => text.includes(".") && known.has(`$.${text}`));
	return alike.map(({ text, at }) => {
		const message = `this is the text \`${text}\`, whatever the message has`;
		return warning(mapping, at, {
			code: "text-like-path",
			message,
			help: `the path is written \`$.${text}\``,
		});
	});
}

/** A field of the mapping's own tests counts as known: its author says that it exists. */
function unknownPaths(mapping: Mapping, sampled: Fields, connectors: readonly string[]): readonly Problem[] {
	const tested = fieldsOf(mapping.tests.map(({ message }) => literalOf(message)));
	const known = mergeFields([sampled, tested]);
	const problems = new Map<string, Problem>();
	for (const { paths, at } of inOrder(mapping.reads)) {
		const missing = paths.map((path) => firstUnknown(path, known));
		const [path] = missing;
		if (path === undefined || missing.includes(undefined)) continue;
		const text = textOfField(path);
		if (problems.has(text)) continue;
		const message = `no sample of ${connectors.join(" or ")} has \`${text}\``;
		const help = ofTheMessage(paths[0], known) ?? rightFor(path, known);
		problems.set(text, warning(mapping, at, { code: "unknown-path", message, help }));
	}
	return [...problems.values()];
}

const inOrder = (reads: readonly FieldRead[]): readonly FieldRead[] =>
	[...reads].sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);

/** The first part of the path that no message has; undefined where all have it, or where nobody can know. */
function firstUnknown(path: FieldPath, known: Fields): FieldPath | undefined {
	for (let length = 1; length <= path.length; length++) {
		const part = path.slice(0, length);
		if (known.has(textOfField(part))) continue;
		return isFreeForm(path.slice(0, length - 1), known) ? undefined : part;
	}
	return undefined;
}

/** Whether nobody knows what the field holds: an object or a list was only seen empty, or the field only null. */
function isFreeForm(path: FieldPath, known: Fields): boolean {
	const kinds = known.get(textOfField(path))?.kinds ?? [];
	const holds = kinds.includes("object") || kinds.includes("list") || kinds.every((kind) => kind === "null");
	return holds && below(path, known).length === 0;
}

const below = (path: FieldPath, known: Fields): readonly Field[] =>
	[...known.values()].filter((field) => field.path.length === path.length + 1 && isBelow(field.path, path));

/** What to write where a path inside a list was meant to be the message's own. */
function ofTheMessage(path: FieldPath | undefined, known: Fields): string | undefined {
	const own = path?.slice(path.lastIndexOf("[]") + 1) ?? [];
	if (path === undefined || own.length === path.length || !known.has(textOfField(own))) return undefined;
	return `\`$\` is an element here: the message's own is \`$${textOfField(own)}\``;
}

function rightFor(path: FieldPath, known: Fields): string {
	const parent = path.slice(0, -1);
	const name = path.at(-1) ?? "";
	const inList = [...parent, "[]", name];
	if (known.has(textOfField(inList))) {
		const list = textOfField(parent);
		return `\`${list}\` is a list: go through it with \`$each\`, or take one with \`${list}.0.${name}\``;
	}
	const siblings = below(parent, known).map(lastName);
	const alike = siblings.find((one) => fold(one) === fold(name));
	const namesake = alike === undefined ? elsewhere(name, known) : undefined;
	const near = alike ?? (namesake === undefined ? nearestName(name, siblings) : undefined);
	const nearest = near === undefined ? namesake : [...parent, near];
	if (nearest !== undefined) return `did you mean \`${textOfField(nearest)}\`?`;
	return "if messages do have it, put it into the message of a test";
}

/** A name without case and punctuation: `orderId` and `order_id` are one. */
const fold = (name: string): string => name.toLowerCase().replace(/[^\p{Letter}\p{Number}]/gu, "");

const lastName = ({ path }: Field): string => path.at(-1) ?? "";

/** The commonest field of that name in another place, such as the `order_id` that is under `properties`. */
function elsewhere(name: string, known: Fields): FieldPath | undefined {
	const namesakes = [...known.values()].filter((field) => lastName(field) === name);
	return namesakes.sort((a, b) => b.messages - a.messages || a.path.length - b.path.length)[0]?.path;
}

/**
 * Fields that only a test's author knows of, beside others that the mapping reads: misspelt, or forgotten. What the
 * samples have and the mapping does not want is no mistake.
 */
function unreadFields(mapping: Mapping, sampled: Fields): readonly Problem[] {
	const problems = new Map<string, Problem>();
	for (const { message, expected } of mapping.tests) {
		if (expected.kind === "gives" && expected.node.kind === "list" && expected.node.items.length === 0)
			continue;
		for (const { path, at } of leavesOf(message, [], message.at)) {
			const text = textOfField(path);
			if (problems.has(text) || sampled.has(text) || !isBesideRead(path, mapping.reads)) continue;
			const help = meantBy(path, mapping, message);
			const found = { code: "unread-field", message: `nothing reads \`${text}\` of this test`, help };
			problems.set(text, warning(mapping, at, found));
		}
	}
	return [...problems.values()];
}

interface Leaf {
	readonly path: FieldPath;
	readonly at: At;
}

/** The fields that hold a value and no further fields. */
function leavesOf(node: Node, path: FieldPath, at: At): readonly Leaf[] {
	if (node.kind === "object" && node.entries.length > 0) {
		return node.entries.flatMap((entry) => leavesOf(entry.value, [...path, stepOf(entry.key)], entry.at));
	}
	if (node.kind === "list" && node.items.length > 0) {
		return node.items.flatMap((item) => leavesOf(item, [...path, "[]"], item.at));
	}
	return [{ path, at }];
}

const isBesideRead = (path: FieldPath, reads: readonly FieldRead[]): boolean =>
	!reads.some((read) => covers(read, path)) && siblingsRead(path, reads).length > 0;

/** The names that are read in the object in which the field stands. */
const siblingsRead = (path: FieldPath, reads: readonly FieldRead[]): readonly string[] =>
	reads.flatMap(({ paths }) =>
		paths.flatMap((read) =>
			read.length >= path.length && isBelow(read, path.slice(0, -1)) ? (read[path.length - 1] ?? []) : [],
		),
	);

/** The name that the mapping reads and this message lacks, where it is near. */
function meantBy(path: FieldPath, { reads }: Mapping, message: Node): string {
	const parent = path.slice(0, -1);
	const present = fieldsOf([literalOf(message)]);
	const absent = siblingsRead(path, reads).filter((name) => !present.has(textOfField([...parent, name])));
	const near = nearestName(path.at(-1) ?? "", absent);
	return near === undefined
		? "map it, or leave it out of the test"
		: `did you mean \`${textOfField([...parent, near])}\`?`;
}

const warning = (
	{ place }: Mapping,
	{ line, column }: At,
	{ code, message, help }: Pick<Problem, "code" | "message" | "help">,
): Problem => ({ file: place.file, line, column, severity: "warning", code, message, help });
