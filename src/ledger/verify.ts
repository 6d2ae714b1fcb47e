import { bytesOfHex, equalBytes } from "../model/bytes.ts";
import type { Crypto } from "../model/crypto.ts";
import { bad, good, type Result } from "../model/result.ts";
import type { Row, Sql } from "../model/sql.ts";
import { eventId } from "./event-id.ts";
import { type Body, type Header, leafHasher } from "./leaf.ts";
import { type Acceptance, readAcceptance } from "./merkle/acceptance.ts";
import { type Checkpoint, readCheckpoint } from "./merkle/checkpoint.ts";
import { openNote } from "./merkle/note.ts";
import { type LogPlace, originOf, placeOfOrigin, type Signing, verifiersOf } from "./merkle/signing.ts";
import { openStoredTree } from "./merkle/stored-tree.ts";
import { emptyFrontier, type Frontier, grown, rootOfFrontier, tileWidth } from "./merkle/tree.ts";

/** How far the verification of a shard has come, and what it found. It is passed on from page to page. */
export interface Verification {
	readonly done: boolean;
	readonly events: number;
	/** Events without a body, because their person is erased. */
	readonly erased: number;
	/** The ids of the first of these. */
	readonly erasedEvents: readonly string[];
	/** Compared with the events: those in the database, and those that were given. */
	readonly checkpoints: number;
	/** Checkpoints of what an Administrator has accepted to be missing. */
	readonly accepted: number;
	/** Sentences; empty where all is well. */
	readonly problems: readonly string[];
	/** How many more there are than are listed. */
	readonly moreProblems: number;
	readonly frontier: Frontier;
	/** When the newest event so far was recorded. */
	readonly recordedAt: number;
	/** The last that was read: where none is missing, the number of events. */
	readonly seq: number;
}

export const nothingVerified: Verification = {
	done: false,
	events: 0,
	erased: 0,
	erasedEvents: [],
	checkpoints: 0,
	accepted: 0,
	problems: [],
	moreProblems: 0,
	frontier: emptyFrontier,
	recordedAt: 0,
	seq: -Number.MAX_SAFE_INTEGER,
};

export interface VerifyParts {
	readonly sql: Sql;
	readonly crypto: Crypto;
	readonly signing: Signing;
	readonly shard: number;
}

/** Events of one page: some ten milliseconds in which nothing is recorded. */
export const verifyPageRows = 1_000;

/** More would help nobody. */
const listedMax = 100;

/** An event as it lies in the database, whoever put it there. */
interface StoredEvent {
	readonly header: Header;
	/** Null where it is gone. */
	readonly body: Body | null;
	/** What the body repeats of the header. */
	readonly repeated: Pick<Header, "subject" | "action" | "recordedAt">;
	readonly leaf: Uint8Array;
}

/** A checkpoint that the events are compared with. */
interface Expected {
	/** What it is called in a sentence. */
	readonly what: string;
	readonly checkpoint: Checkpoint;
}

/** Makes the function that verifies one page of events: those that come next. */
export function openVerify({ sql, crypto, signing, shard }: VerifyParts) {
	const hasher = leafHasher(crypto);
	const tree = openStoredTree(sql, crypto);

	/**
	 * The page after `before`. `notes` are checkpoints to compare with, whose size lies in it. Once all is verified, one
	 * more call compares those whose size lies behind all events.
	 */
	return (before: Verification, notes: readonly string[]): Verification => {
		const from = before.frontier.size;
		const rows = readPage(sql, before.seq).map(stored);
		const last = rows.length < verifyPageRows && !before.done;
		const end = from + rows.length;

		const problems: string[] = [];
		const erased: string[] = [];
		let recordedAt = before.recordedAt;
		for (const [index, row] of rows.entries()) {
			problems.push(...problemsOf(row, { seq: from + index + 1, recordedAt }));
			recordedAt = Math.max(recordedAt, row.header.recordedAt);
			if (row.body === null) erased.push(eventId(row.header));
		}

		// Each acceptance is found to be wrong once.
		const accepted = acceptances(from === 0 ? problems : []);
		const expected = [
			...(before.done ? [] : storedCheckpoints(from, last ? null : end, problems)),
			...given(notes, problems),
		].toSorted((a, b) => a.checkpoint.size - b.checkpoint.size);
		const leaves = rows.map(({ leaf }) => leaf);
		const followed = follow(before.frontier, leaves, expected);
		problems.push(...followed.problems);
		let excused = 0;
		for (const one of followed.different) {
			if (accepted.some((acceptance) => isExcused(one, acceptance))) excused += 1;
			else problems.push(sentenceOf(one, end));
		}
		const gone = before.erased + erased.length;
		if (last) problems.push(...strayRows({ events: end, bodies: end - gone }));

		const listed = [...before.problems, ...problems];
		return {
			done: last || before.done,
			events: end,
			erased: gone,
			erasedEvents: [...before.erasedEvents, ...erased].slice(0, listedMax),
			checkpoints: before.checkpoints + expected.length,
			accepted: before.accepted + excused,
			problems: listed.slice(0, listedMax),
			moreProblems: before.moreProblems + Math.max(0, listed.length - listedMax),
			frontier: followed.frontier,
			recordedAt,
			seq: rows.at(-1)?.header.seq ?? before.seq,
		};
	};

	/** Grows the log by these leaves, and compares it with what was signed on the way, smallest first. */
	function follow(start: Frontier, leaves: readonly Uint8Array[], expected: readonly Expected[]) {
		const problems: string[] = [];
		const different: Expected[] = [];
		let frontier = start;
		const grow = (to: number): void => {
			const more = leaves.slice(frontier.size - start.size, to - start.size);
			frontier = grown(tree.node, frontier, more, (level, place, hash) => {
				problems.push(...tileProblem(level, place, hash));
			});
		};
		const end = start.size + leaves.length;
		for (const one of expected) {
			const { size, root } = one.checkpoint;
			if (size > frontier.size) grow(Math.min(size, end));
			const same = size === frontier.size && equalBytes(rootOfFrontier(tree, frontier), root);
			if (!same) different.push(one);
		}
		grow(end);
		return { frontier, problems, different };
	}

	function problemsOf(
		{ header, body, repeated, leaf }: StoredEvent,
		{ seq: wanted, recordedAt: newest }: { readonly seq: number; readonly recordedAt: number },
	): readonly string[] {
		const { seq, subject, action, recordedAt, postings } = header;
		const what = `event ${seq}`;
		const problems: string[] = [];
		if (seq !== wanted) problems.push(`${what} stands where event ${wanted} should be`);
		if (recordedAt < newest) problems.push(`${what} was recorded before the one that precedes it`);
		if (!sumsToZero(postings)) problems.push(`${what}: its postings do not sum to zero`);
		const content = body === null ? keptContent(seq) : hasher.content(body);
		if (body === null && !isErased(subject)) {
			problems.push(`${what}: its content is missing, and its person is not erased`);
		} else if (content === null) {
			problems.push(`${what}: its content is erased, and the hash of it was not kept`);
		} else if (!equalBytes(hasher.leafOver(header, content), leaf)) {
			problems.push(`${what} is not what was recorded`);
		}
		if (body !== null && !equalBytes(subject, repeated.subject))
			problems.push(`${what}: its content is under another customer`);
		if (body !== null && (action !== repeated.action || recordedAt !== repeated.recordedAt))
			problems.push(`${what}: its content is under another action or time`);
		return problems;
	}

	/** The bytes come as one text: to make five arrays of a row takes longer than to hash it. */
	function stored(row: Row): StoredEvent {
		const bytes = bytesOfHex(String(row["bytes"]));
		const header = {
			seq: Number(row["seq"]),
			shard,
			subject: bytes.subarray(0, 16),
			action: String(row["action"]),
			recordedAt: Number(row["recorded_at"]),
			postings: String(row["postings"]),
			key: bytes.subarray(16, 32),
		};
		const body = {
			timestamp: Number(row["timestamp"]),
			salt: bytes.subarray(64, 80),
			data: String(row["data"]),
			properties: String(row["properties"]),
		};
		const repeated = {
			subject: bytes.subarray(80),
			action: String(row["body_action"]),
			recordedAt: Number(row["body_recorded_at"]),
		};
		return { header, body: row["data"] === null ? null : body, repeated, leaf: bytes.subarray(32, 64) };
	}

	function keptContent(seq: number): Uint8Array | null {
		const [row] = sql.query("SELECT hash FROM content WHERE seq = ?", seq);
		return row === undefined ? null : (row["hash"] as Uint8Array);
	}

	function isErased(subject: Uint8Array): boolean {
		const found = sql.query("SELECT 1 FROM customer WHERE subject = ? AND status = 'erased'", subject);
		return found.length > 0;
	}

	function tileProblem(level: number, place: number, hash: Uint8Array): readonly string[] {
		const [row] = sql.query("SELECT hash FROM tile WHERE level = ? AND place = ?", level, place);
		if (row !== undefined && equalBytes(row["hash"] as Uint8Array, hash)) return [];
		const first = place * tileWidth ** level + 1;
		const events = `events ${first} to ${first + tileWidth ** level - 1}`;
		return [`the stored node over ${events} is ${row === undefined ? "missing" : "not theirs"}`];
	}

	/** The checkpoints of the database whose size lies in this page, or, in the last, behind all events too. */
	function storedCheckpoints(from: number, to: number | null, problems: string[]): readonly Expected[] {
		return sql
			.query(
				`SELECT ${exact("generation")} AS generation, ${exact("size")} AS size, note FROM checkpoint
				WHERE (size > ? OR ? = 0) AND (? IS NULL OR size <= ?) ORDER BY size`,
				from,
				from,
				to,
				to,
			)
			.flatMap((row) => {
				const at = { shard, generation: Number(row["generation"]) };
				const size = Number(row["size"]);
				const what = `the checkpoint at ${size} events`;
				const found = read(String(row["note"]), at);
				if (found.ok && found.value.size === size) return [{ what, checkpoint: found.value }];
				problems.push(`${what}: ${found.ok ? `its note is of ${found.value.size} events` : found.failure}`);
				return [];
			});
	}

	function given(notes: readonly string[], problems: string[]): readonly Expected[] {
		return notes.flatMap((note) => {
			const origin = note.split("\n", 1)[0] ?? "";
			const at = placeOfOrigin(signing, origin);
			const found = at?.shard === shard ? read(note, at) : bad("it is of another log");
			if (found.ok) {
				const what = `the checkpoint kept outside at ${found.value.size} events`;
				return [{ what, checkpoint: found.value }];
			}
			const of = JSON.stringify(origin.slice(0, 80));
			problems.push(`a checkpoint kept outside, of ${of}: ${found.failure}`);
			return [];
		});
	}

	function read(note: string, at: LogPlace): Result<Checkpoint, string> {
		const opened = openNote(crypto, note, verifiersOf(crypto, signing, at));
		if (!opened.ok) return opened;
		const checkpoint = readCheckpoint(opened.value);
		return checkpoint?.origin === originOf(signing, at) ? good(checkpoint) : bad("it is of another log");
	}

	function acceptances(problems: string[]): readonly Acceptance[] {
		return sql.query(`SELECT ${exact("generation")} AS generation, note FROM acceptance`).flatMap((row) => {
			const at = { shard, generation: Number(row["generation"]) };
			const opened = openNote(crypto, String(row["note"]), verifiersOf(crypto, signing, at));
			const acceptance = opened.ok ? readAcceptance(opened.value) : undefined;
			if (acceptance?.goesOn.origin === originOf(signing, at)) return [acceptance];
			problems.push(`acceptance ${at.generation} is not what was signed`);
			return [];
		});
	}

	/** Whether an Administrator has accepted that what this checkpoint was signed of is missing. */
	function isExcused({ checkpoint }: Expected, { missing, holds, goesOn }: Acceptance): boolean {
		const generationOf = (origin: string): number => placeOfOrigin(signing, origin)?.generation ?? 0;
		const isOfBefore = generationOf(checkpoint.origin) < generationOf(goesOn.origin);
		const isBeyond = missing?.origin === checkpoint.origin && checkpoint.size > missing.size;
		return isOfBefore && checkpoint.size > holds && !isBeyond;
	}

	/** What nobody comes across by following the events. */
	function strayRows({
		events,
		bodies,
	}: {
		readonly events: number;
		readonly bodies: number;
	}): readonly string[] {
		let nodes = 0;
		for (let span = tileWidth; span <= events; span *= tileWidth) nodes += Math.floor(events / span);
		const [row] = sql.query(
			`SELECT (SELECT count(*) FROM event) - ? AS events, (SELECT count(*) FROM body) - ? AS bodies,
				(SELECT count(*) FROM tile) - ? AS nodes`,
			events,
			bodies,
			nodes,
		);
		const more = (name: string, what: string): readonly string[] =>
			Number(row?.[name]) > 0 ? [`${String(row?.[name])} ${what}`] : [];
		return [
			...more("events", "events stand where none can be"),
			...more("bodies", "contents are of no event"),
			...more("nodes", "stored nodes are over no events"),
		];
	}
}

/** An integer that a broken file made too large to be exact reads as one that nothing has, and is found by that. */
const exact = (column: string): string =>
	`CASE WHEN ${column} BETWEEN -9007199254740991 AND 9007199254740991 THEN ${column} ELSE -9007199254740991 END`;

const readPage = (sql: Sql, after: number): readonly Row[] =>
	sql.query(
		`SELECT event.seq, event.action, ${exact("event.recorded_at")} AS recorded_at, event.postings,
			body.action AS body_action, ${exact("body.recorded_at")} AS body_recorded_at,
			hex(event.subject || event.key || event.leaf || coalesce(body.salt || body.subject, '')) AS bytes,
			${exact("timestamp")} AS timestamp, body.data, body.properties
		FROM event LEFT JOIN body USING (seq) WHERE event.seq > ? AND event.seq <= 9007199254740991
		ORDER BY event.seq LIMIT ?`,
		after,
		verifyPageRows,
	);

function sumsToZero(postings: string): boolean {
	if (postings === "{}") return true;
	try {
		const points = Object.values(JSON.parse(postings) as Readonly<Record<string, unknown>>);
		return points.reduce<number>((sum, one) => sum + (typeof one === "number" ? one : Number.NaN), 0) === 0;
	} catch {
		return false;
	}
}

/** Why a checkpoint is not of the events, of which there are so many. */
const sentenceOf = ({ what, checkpoint: { size } }: Expected, events: number): string =>
	size > events
		? `${what}: there are only ${events}; ${size - events} are missing`
		: `${what}: the events are not those that were signed`;
