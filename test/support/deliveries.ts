import { invariant } from "../../src/model/result.ts";

/** The table of `docs/reference/deliveries.md`, as its lines say it. */
export interface DeliveriesTable {
	readonly people: readonly Person[];
	readonly chapters: readonly Chapter[];
}

export interface Person {
	readonly name: string;
	/** As `kind value`. */
	readonly identities: readonly string[];
}

/** What one hub is sent, in order. */
export interface Chapter {
	readonly title: string;
	/** Of the connector, whose folder the samples are in. */
	readonly slug: string;
	readonly lines: readonly Line[];
}

export interface Line {
	/** The file's name in the connector's `samples/`. */
	readonly sample: string;
	/** A path after the endpoint's URL, and headers as `Name: value`. */
	readonly sentWith: readonly string[];
	/** Of the endpoint, as `name=value`: those that are not the defaults. */
	readonly settings: readonly string[];
	/** Who becomes a member right before. */
	readonly joins: readonly string[];
	/** The status of the answer. */
	readonly answer: string;
	/** One for each message; none where nothing is stored. */
	readonly messages: readonly Became[];
}

export interface Became {
	readonly message: string;
	readonly becomes: string;
}

const columns = "sample | sent with | settings | joins | answer | message | what becomes of it | why";

/** Throws where a line can not be read: the table is a part of the tests. */
export function deliveriesTable(markdown: string, titles: ReadonlyMap<string, string>): DeliveriesTable {
	const [introduction = "", ...sections] = markdown.split(/^## /m);
	const people = rowsOf(introduction).map(([name = "", goesBy = ""]) => ({
		name,
		identities: quotedIn(goesBy),
	}));
	return { people, chapters: sections.map((section) => chapterOf(section, titles)) };
}

/** `Stripe: what a sandbox says` is of the connector that is called Stripe. */
function chapterOf(section: string, titles: ReadonlyMap<string, string>): Chapter {
	const [title = ""] = section.split("\n");
	const slug = titles.get(title.split(":")[0] ?? "");
	invariant(slug !== undefined, `a connector's title begins ${title}`);
	invariant(section.replace(/ +/g, " ").includes(`| ${columns} |`), `${title} has the columns ${columns}`);
	const lines: (Line & { readonly messages: Became[] })[] = [];
	for (const cells of rowsOf(section)) {
		const [sample = "", sentWith = "", settings = "", joins = "", answer = "", message = "", becomes = ""] =
			cells;
		if (sample !== "")
			lines.push({
				sample: unquoted(sample),
				sentWith: quotedIn(sentWith),
				settings: quotedIn(settings),
				joins: joins.split(/, /).filter((name) => name !== ""),
				answer,
				messages: [],
			});
		if (becomes !== "") lines.at(-1)?.messages.push({ message: unquoted(message), becomes });
	}
	return { title, slug, lines };
}

/** The cells of a table's rows, without those of its head. */
const rowsOf = (text: string): readonly (readonly string[])[] =>
	text
		.split("\n")
		.filter((line) => line.startsWith("|"))
		.slice(2)
		.map((line) =>
			line
				.split("|")
				.slice(1, -1)
				.map((cell) => cell.trim()),
		);

const quotedIn = (cell: string): readonly string[] =>
	[...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);

const unquoted = (cell: string): string => cell.replaceAll("`", "");
