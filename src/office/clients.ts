import { base64Url, bytesOfHex } from "../model/bytes.ts";
import type { Clock } from "../model/clock.ts";
import type { Client, ClientScope } from "../model/configuration.ts";
import type { Crypto } from "../model/crypto.ts";
import { bad, good, type Result } from "../model/result.ts";
import type { Row, Sql } from "../model/sql.ts";

/** A client to be made. */
export interface NewClient {
	readonly name: string;
	readonly scope: ClientScope;
	/** Unix milliseconds; null where it does not end by itself. */
	readonly expiresAt: number | null;
	/** Origins: see `Client`. */
	readonly callbacks: readonly string[];
}

/** A client with its secret, which is shown this once and kept as a hash. */
export interface MadeClient {
	readonly id: string;
	readonly secret: string;
}

/** A client as people may see it. */
export interface ClientView extends Client {
	/** Unix milliseconds. */
	readonly createdAt: number;
	readonly revokedAt: number | null;
	readonly status: "active" | "expired" | "revoked";
}

/** Why nobody is known by an id and a secret: for the operator. */
export interface Unidentified {
	/** Whether there is a client of that id. */
	readonly known: boolean;
	readonly reason: string;
}

/** Clients of the asynchronous API: they show a secret for a token, and the token for the rest. */
export interface ClientShelf {
	/** Those that are not revoked. */
	published(): readonly Client[];
	create(client: NewClient): MadeClient;
	/** For good. */
	revoke(id: string): Result<ClientView, string>;
	/** The newest first, revoked ones too. */
	list(): readonly ClientView[];
	/** Whose secret this is. */
	identify(id: string, secret: string): Result<ClientView, Unidentified>;
}

export interface ClientShelfParts {
	readonly sql: Sql;
	readonly crypto: Crypto;
	readonly clock: Clock;
}

const table = `CREATE TABLE IF NOT EXISTS client (
	id         TEXT    NOT NULL PRIMARY KEY,
	name       TEXT    NOT NULL,
	scope      TEXT    NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER,
	revoked_at INTEGER,
	callbacks  TEXT    NOT NULL,
	secret     TEXT    NOT NULL
) STRICT`;

export function openClientShelf({ sql, crypto, clock }: ClientShelfParts): ClientShelf {
	sql.query(table);
	return { published, create, revoke, list, identify };

	function published(): readonly Client[] {
		return sql
			.query(`SELECT * FROM client WHERE revoked_at IS NULL ORDER BY created_at, id`)
			.map(describedIn);
	}

	function create({ name, scope, expiresAt, callbacks }: NewClient): MadeClient {
		const id = `client_${base64Url(crypto.randomBytes(18))}`;
		const secret = base64Url(crypto.randomBytes(32));
		sql.query(
			`INSERT INTO client (id, name, scope, created_at, expires_at, revoked_at, callbacks, secret)
			 VALUES (?, ?, ?, ?, ?, NULL, ?, ?)`,
			id,
			name,
			scope,
			clock(),
			expiresAt,
			JSON.stringify(callbacks),
			crypto.sha256Hex(secret),
		);
		return { id, secret };
	}

	function revoke(id: string): Result<ClientView, string> {
		const row = rowOf(id);
		if (row === undefined) return bad(`there is no client ${id}`);
		if (row["revoked_at"] !== null) return bad(`${id} is revoked and stays so`);
		sql.query(`UPDATE client SET revoked_at = ? WHERE id = ?`, clock(), id);
		return good(viewOf({ ...row, revoked_at: clock() }));
	}

	function list(): readonly ClientView[] {
		return sql.query(`SELECT * FROM client ORDER BY created_at DESC, id`).map(viewOf);
	}

	function identify(id: string, secret: string): Result<ClientView, Unidentified> {
		const row = rowOf(id);
		if (row === undefined) return bad({ known: false, reason: "there is no such client" });
		const isRight = crypto.equal(crypto.sha256(secret), bytesOfHex(String(row["secret"])));
		if (!isRight) return bad({ known: true, reason: "the secret is wrong" });
		const client = viewOf(row);
		return client.status === "active"
			? good(client)
			: bad({ known: true, reason: `the client is ${client.status}` });
	}

	function rowOf(id: string): Row | undefined {
		return sql.query(`SELECT * FROM client WHERE id = ?`, id)[0];
	}

	function viewOf(row: Row): ClientView {
		const client = describedIn(row);
		const revokedAt = timeIn(row, "revoked_at");
		const expired = client.expiresAt !== null && client.expiresAt <= clock();
		const status = revokedAt !== null ? "revoked" : expired ? "expired" : "active";
		return { ...client, createdAt: Number(row["created_at"]), revokedAt, status };
	}
}

const describedIn = (row: Row): Client => ({
	id: String(row["id"]),
	name: String(row["name"]),
	scope: row["scope"] as ClientScope,
	expiresAt: timeIn(row, "expires_at"),
	callbacks: JSON.parse(String(row["callbacks"])) as readonly string[],
});

const timeIn = (row: Row, column: string): number | null => {
	const time = row[column];
	return typeof time === "number" ? time : null;
};
