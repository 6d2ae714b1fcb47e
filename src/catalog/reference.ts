import type { ActionDefinition, Attribute, Attributes, BusinessKey } from "./definition.ts";
import { factoryFamilies } from "./factory/index.ts";

/** The reference of the actions that come with the hub, in Markdown, made of their definitions. */
export function referenceOfActions(): string {
	return [
		introduction,
		...factoryFamilies.flatMap(({ title, actions }) => [`## ${title}\n`, ...actions.map(actionSection)]),
	].join("\n");
}

const introduction = `<!-- Made by \`npm run generate\` from src/catalog: change that. -->

# Actions

An action is a kind of event. These come with the hub, under Antavo's names; where Antavo publishes none (changes of tier, expiry,
merging, claims of rewards), the name is the hub's own. Your own actions are files in \`program/events\`, or are uploaded
with \`actions put\`.

An attribute that is **bold** has to be there. Numeric text counts as a number, and becomes one; a \`date\` may have a time. What
an action does not declare is kept as it was sent, unless \`unknown_attributes\` in \`program/actions.yaml\` says otherwise.

To give one of these actions more attributes, write a file with its name: \`program/events/checkout.yaml\` with \`extends: checkout\`
and \`attributes:\`. They are never required, for who sends the action today does not send them.

A loyalty id of another customer is not kept as it is: when that customer is erased, nobody knows any more whom it named. In your own
actions, write such an attribute as \`friend: { names: customer }\`.

_Only the hub writes it_: no connector, mapping or API can. _Once_: what makes a second event the same fact. It is then
recorded no second time.
`;

function actionSection({ name, label, sender, clientSide, attributes, once }: ActionDefinition): string {
	const facts = [
		...(sender === "hub" ? ["Only the hub writes it."] : []),
		...(clientSide ? ["A browser may send it."] : []),
		...(once.length === 0 ? [] : [`Once ${wordsOf(once)}.`]),
	];
	const remarks = facts.length === 0 ? "" : ` ${facts.join(" ")}`;
	return `### \`${name}\`\n\n${label}.${remarks}\n\n${linesOf(attributes, "")}`;
}

function wordsOf(once: BusinessKey): string {
	if (once === "customer") return "a customer";
	if (once === "customer_per_day") return "a customer and day (UTC)";
	return `for each ${once.map((name) => `\`${name}\``).join(" and ")}`;
}

const linesOf = (attributes: Attributes, indent: string): string =>
	[...attributes].map(([name, attribute]) => lineOf(name, attribute, indent)).join("");

function lineOf(name: string, { type, names, required, elements }: Attribute, indent: string): string {
	const shown = required ? `**\`${name}\`**` : `\`${name}\``;
	const whose = names === undefined ? "" : ", another customer's loyalty id";
	const line = `${indent}- ${shown} ${type}${whose}\n`;
	return elements === undefined ? line : line + linesOf(elements, `${indent}  `);
}
