import {
	at,
	bad,
	good,
	isoTime,
	type JsonObject,
	type Page,
	type Pull,
	type Question,
	type Result,
} from "../../src/kit/index.ts";
import { canOpenSession, openSession, reasonOf } from "./session.ts";
import type { Settings } from "./settings.ts";

/** As many records as make one delivery. */
const pageRecords = 500;

/**
 * A record may become visible later than its time says, by as long as a transaction takes: what is so young is asked for
 * again. Records that were seen before are known by their contents.
 */
const overlapMs = 5 * 60_000;

const fields = [
	"Id",
	"Email",
	"FirstName",
	"LastName",
	"Phone",
	"MobilePhone",
	"Company",
	"IsConverted",
	"ConvertedAccountId",
	"ConvertedContactId",
	"ConvertedOpportunityId",
	"SystemModstamp",
];

/** The place of the newest record that was seen. `ConvertedDate` is a day and has no time, so that nothing can be after it. */
interface Cursor {
	readonly at: string;
	readonly id: string;
	/** Whether this pull has more of its pages before it. */
	readonly midway: boolean;
}

/** Leads that were converted, by a query: for who has no flow that tells, and after a flow was down. */
export const convertedLeads: Pull<Settings> = {
	everyMs: 4 * 60_000,
	isOn: (settings, secretsSet) => settings.channels.length === 0 && canOpenSession(settings, secretsSet),
	ask: async (question) => {
		const cursor = cursorOf(question);
		try {
			return pageOf(await queried(question, queryAfter(cursor)), cursor);
		} catch (error) {
			return bad(reasonOf(error));
		}
	},
};

/** The first pull begins with what is converted from then on. */
function cursorOf({ cursor, now }: Question<Settings>): Cursor {
	const time = isoTime(at(cursor, "at")) ?? now;
	const id = at(cursor, "id");
	return {
		at: new Date(time).toISOString(),
		id: typeof id === "string" ? id : "",
		midway: at(cursor, "midway") === true,
	};
}

function queryAfter({ at, id, midway }: Cursor): string {
	const since = new Date(Date.parse(at) - overlapMs).toISOString();
	const after = midway
		? `(SystemModstamp > ${at} OR (SystemModstamp = ${at} AND Id > '${id}'))`
		: `SystemModstamp > ${since}`;
	return `SELECT ${fields.join(", ")} FROM Lead WHERE IsConverted = true AND ${after} ORDER BY SystemModstamp ASC, Id ASC LIMIT ${pageRecords}`;
}

interface Answered {
	readonly records: readonly JsonObject[];
	/** Whether these are all that the query asks for. */
	readonly done: boolean;
}

const queried = async (question: Question<Settings>, query: string): Promise<Answered> =>
	(await openSession(question)).query<JsonObject>(query);

function pageOf({ records, done }: Answered, before: Cursor): Result<Page, string> {
	const newest = records.at(-1);
	if (newest === undefined) return good({ body: null, cursor: { ...before, midway: false }, more: false });
	const more = !done || records.length === pageRecords;
	const time = isoTime(newest["SystemModstamp"]);
	const id = newest["Id"];
	if (time === undefined || typeof id !== "string")
		return bad("Salesforce: a record has no SystemModstamp or Id");
	const cursor = { at: new Date(time).toISOString(), id, midway: more };
	return good({ body: { records }, cursor, more });
}
