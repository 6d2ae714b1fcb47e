import type { Example, Kind, Operator } from "../compiler.ts";
import { joiners } from "../condition.ts";
import { type MatcherExample, matchers } from "../matchers.ts";
import { operatorGroups } from "../operators/operators.ts";
import { dateTokens } from "../values/date-pattern.ts";
import { deliveryKeys, eventKeys, type Keys, mappingKeys, testKeys } from "./form.ts";

/** How an operator is written and what it gives: `{ $round: …, scale?: …, mode?: … } → a number`. */
export function signatureOf({ name, options, gives }: Operator): string {
	const given = Object.entries(options).map(([key, { optional }]) => `${key}${optional ? "?" : ""}: …`);
	return `{ ${[`${name}: …`, ...given].join(", ")} } → ${kinds[gives]}`;
}

const kinds: Readonly<Record<Kind, string>> = {
	text: "a text",
	number: "a number",
	integer: "a whole number",
	boolean: "a boolean",
	date: "an instant",
	list: "a list",
	object: "an object",
	any: "any value",
};

/** The reference of the mapping language, in Markdown: what is written by hand, and what the values themselves say. */
export function referenceOf(): string {
	return [
		introduction,
		"## The keys of a file\n",
		tableOfKeys(mappingKeys),
		"Of an event:\n",
		tableOfKeys(eventKeys),
		"Of a test:\n",
		tableOfKeys(testKeys),
		"Of a test's `delivery`:\n",
		tableOfKeys(deliveryKeys),
		rules,
		instants,
		work,
		"## Conditions\n",
		conditions,
		...matchers.map(({ name, about, examples }) => matcherSection(name, about, examples)),
		"### Joining conditions\n",
		`${[...joiners].map(([name, about]) => `- \`${name}\`: ${about}`).join("\n")}\n`,
		"## Operators\n",
		operatorIntroduction,
		`${operatorGroups.map(({ title, operators }) => `- ${title}: ${operators.map(linkTo).join(" ")}`).join("\n")}\n`,
		...operatorGroups.flatMap(({ title, operators }) => [
			`### ${title}\n`,
			...operators.map(operatorSection),
		]),
	].join("\n");
}

const introduction = `<!-- Made by \`npm run generate\` from src/map: change that. -->

# The mapping language

A mapping is one YAML file. It says which messages it reads, which event each of them becomes, and proves it with tests of
its own. There is one rule to remember: **a text that begins with \`$.\` or another root is a path, a key that begins with \`$\` is
an operator, and everything else is meant as it is written.**

\`\`\`yaml
# yaml-language-server: $schema=../mapping.schema.json
title: A completed order is a checkout
from: segment
when: { type: track, event: [Order Completed, Completed Order] }
event:
  action: checkout
  customer: [{ id: $.userId }, { email: $.context.traits.email }]
  data:
    transaction_id: $.properties.order_id
    total: { $number: { $first: [$.properties.revenue, $.properties.total] } }
    items:
      $each: $.properties.products
      as: { product_id: $.sku, quantity: { $integer: { $first: [$.quantity, 1] } } }
tests:
  - it: takes the total where there is no revenue
    message:
      type: track
      event: Order Completed
      userId: u-1
      properties: { order_id: o-1, total: "12.50", products: [{ sku: S-1 }] }
    gives:
      - action: checkout
        customer: [{ id: u-1 }]
        data: { transaction_id: o-1, total: 12.5, items: [{ product_id: S-1, quantity: 1 }] }
\`\`\`

The first line gives completion, explanations and red lines to an editor that knows the YAML language server. What it can not
judge, \`npm run -s hub -- mappings check\` does; \`mappings test\` runs the tests.
`;

const rules = `## Paths

Names and places joined by dots: \`$.properties.products.0.sku\`. A place counts from 0, or from -1 backwards from the end. A name
with a dot, a space or a quote stands in single quotes: \`$.'first name'\`. A path reads what the sender sent and nothing else: there
is no \`length\`, and no prototype to reach. It begins with a root:

| root         | is                                                                              |
| ------------ | ------------------------------------------------------------------------------- |
| \`$.\`         | the current element: the message's content, or inside \`$each\` the item          |
| \`$$.\`        | the message's content, wherever it stands                                       |
| \`$message.\`  | what the connector found out: \`id\`, \`type\`, \`time\`                              |
| \`$delivery.\` | the request: \`receivedAt\`, \`headers\`, and \`settings\` of the endpoint            |
| \`$line.\`     | the item that an \`$each\` around it names by \`item: line\`                        |

A text that only looks like a path is written \`{ $literal: $.total }\`.

## What is absent

A path that leads nowhere is _absent_, and so is everything below null. An absent attribute is left out of the event; one that is
null is written as null. An operator that needs a value _fails_ where it is absent or null and names the path, unless \`$first\` has
another value or \`$optional\` leaves the attribute out. An event that fails is not recorded: its message shows the reason, the file
and the line, and can be replayed when the mapping is mended. For identities, ids and \`timestamp\`, a blank text is as good as none.

## What counts as a number

Numbers are exact: \`0.1\` and \`0.2\` are \`0.3\`, and \`12345678901234567890\` keeps its last digit. They have at most 34 significant
digits and an exponent within ±34; an operator whose result has more fails. Where a number is needed, a text counts that is one in
JSON's grammar: \`"12.50"\` does, \`"1,200.00"\`, \`"01"\` and \`""\` do not. What no double holds, and every integer beyond ±(2^53−1), is
written into the event as text with all its digits. In YAML a number with a leading zero is refused: an id is quoted.
`;

const instants = `## Instants

An instant is ISO 8601: \`2026-11-22\`, \`2026-11-22T10:00:00Z\`, \`2026-11-22 10:00:00.123+02:00\`. Without an offset it is UTC.
\`$date\` reads other forms and other time zones, and always gives UTC with milliseconds. A bare number is never taken for a time:
\`{ $date: $.at, format: unix }\` says what it counts.

A pattern has year, month and day, each once, in English: ${dateTokens.map(({ token, example }) => `\`${token}\` ${example}`).join(" · ")}. Other
letters stand in quotes: \`yyyy-MM-dd'T'HH:mm\`.

When clocks are set back, a local time is there twice, and the earlier one is meant; when they are set forward, one is skipped, and
what is meant is as long after the change. In Berlin 02:30 of 2026-10-25 is 00:30 UTC, and 02:30 of 2026-03-29 is 03:30, or 01:30 UTC.
`;

const work = `## How much work a mapping may do

There are no loops and no recursion, regular expressions take time in proportion to their text, and the work that one message may
cost is bounded. A mapping that goes beyond, such as one that writes the whole message beside each of its ten thousand lines,
fails by name, as does what other mappings repeat of that message; no other message is concerned.
`;

const conditions = `A condition is written as keys, all of which must hold. A key is a path from the current element (\`properties.total\`), or begins
with a root (\`$delivery.settings.enrol\`); keys may nest. Beside it stands a value, which it must equal; a list, one of which it must
equal; or matchers. A number and a numeric text are compared as numbers, so \`5\` equals \`"5.0"\`; other values of two kinds are
never equal and have no order. Where the path is absent, only \`$exists: false\`, \`$empty: true\`, \`$ne\`, \`$nin\` and \`$not\` hold. What
stands beside \`$eq\`, \`$gt\` and their like may be a path.

\`\`\`text
when: { type: track, event: [Order Completed, Order Updated], properties.total: { $gte: 50 } }
\`\`\`
`;

const operatorIntroduction = `An operator is an object with one key that begins with \`$\`; beside it stand its arguments. One whose name ends in \`?\` may be left
out. Values may be written out, come from a path, or be made by another operator.
`;

/** Markdown's anchors are in lower case and without signs. */
const linkTo = ({ name }: Operator): string => `[\`${name}\`](#${name.slice(1).toLowerCase()})`;

const tableOfKeys = (keys: Keys): string =>
	table(
		["key", "what stands there"],
		Object.entries(keys).map(([name, { about, required }]) => [
			required ? `\`${name}\`` : `\`${name}?\``,
			about,
		]),
	);

function matcherSection(name: string, about: string, examples: readonly MatcherExample[]): string {
	const rows = examples.map(({ given, value, holds }) => [
		`\`{ ${name}: ${given} }\``,
		value === undefined ? "absent" : `\`${value}\``,
		holds ? "holds" : "does not hold",
	]);
	return `### \`${name}\`\n\n${about}\n\n${table(["written", "value", "result"], rows)}`;
}

function operatorSection(operator: Operator): string {
	const { name, about, operand, options, examples } = operator;
	const given = Object.entries(options).map(
		([key, { expects, optional }]) => `\`${key}${optional ? "?" : ""}\`: ${expects}`,
	);
	return [
		`#### \`${name}\`\n`,
		`\`${signatureOf(operator)}\`\n`,
		`${about}\n`,
		`${[`Takes ${operand.expects}`, ...given].join("; ")}.\n`,
		table(
			["written", "message", "gives"],
			examples.map((example) => [
				`\`${example.expression}\``,
				example.message === undefined ? "" : `\`${example.message}\``,
				shownResult(example),
			]),
		),
	].join("\n");
}

function shownResult(example: Example): string {
	if ("gives" in example) return `\`${example.gives}\``;
	if ("fails" in example) return `fails: ${example.fails}`;
	return "refused" in example ? `is refused: ${example.refused}` : "nothing";
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]): string =>
		`| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
	return `${[line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")}\n`;
}
