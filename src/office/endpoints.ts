import { base64Url, hexOf } from "../model/bytes.ts";
import type { Clock } from "../model/clock.ts";
import type { Endpoint, EndpointState, Rotated } from "../model/configuration.ts";
import type { Crypto } from "../model/crypto.ts";
import type { JsonObject } from "../model/json.ts";
import { bad, good, type Result } from "../model/result.ts";
import type { Row, Sql } from "../model/sql.ts";

/** An endpoint to be made, checked by its connector's schema. */
export interface NewEndpoint {
	readonly connector: string;
	readonly name: string;
	readonly settings: JsonObject;
	readonly secrets: Readonly<Record<string, string>>;
	/** Whether its senders speak an API of their own and need a key in it. */
	readonly writeKey: boolean;
}

/** All settings of an endpoint, checked by its connector's schema, in place of those that they were made from. */
export interface SettingsChange {
	readonly settings: JsonObject;
	readonly instead: JsonObject;
}

/** What of an endpoint is to be replaced. */
export interface Rotation {
	/** By name; one that was not set before is set. Null takes one away, at once: what is set has to be shown. */
	readonly secrets: Readonly<Record<string, string | null>>;
	readonly writeKey: boolean;
	readonly url: boolean;
	/** How long those before count beside them, milliseconds. */
	readonly overlapMs: number;
}

/** Which settings another value is given, for the audit log. */
export const changedIn = ({ settings, instead }: SettingsChange): string =>
	Object.keys(settings)
		.filter((name) => JSON.stringify(settings[name]) !== JSON.stringify(instead[name]))
		.join(", ");

/** What is replaced, for the audit log: never a value. */
export const rotatedIn = ({ secrets, writeKey, url }: Rotation): string =>
	[
		...Object.entries(secrets).map(rotatedSecret),
		...(writeKey ? ["write key"] : []),
		...(url ? ["url"] : []),
	].join(", ");

const rotatedSecret = ([name, value]: readonly [string, string | null]): string =>
	value === null ? `${name} taken away` : name;

/** The endpoints. What proves their senders lies sealed, and is destroyed when it does not count any more. */
export interface EndpointShelf {
	/** The living and the lately deleted; `until` is when that ends by itself, Unix milliseconds. */
	published(): { readonly endpoints: readonly Endpoint[]; readonly until: number };
	create(endpoint: NewEndpoint): Result<Endpoint, string>;
	setState(id: string, state: EndpointState): Result<Endpoint, string>;
	/** Refused where the settings are not those that the change was made from. */
	setSettings(id: string, change: SettingsChange): Result<Endpoint, string>;
	rotate(id: string, rotation: Rotation): Result<Endpoint, string>;
}

export interface EndpointShelfParts {
	readonly sql: Sql;
	readonly crypto: Crypto;
	readonly clock: Clock;
	/** 32 bytes: secrets are sealed under it. */
	readonly secretKey: Uint8Array;
}

/** A deleted endpoint answers 410 for so long, then its URL is unknown. */
const deletedForMs = 30 * 24 * 60 * 60_000;

// A long deleted endpoint has nothing `sealed` any more.
const tables = [
	`CREATE TABLE IF NOT EXISTS endpoint (
		id         TEXT    NOT NULL PRIMARY KEY,
		connector  TEXT    NOT NULL,
		name       TEXT    NOT NULL,
		state      TEXT    NOT NULL CHECK (state IN ('active', 'paused', 'deleted')),
		created_at INTEGER NOT NULL,
		deleted_at INTEGER,
		settings   TEXT    NOT NULL,
		sealed     TEXT    NOT NULL
	) STRICT`,
	`CREATE UNIQUE INDEX IF NOT EXISTS endpoint_name ON endpoint (name) WHERE state <> 'deleted'`,
];

/** The part of an endpoint that is sealed. */
type Sealed = Pick<Endpoint, "token" | "writeKey" | "secrets">;

export function openEndpointShelf({ sql, crypto, clock, secretKey }: EndpointShelfParts): EndpointShelf {
	for (const table of tables) sql.query(table);
	return { published, create, setState, setSettings, rotate };

	function published(): { readonly endpoints: readonly Endpoint[]; readonly until: number } {
		const now = clock();
		sql.query(
			`UPDATE endpoint SET sealed = '' WHERE state = 'deleted' AND deleted_at <= ? AND sealed <> ''`,
			now - deletedForMs,
		);
		const endpoints = sql
			.query(`SELECT * FROM endpoint WHERE sealed <> '' ORDER BY created_at, id`)
			.map((row) => forgetEnded(endpointOf(row), now));
		const ends = endpoints.flatMap((endpoint) => [
			...(endpoint.deletedAt === null ? [] : [endpoint.deletedAt + deletedForMs]),
			...rotatedOf(endpoint).flatMap(({ previous }) => previous?.until ?? []),
		]);
		return { endpoints, until: Math.min(...ends) };
	}

	/** What does not count any more goes from the database too. */
	function forgetEnded(endpoint: Endpoint, now: number): Endpoint {
		if (!rotatedOf(endpoint).some(({ previous }) => previous !== null && previous.until <= now))
			return endpoint;
		const left = { ...endpoint, ...mapped(endpoint, (one) => without(one, now)) };
		keep(left);
		return left;
	}

	function create({ connector, name, settings, secrets, writeKey }: NewEndpoint): Result<Endpoint, string> {
		const taken = sql.query(`SELECT id FROM endpoint WHERE name = ? AND state <> 'deleted'`, name)[0];
		if (taken !== undefined) return bad(`an endpoint is already called "${name}"; names are unique`);
		const endpoint: Endpoint = {
			id: `ep_${hexOf(crypto.randomBytes(8))}`,
			connector,
			name,
			state: "active",
			createdAt: clock(),
			deletedAt: null,
			settings,
			token: first(newToken()),
			writeKey: writeKey ? first(newWriteKey()) : null,
			secrets: Object.fromEntries(Object.entries(secrets).map(([secret, value]) => [secret, first(value)])),
		};
		sql.query(
			`INSERT INTO endpoint (id, connector, name, state, created_at, deleted_at, settings, sealed)
			 VALUES (?, ?, ?, 'active', ?, NULL, ?, ?)`,
			endpoint.id,
			connector,
			name,
			endpoint.createdAt,
			JSON.stringify(settings),
			sealed(endpoint),
		);
		return good(endpoint);
	}

	function setState(id: string, state: EndpointState): Result<Endpoint, string> {
		const found = living(id);
		if (!found.ok) return found;
		const deletedAt = state === "deleted" ? clock() : null;
		sql.query(`UPDATE endpoint SET state = ?, deleted_at = ? WHERE id = ?`, state, deletedAt, id);
		const changed: Endpoint = { ...found.value, state, deletedAt };
		// Its URL alone is needed, to tell its senders that it is gone.
		const left = state === "deleted" ? { ...changed, secrets: {}, writeKey: null } : changed;
		keep(left);
		return good(left);
	}

	function setSettings(id: string, { settings, instead }: SettingsChange): Result<Endpoint, string> {
		const found = living(id);
		if (!found.ok) return found;
		if (JSON.stringify(found.value.settings) !== JSON.stringify(instead))
			return bad(`somebody else has changed the settings of endpoint ${id} meanwhile; look at them again`);
		sql.query(`UPDATE endpoint SET settings = ? WHERE id = ?`, JSON.stringify(settings), id);
		return good({ ...found.value, settings });
	}

	function rotate(id: string, { secrets, writeKey, url, overlapMs }: Rotation): Result<Endpoint, string> {
		const found = living(id);
		if (!found.ok) return found;
		const { value: before } = found;
		const same = Object.keys(secrets).filter((name) => before.secrets[name]?.value === secrets[name]);
		if (same.length > 0)
			return bad(`the secret ${same.join(", ")} is the one that is set; rotate it to another`);
		const unset = Object.keys(secrets).filter(
			(name) => secrets[name] === null && before.secrets[name] === undefined,
		);
		if (unset.length > 0) return bad(`the secret ${unset.join(", ")} is not set`);
		if (writeKey && before.writeKey === null) return bad(`endpoint ${id} has no write key to rotate`);
		const until = clock() + overlapMs;
		const next = (rotated: Rotated | undefined, value: string): Rotated => ({
			...first(value),
			previous: rotated === undefined || overlapMs === 0 ? null : { value: rotated.value, until },
		});
		const left = Object.entries(before.secrets).filter(([name]) => secrets[name] !== null);
		const given = Object.entries(secrets).flatMap(([name, value]) =>
			value === null ? [] : [[name, next(before.secrets[name], value)] as const],
		);
		const changed: Endpoint = {
			...before,
			token: url ? next(before.token, newToken()) : before.token,
			writeKey: writeKey && before.writeKey !== null ? next(before.writeKey, newWriteKey()) : before.writeKey,
			secrets: Object.fromEntries([...left, ...given]),
		};
		keep(changed);
		return good(changed);
	}

	function living(id: string): Result<Endpoint, string> {
		const row = sql.query(`SELECT * FROM endpoint WHERE id = ? AND sealed <> ''`, id)[0];
		if (row === undefined) return bad(`there is no endpoint ${id}`);
		return row["state"] === "deleted"
			? bad(`endpoint ${id} is deleted and stays so`)
			: good(forgetEnded(endpointOf(row), clock()));
	}

	function endpointOf(row: Row): Endpoint {
		const deletedAt = row["deleted_at"];
		return {
			id: String(row["id"]),
			connector: String(row["connector"]),
			name: String(row["name"]),
			state: row["state"] as EndpointState,
			createdAt: Number(row["created_at"]),
			deletedAt: typeof deletedAt === "number" ? deletedAt : null,
			settings: JSON.parse(String(row["settings"])) as JsonObject,
			...(JSON.parse(crypto.open(secretKey, String(row["sealed"]))) as Sealed),
		};
	}

	function keep(endpoint: Endpoint): void {
		sql.query(`UPDATE endpoint SET sealed = ? WHERE id = ?`, sealed(endpoint), endpoint.id);
	}

	function sealed({ token, writeKey, secrets }: Sealed): string {
		return crypto.seal(secretKey, JSON.stringify({ token, writeKey, secrets }));
	}

	function first(value: string): Rotated {
		return { value, since: clock(), previous: null };
	}

	function newToken(): string {
		return base64Url(crypto.randomBytes(24));
	}

	/** Letters and digits alone, as Segment's libraries expect of one. */
	function newWriteKey(): string {
		return newToken().replace(/[-_]/g, "0");
	}
}

const rotatedOf = ({ token, writeKey, secrets }: Sealed): readonly Rotated[] => [
	token,
	...(writeKey === null ? [] : [writeKey]),
	...Object.values(secrets),
];

const mapped = ({ token, writeKey, secrets }: Sealed, change: (one: Rotated) => Rotated): Sealed => ({
	token: change(token),
	writeKey: writeKey === null ? null : change(writeKey),
	secrets: Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, change(secret)])),
});

const without = (rotated: Rotated, now: number): Rotated =>
	rotated.previous !== null && rotated.previous.until <= now ? { ...rotated, previous: null } : rotated;
