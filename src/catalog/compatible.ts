import type { ActionDefinition, Attribute, Attributes, AttributeType } from "./definition.ts";
import type { Fields } from "./fields.ts";

/**
 * Notes what a changed action would break: events that are in the ledger for ever, and senders that send it today. New
 * optional attributes, wider types, labels, points and `client_side` break neither.
 */
export function checkCompatible(fields: Fields, now: ActionDefinition, before: ActionDefinition): void {
	checkAttributes(fields, "attributes", { now: now.attributes, before: before.attributes });
	if (JSON.stringify(now.once) === JSON.stringify(before.once)) return;
	const was = JSON.stringify(before.once).replaceAll('"', "");
	fields.wrong(
		"once",
		"incompatible",
		"`once` can not change: what was recorded by the old one would count as new",
		before.once.length === 0 ? "leave it out" : `leave it as \`once: ${was.replaceAll(",", ", ")}\``,
	);
}

interface Change<Of> {
	readonly now: Of;
	readonly before: Of;
}

/** `key` is where `fields` has the attributes. */
function checkAttributes(fields: Fields, key: string, { now, before }: Change<Attributes>): void {
	const own = fields.object(key);
	for (const [name, was] of before) {
		const is = now.get(name);
		if (is !== undefined) {
			checkAttribute(own, name, { now: is, before: was });
			continue;
		}
		fields.wrong(
			key,
			"incompatible",
			`\`${name}\` can not be taken away: events have it`,
			`leave \`${name}: ${was.type}\``,
		);
	}
	for (const [name, { required }] of now) {
		if (before.has(name) || !required) continue;
		own.wrong(
			name,
			"incompatible",
			`a new attribute can not be required: who sends the action today does not send \`${name}\``,
			"leave `required` out",
		);
	}
}

function checkAttribute(own: Fields, name: string, { now, before }: Change<Attribute>): void {
	if (!isWider(now.type, before.type)) {
		own.wrong(
			name,
			"incompatible",
			`\`${name}\` is of type ${before.type} in events that there are, and can not become ${now.type}`,
			"a new attribute of another name can",
		);
		return;
	}
	if (now.names !== before.names) {
		own.wrong(
			name,
			"incompatible",
			before.names === undefined
				? `\`${name}\` is as it was sent in events that there are, and can not become a customer's name`
				: `\`${name}\` is a customer's hash in events that there are, and can not become any text`,
			"a new attribute of another name can",
		);
		return;
	}
	if (now.required && !before.required) {
		own.wrong(
			name,
			"incompatible",
			`\`${name}\` can not become required: who leaves it out today would be refused`,
			"leave `required` out",
		);
	}
	if (now.elements === undefined) return;
	if (before.elements === undefined) {
		own.wrong(
			name,
			"incompatible",
			`\`${name}\` held anything until now, and can not be bound to \`elements\``,
			"leave `elements` out",
		);
		return;
	}
	checkAttributes(own.object(name), "elements", { now: now.elements, before: before.elements });
}

/** Whether the new type takes all that the old one took: a text takes every single value. */
function isWider(now: AttributeType, before: AttributeType): boolean {
	if (now === before) return true;
	if (now === "text") return before !== "list" && before !== "object";
	return now === "number" && before === "integer";
}
