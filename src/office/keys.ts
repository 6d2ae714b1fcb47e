import { base64Url } from "../model/bytes.ts";
import type { Clock } from "../model/clock.ts";
import type { ApiKey, KeySecret, KeySettings, KeyUse } from "../model/configuration.ts";
import type { Crypto } from "../model/crypto.ts";
import { bad, good, type Result } from "../model/result.ts";
import type { Row, Sql } from "../model/sql.ts";

/** A key to be made. */
export interface NewKey {
	readonly name: string;
	readonly use: KeyUse;
	readonly settings: KeySettings;
}

/** A key with the secret that was just made for it: it is shown this once. */
export interface MadeKey {
	readonly key: string;
	/** Null for a browser key: what sits in a page is no secret. */
	readonly secret: string | null;
}

/** A key as people may see it: without its secrets. */
export interface KeyView extends NewKey {
	readonly key: string;
	/** Unix milliseconds. */
	readonly createdAt: number;
	readonly revokedAt: number | null;
	/** When the secret before the newest ends; null where there is none that counts. */
	readonly previousUntil: number | null;
}

/** The keys of Antavo's API. Their secrets lie sealed; a revoked key's are destroyed. */
export interface KeyShelf {
	/** Those that are not revoked. */
	published(): readonly ApiKey[];
	create(key: NewKey): MadeKey;
	/** Gives the key another secret; the one before counts for `overlapMs` more. */
	rotate(key: string, overlapMs: number): Result<MadeKey, string>;
	/** For good. */
	revoke(key: string): Result<KeyView, string>;
	/** The newest first, revoked ones too. */
	list(): readonly KeyView[];
}

export interface KeyShelfParts {
	readonly sql: Sql;
	readonly crypto: Crypto;
	readonly clock: Clock;
	/** 32 bytes: secrets are sealed under it. */
	readonly secretKey: Uint8Array;
}

const table = `CREATE TABLE IF NOT EXISTS api_key (
	key        TEXT    NOT NULL PRIMARY KEY,
	name       TEXT    NOT NULL,
	use        TEXT    NOT NULL CHECK (use IN ('server', 'browser', 'development')),
	created_at INTEGER NOT NULL,
	revoked_at INTEGER,
	settings   TEXT    NOT NULL,
	sealed     TEXT    NOT NULL
) STRICT`;

export function openKeyShelf({ sql, crypto, clock, secretKey }: KeyShelfParts): KeyShelf {
	sql.query(table);
	return { published, create, rotate, revoke, list };

	function published(): readonly ApiKey[] {
		return sql
			.query(`SELECT * FROM api_key WHERE revoked_at IS NULL ORDER BY created_at, key`)
			.map((row) => ({ ...describedIn(row), secrets: secretsIn(row) }));
	}

	function create({ name, use, settings }: NewKey): MadeKey {
		const key = `ak_${base64Url(crypto.randomBytes(18))}`;
		const secret = use === "browser" ? null : newSecret();
		const secrets: readonly KeySecret[] = secret === null ? [] : [{ secret, until: null }];
		sql.query(
			`INSERT INTO api_key (key, name, use, created_at, revoked_at, settings, sealed)
			 VALUES (?, ?, ?, ?, NULL, ?, ?)`,
			key,
			name,
			use,
			clock(),
			JSON.stringify(settings),
			sealed(secrets),
		);
		return { key, secret };
	}

	function rotate(key: string, overlapMs: number): Result<MadeKey, string> {
		const found = living(key);
		if (!found.ok) return found;
		const [newest] = secretsIn(found.value);
		if (newest === undefined) return bad(`${key} is a browser key: it has no secret to rotate`);
		const secret = newSecret();
		const before = { ...newest, until: clock() + overlapMs };
		keep(key, [{ secret, until: null }, ...(overlapMs > 0 ? [before] : [])]);
		return good({ key, secret });
	}

	function revoke(key: string): Result<KeyView, string> {
		const found = living(key);
		if (!found.ok) return found;
		keep(key, []);
		const revokedAt = clock();
		sql.query(`UPDATE api_key SET revoked_at = ? WHERE key = ?`, revokedAt, key);
		return good({ ...viewOf(found.value), revokedAt, previousUntil: null });
	}

	function list(): readonly KeyView[] {
		return sql.query(`SELECT * FROM api_key ORDER BY created_at DESC, key`).map(viewOf);
	}

	function living(key: string): Result<Row, string> {
		const row = sql.query(`SELECT * FROM api_key WHERE key = ?`, key)[0];
		if (row === undefined) return bad(`there is no key ${key}`);
		return row["revoked_at"] === null ? good(row) : bad(`${key} is revoked and stays so`);
	}

	function viewOf(row: Row): KeyView {
		const revokedAt = row["revoked_at"];
		const [, previous] = secretsIn(row).filter(({ until }) => until === null || until > clock());
		return {
			...describedIn(row),
			revokedAt: typeof revokedAt === "number" ? revokedAt : null,
			previousUntil: previous?.until ?? null,
		};
	}

	function describedIn(row: Row): Omit<ApiKey, "secrets"> {
		return {
			key: String(row["key"]),
			name: String(row["name"]),
			use: row["use"] as KeyUse,
			createdAt: Number(row["created_at"]),
			settings: JSON.parse(String(row["settings"])) as KeySettings,
		};
	}

	function newSecret(): string {
		return base64Url(crypto.randomBytes(32));
	}

	function sealed(secrets: readonly KeySecret[]): string {
		return crypto.seal(secretKey, JSON.stringify(secrets));
	}

	function secretsIn(row: Row): readonly KeySecret[] {
		return JSON.parse(crypto.open(secretKey, String(row["sealed"]))) as readonly KeySecret[];
	}

	function keep(key: string, secrets: readonly KeySecret[]): void {
		sql.query(`UPDATE api_key SET sealed = ? WHERE key = ?`, sealed(secrets), key);
	}
}
