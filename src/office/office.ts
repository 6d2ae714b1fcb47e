import { base64Url, bytesOfHex, hexOf } from "../model/bytes.ts";
import type { Clock } from "../model/clock.ts";
import type { Configuration, Endpoint, EndpointState } from "../model/configuration.ts";
import type { Crypto } from "../model/crypto.ts";
import type { ActionFile, MappingFile, MappingVersion } from "../model/mapping-file.ts";
import type { Problem } from "../model/problem.ts";
import type { Result } from "../model/result.ts";
import type { Sql } from "../model/sql.ts";
import { type ClientView, type MadeClient, type NewClient, openClientShelf } from "./clients.ts";
import {
	changedIn,
	type NewEndpoint,
	openEndpointShelf,
	type Rotation,
	rotatedIn,
	type SettingsChange,
} from "./endpoints.ts";
import { type KeyView, type MadeKey, type NewKey, openKeyShelf } from "./keys.ts";
import { type BegunPull, type KeptPull, openPullShelf, type PullView } from "./pulls.ts";
import { type Changed, identityOf, isError, openShelf, type Shelved, type TextChange } from "./shelf.ts";

/** Who acts: an account's or a token's name, for the audit log. */
export type Actor = string;

export type Role = "Administrator";

export interface AuditEntry {
	readonly seq: number;
	/** Unix milliseconds. */
	readonly at: number;
	readonly actor: Actor;
	readonly act: string;
	readonly subject: string;
}

/**
 * The office: what people set up. Secrets lie sealed in it, passwords and tokens only as hashes; the audit log is
 * only ever appended to.
 */
export interface Office {
	/** The published state, or null where the caller knows it already by its hash. */
	configuration(known: string | null): Configuration | null;
	createEndpoint(endpoint: NewEndpoint, actor: Actor): Result<Endpoint, string>;
	setEndpointState(id: string, state: EndpointState, actor: Actor): Result<Endpoint, string>;
	/** Refused where they are not what the change was made from. */
	setEndpointSettings(id: string, change: SettingsChange, actor: Actor): Result<Endpoint, string>;
	/** Other secrets, another write key, another URL: those before count for a while more, and at most two do. */
	rotateEndpoint(id: string, rotation: Rotation, actor: Actor): Result<Endpoint, string>;
	/** The files there are now; they go live with what was uploaded. */
	offer(files: OfferedFiles): void;
	/** Refused, with all that is wrong, where the text or what it would do to live mappings is a mistake. */
	putAction(name: string, text: string, actor: Actor): Result<Changed, readonly Problem[]>;
	/** Takes an upload away; null where there is none of that name. Refused where live mappings would miss it. */
	removeAction(name: string, actor: Actor): Result<Changed, readonly Problem[]> | null;
	/** Of the custom actions. */
	actions(): readonly Shelved[];
	actionSet(changes: readonly TextChange[]): readonly ActionFile[];
	/** All that is wrong with the custom actions as they would be with these texts. */
	checkActions(changes: readonly TextChange[]): readonly Problem[];
	actionVersions(name: string): readonly MappingVersion[];
	actionText(version: string): string | null;
	/** Refused, with all that is wrong, where the text brings a mistake into the set. */
	putMapping(name: string, text: string, actor: Actor): Result<Changed, readonly Problem[]>;
	/** Takes an upload away; null where there is none of that name. */
	removeMapping(name: string, actor: Actor): Result<Changed, readonly Problem[]> | null;
	mappings(): readonly Shelved[];
	/** The set as it would be with these texts, in the order of names. */
	mappingSet(changes: readonly TextChange[]): readonly MappingFile[];
	/** What was live under a name, newest first. */
	mappingVersions(name: string): readonly MappingVersion[];
	mappingText(version: string): string | null;
	/** A key of Antavo's API; its secret is shown once. */
	createKey(key: NewKey, actor: Actor): MadeKey;
	/** Another secret; the one before counts for so many milliseconds more, and at most two do. */
	rotateKey(key: string, overlapMs: number, actor: Actor): Result<MadeKey, string>;
	/** For good. */
	revokeKey(key: string, actor: Actor): Result<KeyView, string>;
	/** The newest first, revoked ones too. */
	keys(): readonly KeyView[];
	/** A client of the asynchronous API; its secret is shown once. */
	createClient(client: NewClient, actor: Actor): MadeClient;
	/** For good. */
	revokeClient(id: string, actor: Actor): Result<ClientView, string>;
	/** The newest first, revoked ones too. */
	clients(): readonly ClientView[];
	/** The client that shows this secret, or null: unknown, revoked and expired look the same, but in the audit log. */
	signInClient(id: string, secret: string): ClientView | null;
	/** Makes the account, or gives it this password: where that is a new one, its sessions end. */
	setPassword(account: string, password: string): void;
	hasAccount(account: string): boolean;
	/** A session's token, good for twelve hours, or null: wrong name, wrong password and too many tries look the same. */
	signIn(account: string, password: string): string | null;
	signOut(session: string): void;
	/** Whose session this is, or null. */
	sessionAccount(session: string): string | null;
	/** A bearer token for `/api`; shown once. */
	createToken(name: string, role: Role, actor: Actor): string;
	tokenName(token: string): string | null;
	audit(limit: number): readonly AuditEntry[];
	/** Puts into the audit log what happened elsewhere. */
	note(actor: Actor, act: string, subject: string): void;
	/** Null where the endpoint's pull is not due, or somebody else is at it: who begins has it for so long. */
	beginPull(endpoint: string, leaseMs: number): BegunPull | null;
	keepPull(endpoint: string, kept: KeptPull): void;
	/** The system has let go of something before it was read; the last of such sentences is kept. */
	noteGap(endpoint: string, reason: string): void;
	/** Of the endpoints that ask their systems. */
	pulls(): readonly PullView[];
	/** What a part of the hub says keeps it from its work, in place of what it said before; empty where nothing does. */
	setTroubles(part: string, troubles: readonly string[]): void;
	/** Of all parts that report here, each sentence behind its part's name. */
	troubles(): readonly string[];
}

/** What lies in the hub's folder, or came with it. */
export interface OfferedFiles {
	readonly actions: readonly ActionFile[];
	/** Presets and local ones. */
	readonly mappings: readonly MappingFile[];
}

/** Judges sets of texts: all their mistakes, warnings included. */
export interface Judge {
	/** `before` is of each name that ever was live its last text: what a name became, it has to go on being. */
	actions(set: readonly ActionFile[], before: readonly ActionFile[]): readonly Problem[];
	/** By these custom actions. */
	mappings(set: readonly MappingFile[], actions: readonly ActionFile[]): readonly Problem[];
}

export interface OfficeParts {
	readonly sql: Sql;
	readonly crypto: Crypto;
	readonly clock: Clock;
	/** 32 bytes from `HUB_SECRET_KEY`: secrets are sealed under it. */
	readonly secretKey: Uint8Array;
	readonly judge: Judge;
}

/** Long enough for a working day, short enough for a shared computer. */
const sessionMs = 12 * 60 * 60_000;

/** A person mistypes a few times; a program tries thousands. */
const failuresPerMinuteMax = 10;

/** What strangers try with clients is put into the audit log so often; more would be a way to fill the disk. */
const clientRefusalsPerMinuteMax = 10;

const tables = [
	`CREATE TABLE IF NOT EXISTS setting (
		name   TEXT NOT NULL PRIMARY KEY,
		sealed TEXT NOT NULL
	) STRICT`,
	`CREATE TABLE IF NOT EXISTS account (
		name     TEXT NOT NULL PRIMARY KEY,
		password TEXT NOT NULL,
		role     TEXT NOT NULL
	) STRICT`,
	`CREATE TABLE IF NOT EXISTS session (
		hash       TEXT    NOT NULL PRIMARY KEY,
		account    TEXT    NOT NULL,
		expires_at INTEGER NOT NULL
	) STRICT`,
	`CREATE TABLE IF NOT EXISTS token (
		hash       TEXT    NOT NULL PRIMARY KEY,
		name       TEXT    NOT NULL,
		role       TEXT    NOT NULL,
		created_at INTEGER NOT NULL
	) STRICT`,
	`CREATE TABLE IF NOT EXISTS audit (
		seq     INTEGER PRIMARY KEY,
		at      INTEGER NOT NULL,
		actor   TEXT    NOT NULL,
		act     TEXT    NOT NULL,
		subject TEXT    NOT NULL
	) STRICT`,
	`CREATE TABLE IF NOT EXISTS trouble (
		part      TEXT NOT NULL PRIMARY KEY,
		sentences TEXT NOT NULL
	) STRICT`,
	`CREATE TRIGGER IF NOT EXISTS audit_is_kept BEFORE DELETE ON audit
	 BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END`,
	`CREATE TRIGGER IF NOT EXISTS audit_is_not_altered BEFORE UPDATE ON audit
	 BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END`,
];

/** Opens the office; throws where `secretKey` is not the one its secrets were sealed under. */
export function openOffice({ sql, crypto, clock, secretKey, judge }: OfficeParts): Office {
	for (const table of tables) sql.query(table);
	const actionShelf = openShelf({
		sql,
		crypto,
		clock,
		kind: "action",
		check: (set, before) => [...judge.actions(set, before), ...brokenBy(set)],
	});
	const shelf = openShelf({
		sql,
		crypto,
		clock,
		kind: "mapping",
		check: (set) => judge.mappings(set, liveActions()),
	});
	const endpointShelf = openEndpointShelf({ sql, crypto, clock, secretKey });
	const keyShelf = openKeyShelf({ sql, crypto, clock, secretKey });
	const clientShelf = openClientShelf({ sql, crypto, clock });
	const pullShelf = openPullShelf({ sql, clock });
	const hubKey = hubKeyOf();
	let published: Configuration | undefined;
	/** When the published state ends by itself: a deleted endpoint or a rotated secret is then forgotten. */
	let publishedUntil = Number.POSITIVE_INFINITY;
	/** When sign-ins failed in the last minute: each try costs a scrypt, so that many of them would stop the hub. */
	let failures: readonly number[] = [];
	/** When clients were refused in the last minute. */
	let clientRefusals: readonly number[] = [];
	/** A hash that no password has: an unknown name then takes as long as a wrong password. */
	let nobodys: string | undefined;

	return {
		configuration,
		createEndpoint,
		setEndpointState,
		setEndpointSettings,
		rotateEndpoint,
		offer,
		putAction,
		removeAction,
		actions: actionShelf.list,
		actionSet: actionShelf.with,
		checkActions: actionShelf.check,
		actionVersions: actionShelf.versions,
		actionText: actionShelf.text,
		putMapping,
		removeMapping,
		mappings: shelf.list,
		mappingSet: shelf.with,
		mappingVersions: shelf.versions,
		mappingText: shelf.text,
		createKey,
		rotateKey,
		revokeKey,
		keys: keyShelf.list,
		createClient,
		revokeClient,
		clients: clientShelf.list,
		signInClient,
		setPassword,
		hasAccount,
		signIn,
		signOut,
		sessionAccount,
		createToken,
		tokenName,
		audit,
		note,
		beginPull: pullShelf.begin,
		keepPull: pullShelf.keep,
		noteGap: pullShelf.noteGap,
		pulls: pullShelf.list,
		setTroubles: (part, troubles) => {
			sql.query("DELETE FROM trouble WHERE part = ?", part);
			if (troubles.length === 0) return;
			sql.query("INSERT INTO trouble (part, sentences) VALUES (?, ?)", part, JSON.stringify(troubles));
		},
		troubles: () =>
			sql
				.query("SELECT part, sentences FROM trouble ORDER BY part")
				.flatMap(({ part, sentences }) =>
					(JSON.parse(String(sentences)) as readonly string[]).map((one) => `${String(part)}: ${one}`),
				),
	};

	function hubKeyOf(): Uint8Array {
		const row = sql.query(`SELECT sealed FROM setting WHERE name = 'hub-key'`)[0];
		if (row !== undefined) return openedKey(String(row["sealed"]));
		const key = crypto.randomBytes(32);
		sql.query(`INSERT INTO setting (name, sealed) VALUES ('hub-key', ?)`, crypto.seal(secretKey, hexOf(key)));
		return key;
	}

	/** The first thing that is opened under the secret key, so that another one shows here. */
	function openedKey(sealed: string): Uint8Array {
		try {
			return bytesOfHex(crypto.open(secretKey, sealed));
		} catch (cause) {
			throw new Error(
				"its secrets are sealed under another key; set HUB_SECRET_KEY to what it was, or where none was set, put back the data folder's secret.key",
				{ cause },
			);
		}
	}

	function configuration(known: string | null): Configuration | null {
		if (published === undefined || clock() >= publishedUntil) published = publish();
		return published.hash === known ? null : published;
	}

	function publish(): Configuration {
		const { endpoints, until } = endpointShelf.published();
		publishedUntil = until;
		const keys = keyShelf.published();
		const clients = clientShelf.published();
		const mappings = shelf.published();
		const { hash: actionsHash, live, problems } = actionShelf.published();
		const actions = { hash: actionsHash, live, problems };
		const said = JSON.stringify([endpoints, keys, clients, actionsHash, mappings.hash]);
		const hash = crypto.sha256Hex(said).slice(0, 16);
		return { hash, hubKey, endpoints, keys, clients, actions, mappings };
	}

	function createEndpoint(endpoint: NewEndpoint, actor: Actor): Result<Endpoint, string> {
		return noted(endpointShelf.create(endpoint), actor, "endpoint create");
	}

	function setEndpointState(id: string, state: EndpointState, actor: Actor): Result<Endpoint, string> {
		return noted(endpointShelf.setState(id, state), actor, `endpoint ${state}`);
	}

	function setEndpointSettings(id: string, change: SettingsChange, actor: Actor): Result<Endpoint, string> {
		return noted(endpointShelf.setSettings(id, change), actor, `endpoint set ${changedIn(change)}`);
	}

	function rotateEndpoint(id: string, rotation: Rotation, actor: Actor): Result<Endpoint, string> {
		return noted(endpointShelf.rotate(id, rotation), actor, `endpoint rotate ${rotatedIn(rotation)}`);
	}

	/** What was done to an endpoint goes into the audit log, and is published. */
	function noted(done: Result<Endpoint, string>, actor: Actor, act: string): Result<Endpoint, string> {
		if (!done.ok) return done;
		note(actor, act, done.value.id);
		published = undefined;
		return done;
	}

	/** Actions first: new mappings may need new ones. */
	function offer({ actions, mappings }: OfferedFiles): void {
		actionShelf.lay(actions);
		shelf.lay(mappings);
		actionShelf.settle();
		shelf.settle();
		published = undefined;
	}

	function putAction(name: string, text: string, actor: Actor): Result<Changed, readonly Problem[]> {
		const put = actionShelf.put(name, text, actor);
		if (put.ok) actionsChanged(actor, "action put", `${name} ${put.value.version}`);
		return put;
	}

	function removeAction(name: string, actor: Actor): Result<Changed, readonly Problem[]> | null {
		const removed = actionShelf.remove(name, actor);
		if (removed?.ok === true) actionsChanged(actor, "action remove", name);
		return removed;
	}

	/** A mapping that waited for an action goes live with it. */
	function actionsChanged(actor: Actor, act: string, subject: string): void {
		note(actor, act, subject);
		shelf.settle();
		published = undefined;
	}

	function liveActions(): readonly ActionFile[] {
		return actionShelf.published().live ?? [];
	}

	/**
	 * The errors that mappings would have by these actions, and do not have by those that are live. Mappings that are
	 * about to go live count, where all of them are good by the new actions; else those that are.
	 */
	function brokenBy(actions: readonly ActionFile[]): readonly Problem[] {
		const now = liveActions();
		if (isSame(actions, now)) return [];
		if (!judge.mappings(shelf.with([]), actions).some(isError)) return [];
		const live = shelf.published().live ?? [];
		const had = new Set(judge.mappings(live, now).map(identityOf));
		return judge.mappings(live, actions).filter((one) => isError(one) && !had.has(identityOf(one)));
	}

	function putMapping(name: string, text: string, actor: Actor): Result<Changed, readonly Problem[]> {
		const put = shelf.put(name, text, actor);
		if (put.ok) {
			note(actor, "mapping put", `${name} ${put.value.version}`);
			published = undefined;
		}
		return put;
	}

	function removeMapping(name: string, actor: Actor): Result<Changed, readonly Problem[]> | null {
		const removed = shelf.remove(name, actor);
		if (removed?.ok === true) {
			note(actor, "mapping remove", name);
			published = undefined;
		}
		return removed;
	}

	function createKey(key: NewKey, actor: Actor): MadeKey {
		const made = keyShelf.create(key);
		note(actor, `key create ${key.use}`, made.key);
		published = undefined;
		return made;
	}

	function rotateKey(key: string, overlapMs: number, actor: Actor): Result<MadeKey, string> {
		const made = keyShelf.rotate(key, overlapMs);
		if (made.ok) {
			note(actor, "key rotate", key);
			published = undefined;
		}
		return made;
	}

	function revokeKey(key: string, actor: Actor): Result<KeyView, string> {
		const revoked = keyShelf.revoke(key);
		if (revoked.ok) {
			note(actor, "key revoke", key);
			published = undefined;
		}
		return revoked;
	}

	function createClient(client: NewClient, actor: Actor): MadeClient {
		const made = clientShelf.create(client);
		note(actor, "client create", made.id);
		published = undefined;
		return made;
	}

	function revokeClient(id: string, actor: Actor): Result<ClientView, string> {
		const revoked = clientShelf.revoke(id);
		if (revoked.ok) {
			note(actor, "client revoke", id);
			published = undefined;
		}
		return revoked;
	}

	function signInClient(id: string, secret: string): ClientView | null {
		const client = clientShelf.identify(id, secret);
		if (client.ok) return client.value;
		clientRefusals = clientRefusals.filter((at) => at > clock() - 60_000);
		if (clientRefusals.length < clientRefusalsPerMinuteMax) {
			clientRefusals = [...clientRefusals, clock()];
			const { known, reason } = client.failure;
			note(known ? id : "stranger", "token refused", reason);
		}
		return null;
	}

	function setPassword(account: string, password: string): void {
		const row = sql.query(`SELECT password FROM account WHERE name = ?`, account)[0];
		if (row !== undefined && crypto.verifyPassword(password, String(row["password"]))) return;
		sql.query(
			`INSERT INTO account (name, password, role) VALUES (?, ?, 'Administrator')
			 ON CONFLICT DO UPDATE SET password = excluded.password`,
			account,
			crypto.hashPassword(password),
		);
		sql.query(`DELETE FROM session WHERE account = ?`, account);
		note("hub", "password set", account);
	}

	function hasAccount(account: string): boolean {
		return sql.query(`SELECT 1 FROM account WHERE name = ?`, account).length > 0;
	}

	function signIn(account: string, password: string): string | null {
		const row = sql.query(`SELECT password FROM account WHERE name = ?`, account)[0];
		failures = failures.filter((at) => at > clock() - 60_000);
		if (failures.length >= failuresPerMinuteMax) return null;
		nobodys ??= crypto.hashPassword(base64Url(crypto.randomBytes(16)));
		const hash = row === undefined ? nobodys : String(row["password"]);
		if (!crypto.verifyPassword(password, hash) || row === undefined) {
			failures = [...failures, clock()];
			note("stranger", "sign-in refused", row === undefined ? "unknown account" : account);
			return null;
		}
		const session = base64Url(crypto.randomBytes(32));
		sql.query(`DELETE FROM session WHERE expires_at <= ?`, clock());
		sql.query(
			`INSERT INTO session (hash, account, expires_at) VALUES (?, ?, ?)`,
			crypto.sha256Hex(session),
			account,
			clock() + sessionMs,
		);
		note(account, "sign-in", account);
		return session;
	}

	function signOut(session: string): void {
		sql.query(`DELETE FROM session WHERE hash = ?`, crypto.sha256Hex(session));
	}

	function sessionAccount(session: string): string | null {
		const row = sql.query(
			`SELECT account FROM session WHERE hash = ? AND expires_at > ?`,
			crypto.sha256Hex(session),
			clock(),
		)[0];
		return row === undefined ? null : String(row["account"]);
	}

	function createToken(name: string, role: Role, actor: Actor): string {
		const token = `hub_${base64Url(crypto.randomBytes(32))}`;
		sql.query(
			`INSERT INTO token (hash, name, role, created_at) VALUES (?, ?, ?, ?)`,
			crypto.sha256Hex(token),
			name,
			role,
			clock(),
		);
		note(actor, "token create", name);
		return token;
	}

	function tokenName(token: string): string | null {
		const row = sql.query(`SELECT name FROM token WHERE hash = ?`, crypto.sha256Hex(token))[0];
		return row === undefined ? null : String(row["name"]);
	}

	function audit(limit: number): readonly AuditEntry[] {
		return sql.query(`SELECT * FROM audit ORDER BY seq DESC LIMIT ?`, limit).map((row) => ({
			seq: Number(row["seq"]),
			at: Number(row["at"]),
			actor: String(row["actor"]),
			act: String(row["act"]),
			subject: String(row["subject"]),
		}));
	}

	function note(actor: Actor, act: string, subject: string): void {
		sql.query(
			`INSERT INTO audit (at, actor, act, subject) VALUES (?, ?, ?, ?)`,
			clock(),
			actor,
			act,
			subject,
		);
	}
}

const isSame = (some: readonly ActionFile[], others: readonly ActionFile[]): boolean =>
	some.length === others.length &&
	some.every(({ name, version }, index) => {
		const other = others[index];
		return other?.name === name && other.version === version;
	});
