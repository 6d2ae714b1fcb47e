import { invariant } from "../../src/model/result.ts";

/** `docs/reference/deliveries.md`, as its lines say it. */
export interface DeliveriesTable {
	readonly people: readonly Person[];
	readonly chapters: readonly Chapter[];
}

export interface Person {
	readonly name: string;
	/** As `kind value`. */
	readonly identities: readonly string[];
}

/** What one hub receives, in order. */
export interface Chapter {
	readonly title: string;
	/** Of the connector, whose folder the samples are in. */
	readonly slug: string;
	readonly lines: readonly Line[];
}

/** A sample, with the lines of its messages. */
export interface Line {
	/** The file's name in the connector's `samples/`. */
	readonly sample: string;
	/** A path after the endpoint's URL, and headers as `Name: value`. */
	readonly sentWith: readonly string[];
	/** Of the endpoint, as `name=value`: those that are not the defaults. */
	readonly settings: readonly string[];
	/** Who becomes a member right before. */
	readonly joins: readonly string[];
	/** The status. */
	readonly answer: string;
	readonly messages: readonly Became[];
}

export interface Became {
	readonly message: string;
	readonly becomes: string;
}

/** A column that is empty in a whole chapter is left out there. */
const columns = [
	"sample",
	"sent with",
	"settings",
	"joins",
	"answer",
	"message",
	"what becomes of it",
	"why",
];

/** `slugs` are those of connectors by their titles. Throws where something can not be read: the page is a part of the tests. */
export function deliveriesTable(markdown: string, slugs: ReadonlyMap<string, string>): DeliveriesTable {
	const [introduction = "", ...sections] = markdown.split(/^## /m);
	const people = [...introduction.matchAll(/^- \*\*(\S+)\*\*:((?:.|\n(?!\n|- ))*)/gm)].map(
		([, name = "", goesBy = ""]) => ({ name, identities: quotedIn(goesBy) }),
	);
	return { people, chapters: sections.map((section) => chapterOf(section, slugs)) };
}

/** `Stripe: a hub of tests` is about the connector that is called Stripe. */
function chapterOf(section: string, slugs: ReadonlyMap<string, string>): Chapter {
	const [title = ""] = section.split("\n");
	const slug = slugs.get(title.split(":")[0] ?? "");
	invariant(slug !== undefined, `the chapter "${title}" begins with a connector's title`);
	const [head = [], _rule, ...rows] = rowsOf(section);
	for (const name of head) invariant(columns.includes(name), `"${name}" in "${title}" is a column`);
	const lines: (Line & { readonly messages: Became[] })[] = [];
	for (const row of rows) {
		const cell = (column: string): string => row[head.indexOf(column)] ?? "";
		if (cell("sample") !== "")
			lines.push({
				sample: unquoted(cell("sample")),
				sentWith: quotedIn(cell("sent with")),
				settings: quotedIn(cell("settings")),
				joins: cell("joins") === "" ? [] : cell("joins").split(", "),
				answer: cell("answer"),
				messages: [],
			});
		const becomes = cell("what becomes of it");
		if (becomes !== "") lines.at(-1)?.messages.push({ message: unquoted(cell("message")), becomes });
	}
	return { title, slug, lines };
}

/** The cells of a table, its head among them. */
const rowsOf = (text: string): readonly (readonly string[])[] =>
	text
		.split("\n")
		.filter((line) => line.startsWith("|"))
		.map((line) =>
			line
				.split("|")
				.slice(1, -1)
				.map((cell) => cell.trim()),
		);

const quotedIn = (cell: string): readonly string[] =>
	[...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);

const unquoted = (cell: string): string => cell.replaceAll("`", "");
