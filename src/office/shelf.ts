import type { Clock } from "../model/clock.ts";
import type { PublishedMappings } from "../model/configuration.ts";
import type { Crypto } from "../model/crypto.ts";
import {
	layered,
	type MappingFile,
	type MappingVersion,
	originOf,
	uploadPath,
} from "../model/mapping-file.ts";
import type { Problem } from "../model/problem.ts";
import { bad, good, type Result } from "../model/result.ts";
import type { Row, Sql } from "../model/sql.ts";

/** What became of a change to the set. */
export interface Changed {
	/** The text's, or null where a text was taken away. */
	readonly version: string | null;
	/** Whether the set is live with it: not, while other mappings have mistakes. */
	readonly live: boolean;
	/** All of the set: warnings where it is live. */
	readonly problems: readonly Problem[];
}

/** A text that would be uploaded under a name, or null where the name would be taken out. */
export interface TextChange {
	readonly name: string;
	readonly text: string | null;
}

/** One name of the set, with the texts that lie under it. */
export interface Shelved {
	readonly name: string;
	/** The last replaces the others. */
	readonly paths: readonly string[];
	/** Of the text that is live; null where none is. */
	readonly live: MappingVersion | null;
}

/**
 * The mappings, or the custom actions: files that came with the hub or lie in its folder, and texts that were uploaded,
 * as one set.
 *
 * A set goes live as a whole or not at all. What is live is kept with its texts, so that after a start with broken
 * files the last good set runs on.
 */
export interface Shelf {
	published(): PublishedMappings;
	/** Lays down the files there are now, all that is not uploaded. What is live stays until the set is settled. */
	lay(files: readonly MappingFile[]): void;
	/** Judges the set by what holds now, and puts it live where it is good. */
	settle(): void;
	/** Refused where the text brings mistakes into the set. */
	put(name: string, text: string, author: string): Result<Changed, readonly Problem[]>;
	/** Takes an upload away, so that what it replaced is back; null where there is none of that name. */
	remove(name: string, author: string): Result<Changed, readonly Problem[]> | null;
	list(): readonly Shelved[];
	/** The set as it would be with these texts, in the order of names; null takes a name out. */
	with(changes: readonly TextChange[]): readonly MappingFile[];
	/** All that is wrong with that set. */
	check(changes: readonly TextChange[]): readonly Problem[];
	/** Newest first. */
	versions(name: string): readonly MappingVersion[];
	/** The text of a version that was live. */
	text(version: string): string | null;
}

export interface ShelfParts {
	readonly sql: Sql;
	readonly crypto: Crypto;
	readonly clock: Clock;
	readonly kind: "mapping" | "action";
	/** All mistakes of a set, warnings included; `before` is of each name that ever was live its last text. */
	readonly check: (set: readonly MappingFile[], before: readonly MappingFile[]) => readonly Problem[];
}

const tablesOf = (kind: ShelfParts["kind"]): readonly string[] => [
	`CREATE TABLE IF NOT EXISTS ${kind}_text (
		version TEXT NOT NULL PRIMARY KEY,
		text    TEXT NOT NULL
	) STRICT`,
	`CREATE TABLE IF NOT EXISTS ${kind}_upload (
		name    TEXT NOT NULL PRIMARY KEY,
		version TEXT NOT NULL,
		author  TEXT NOT NULL
	) STRICT`,
	// Which text was live under a name, and since when; a null version took the name out of the set.
	`CREATE TABLE IF NOT EXISTS ${kind}_version (
		seq     INTEGER PRIMARY KEY,
		name    TEXT    NOT NULL,
		version TEXT,
		path    TEXT    NOT NULL,
		author  TEXT    NOT NULL,
		at      INTEGER NOT NULL
	) STRICT`,
	`CREATE INDEX IF NOT EXISTS ${kind}_version_by_name ON ${kind}_version (name, seq)`,
];

/** Who changes files, nobody tells the hub. */
const byFiles = "files";

export function openShelf({ sql, crypto, clock, kind, check }: ShelfParts): Shelf {
	for (const table of tablesOf(kind)) sql.query(table);
	let files: readonly MappingFile[] = [];
	let published: PublishedMappings | undefined;

	return {
		published: () => (published ??= publish([])),
		lay: (laid) => {
			files = laid;
		},
		settle: () => {
			goLiveIfGood(byFiles);
		},
		put,
		remove,
		list,
		with: setWithChanges,
		check: (changes) => check(setWithChanges(changes), lastTexts()),
		versions,
		text,
	};

	function put(name: string, text: string, author: string): Result<Changed, readonly Problem[]> {
		const upload = uploadOf(name, text);
		const added = [...uploads().filter((one) => one.name !== name), upload];
		const mistakes = broughtInBy(added);
		if (mistakes.length > 0) return bad(mistakes);
		keepText(upload);
		sql.query(
			`INSERT INTO ${kind}_upload (name, version, author) VALUES (?, ?, ?)
			 ON CONFLICT DO UPDATE SET version = excluded.version, author = excluded.author`,
			name,
			upload.version,
			author,
		);
		return good({ version: upload.version, ...goLiveIfGood(author) });
	}

	function remove(name: string, author: string): Result<Changed, readonly Problem[]> | null {
		const left = uploads().filter((one) => one.name !== name);
		if (left.length === uploads().length) return null;
		const mistakes = broughtInBy(left);
		if (mistakes.length > 0) return bad(mistakes);
		sql.query(`DELETE FROM ${kind}_upload WHERE name = ?`, name);
		return good({ version: null, ...goLiveIfGood(author) });
	}

	/** What the set does not have without this change, where errors are among it: nobody has to mend what another broke. */
	function broughtInBy(changed: readonly MappingFile[]): readonly Problem[] {
		const last = lastTexts();
		const before = new Set(check(setWith(uploads()), last).map(identityOf));
		const added = check(setWith(changed), last).filter((problem) => !before.has(identityOf(problem)));
		return added.some(isError) ? added : [];
	}

	function goLiveIfGood(author: string): Pick<Changed, "live" | "problems"> {
		const set = setWith(uploads());
		const problems = check(set, lastTexts());
		const live = !problems.some(isError);
		if (live) goLive(set, author);
		published = publish(live ? [] : problems.filter(isError));
		return { live, problems };
	}

	function goLive(set: readonly MappingFile[], author: string): void {
		const before = newest();
		const uploaders = uploadersOf();
		for (const file of set) {
			const known = before.get(file.name);
			before.delete(file.name);
			if (known?.version === file.version && known.path === file.path) continue;
			keepText(file);
			// An upload that waited for others to be mended is still its uploader's.
			const by = originOf(file.path) === "upload" ? (uploaders.get(file.name) ?? author) : author;
			keepVersion(file.name, { version: file.version, path: file.path, author: by, at: clock() });
		}
		for (const [name, { version, path }] of before) {
			if (version !== null) keepVersion(name, { version: null, path, author, at: clock() });
		}
	}

	function publish(problems: readonly Problem[]): PublishedMappings {
		const kept = [...newest()].flatMap(([name, { version, path }]): readonly MappingFile[] =>
			version === null ? [] : [{ name, path, version, text: text(version) ?? "" }],
		);
		const live = kept.length === 0 && problems.length > 0 ? null : kept;
		const names = new Set(kept.map(({ name }) => name));
		const faulty = new Set(problems.map(({ file }) => file));
		const awaited = setWith(uploads()).filter(({ name, path }) => faulty.has(path) && !names.has(name));
		const said = JSON.stringify([kept.map(({ path, version }) => [path, version]), awaited, problems]);
		return { hash: crypto.sha256Hex(said).slice(0, 16), live, awaited, problems };
	}

	function list(): readonly Shelved[] {
		const live = newest();
		const all = Map.groupBy([...files, ...uploads()], ({ name }) => name);
		const names = new Set([
			...all.keys(),
			...[...live].flatMap(([name, { version }]) => (version === null ? [] : [name])),
		]);
		return [...names].sort().map((name) => ({
			name,
			paths: (all.get(name) ?? []).map(({ path }) => path),
			live: live.get(name)?.version == null ? null : (live.get(name) ?? null),
		}));
	}

	function versions(name: string): readonly MappingVersion[] {
		return sql
			.query(`SELECT * FROM ${kind}_version WHERE name = ? ORDER BY seq DESC`, name)
			.map(versionOfRow);
	}

	/** Of each name that ever was live, in the order of names. */
	function newest(): Map<string, MappingVersion> {
		const rows = sql.query(
			`SELECT * FROM ${kind}_version WHERE seq IN (SELECT max(seq) FROM ${kind}_version GROUP BY name) ORDER BY name`,
		);
		return new Map(rows.map((row) => [String(row["name"]), versionOfRow(row)]));
	}

	/** Of each name that ever was live, the text that was the last: also where the name was taken out since. */
	function lastTexts(): readonly MappingFile[] {
		return sql
			.query(
				`SELECT name, version, path, text FROM ${kind}_version JOIN ${kind}_text USING (version)
				 WHERE seq IN (SELECT max(seq) FROM ${kind}_version WHERE version IS NOT NULL GROUP BY name)
				 ORDER BY name`,
			)
			.map(fileOfRow);
	}

	function keepVersion(name: string, { version, path, author, at }: MappingVersion): void {
		sql.query(
			`INSERT INTO ${kind}_version (name, version, path, author, at) VALUES (?, ?, ?, ?, ?)`,
			name,
			version,
			path,
			author,
			at,
		);
	}

	function keepText({ version, text }: MappingFile): void {
		sql.query(`INSERT INTO ${kind}_text (version, text) VALUES (?, ?) ON CONFLICT DO NOTHING`, version, text);
	}

	function text(version: string): string | null {
		const row = sql.query(`SELECT text FROM ${kind}_text WHERE version = ?`, version)[0];
		return row === undefined ? null : String(row["text"]);
	}

	function uploads(): readonly MappingFile[] {
		return sql
			.query(`SELECT name, version, text FROM ${kind}_upload JOIN ${kind}_text USING (version)`)
			.map((row) => fileOfRow({ ...row, path: uploadPath(String(row["name"])) }));
	}

	function uploadersOf(): ReadonlyMap<string, string> {
		const rows = sql.query(`SELECT name, author FROM ${kind}_upload`);
		return new Map(rows.map((row) => [String(row["name"]), String(row["author"])]));
	}

	function setWithChanges(changes: readonly TextChange[]): readonly MappingFile[] {
		const names = new Set(changes.map(({ name }) => name));
		const added = changes.flatMap(({ name, text }) => (text === null ? [] : [uploadOf(name, text)]));
		return layered([...setWith(uploads()).filter(({ name }) => !names.has(name)), ...added]);
	}

	function setWith(uploaded: readonly MappingFile[]): readonly MappingFile[] {
		return layered([...files, ...uploaded]);
	}

	function uploadOf(name: string, text: string): MappingFile {
		return { name, path: uploadPath(name), text, version: crypto.sha256Hex(text).slice(0, 12) };
	}
}

export const isError = ({ severity }: Problem): boolean => severity === "error";

/** What makes two problems the same one. */
export const identityOf = ({ file, line, column, severity, code, message }: Problem): string =>
	[file, line, column, severity, code, message].join("\n");

const fileOfRow = (row: Row): MappingFile => ({
	name: String(row["name"]),
	path: String(row["path"]),
	text: String(row["text"]),
	version: String(row["version"]),
});

const versionOfRow = (row: Row): MappingVersion => ({
	version: row["version"] === null ? null : String(row["version"]),
	path: String(row["path"]),
	author: String(row["author"]),
	at: Number(row["at"]),
});
