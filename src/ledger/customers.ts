import { bytesOfHex, hexOf } from "../model/bytes.ts";
import type { Crypto } from "../model/crypto.ts";
import type { Row, Sql } from "../model/sql.ts";
import { keepContents } from "./contents.ts";
import { readJsonRows } from "./json-rows.ts";
import { writeParts } from "./parts.ts";
import {
	type Balance,
	type Customer,
	type Line,
	type Links,
	nobody,
	type Profile,
	type State,
	type Taken,
	type TiedIdentity,
	type Transaction,
	type TransactionStatus,
} from "./state.ts";

/**
 * What is kept of customers beside their events: rebuilt from them, and deleted with the person.
 *
 * A state that was read here has no transactions and no identities: the first are read one by one, where an event
 * needs them, the others are only ever added to.
 */
export function readStates(sql: Sql, subjects: readonly string[]): ReadonlyMap<string, State> {
	const rows = readJsonRows<StateRow>(
		sql,
		`SELECT json_group_array(json_array(
			value, customer.id, status, json(profile), created_at, updated_at, json(active_until), json(links),
			account, active, pending, spent, reserved, expired
		)) AS found
		FROM json_each(?) CROSS JOIN customer ON customer.subject = unhex(value)
			LEFT JOIN balance ON balance.subject = customer.subject`,
		subjects,
	);
	const states = new Map<string, State>(subjects.map((subject) => [subject, nobody]));
	for (const [
		subject,
		id,
		status,
		profile,
		createdAt,
		updatedAt,
		activeUntil,
		links,
		account,
		...books
	] of rows) {
		const known = states.get(subject) ?? nobody;
		const customer = known.customer ?? { id, status, profile, createdAt, updatedAt, activeUntil, links };
		const balances = account === null ? known.balances : { ...known.balances, [account]: balanceOf(books) };
		states.set(subject, { ...nobody, customer, balances });
	}
	return states;
}

type Books = readonly [active: number, pending: number, spent: number, reserved: number, expired: number];

type StateRow = readonly [
	subject: string,
	id: string,
	status: Customer["status"],
	profile: Profile,
	createdAt: number,
	updatedAt: number,
	activeUntil: Customer["activeUntil"],
	links: Links,
	account: string | null,
	...books: Books,
];

export const readState = (sql: Sql, subject: string): State =>
	readStates(sql, [subject]).get(subject) ?? nobody;

export const readTransactions = (sql: Sql, subject: string): readonly Transaction[] =>
	sql
		.query(
			'SELECT * FROM "transaction" WHERE subject = ? ORDER BY created_at DESC, event DESC',
			bytesOfHex(subject),
		)
		.map(transactionOf);

/** `waiting`: those that accept themselves at some time. */
export type Which = "waiting" | "all";

const conditions = {
	waiting: "status = 'pending' AND accept_at IS NOT NULL",
	all: "TRUE",
} as const satisfies Record<Which, string>;

export const readSome = (sql: Sql, subject: string, which: Which): readonly Transaction[] =>
	sql
		.query(`SELECT * FROM "transaction" WHERE subject = ? AND ${conditions[which]}`, bytesOfHex(subject))
		.map(transactionOf);

export function readTransaction(
	sql: Sql,
	subject: string,
	{ orders, id }: { readonly orders: string; readonly id: string },
): Transaction | undefined {
	const [row] = sql.query(
		'SELECT * FROM "transaction" WHERE subject = ? AND orders = ? AND id = ?',
		bytesOfHex(subject),
		orders,
		id,
	);
	return row === undefined ? undefined : transactionOf(row);
}

/** Writes what differs between the state as it was read and as it has become. */
export function writeState(sql: Sql, subject: string, before: State, after: State): void {
	const bytes = bytesOfHex(subject);
	if (after.customer !== undefined && after.customer !== before.customer)
		writeCustomer(sql, bytes, after.customer);
	for (const [account, balance] of Object.entries(after.balances)) {
		if (balance !== before.balances[account]) writeBalance(sql, bytes, account, balance);
	}
	for (const [key, transaction] of Object.entries(after.transactions)) {
		if (transaction !== before.transactions[key]) writeTransaction(sql, bytes, transaction);
	}
	for (const identity of after.identities.slice(before.identities.length))
		writeIdentity(sql, bytes, identity);
	writeParts(sql, bytes, before, after);
}

/** By subject; who has nothing that will be due is absent. */
export function readDue(sql: Sql, subjects: readonly string[]): ReadonlyMap<string, number> {
	const rows = sql.query(
		"SELECT value AS subject, at FROM json_each(?) CROSS JOIN due ON due.subject = unhex(value)",
		JSON.stringify(subjects),
	);
	return new Map(rows.map((row) => [String(row["subject"]), Number(row["at"])]));
}

export function writeDue(sql: Sql, subject: string, time: number | null): void {
	if (time === null) sql.query("DELETE FROM due WHERE subject = ?", bytesOfHex(subject));
	else {
		sql.query(
			"INSERT INTO due (subject, at) VALUES (?, ?) ON CONFLICT DO UPDATE SET at = excluded.at",
			bytesOfHex(subject),
			time,
		);
	}
}

/** Customers for whom something is due at `now`, whoever waits longest first. */
export const readOverdue = (sql: Sql, now: number, limit: number): readonly string[] =>
	sql
		.query("SELECT subject FROM due WHERE at <= ? ORDER BY at LIMIT ?", now, limit)
		.map((row) => hexOf(row["subject"] as Uint8Array));

function writeCustomer(sql: Sql, subject: Uint8Array, customer: Customer): void {
	sql.query(
		`INSERT INTO customer (subject, id, status, profile, created_at, updated_at, active_until, links)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (subject) DO UPDATE SET id = excluded.id, status = excluded.status, profile = excluded.profile,
			updated_at = excluded.updated_at, active_until = excluded.active_until, links = excluded.links`,
		subject,
		customer.id,
		customer.status,
		JSON.stringify(customer.profile),
		customer.createdAt,
		customer.updatedAt,
		JSON.stringify(customer.activeUntil),
		JSON.stringify(customer.links),
	);
}

function writeBalance(sql: Sql, subject: Uint8Array, account: string, balance: Balance): void {
	sql.query(
		`INSERT INTO balance (subject, account, active, pending, spent, reserved, expired) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (subject, account) DO UPDATE SET active = excluded.active, pending = excluded.pending,
			spent = excluded.spent, reserved = excluded.reserved, expired = excluded.expired`,
		subject,
		account,
		balance.active,
		balance.pending,
		balance.spent,
		balance.reserved,
		balance.expired,
	);
}

function writeTransaction(sql: Sql, subject: Uint8Array, transaction: Transaction): void {
	sql.query(
		`INSERT INTO "transaction" (subject, orders, id, status, account, currency, total, refunded, earned, earned_back,
			burned, burned_back, accepted, activated, accept_at, taken, lines, event, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (subject, orders, id) DO UPDATE SET
			status = excluded.status, currency = excluded.currency, total = excluded.total, refunded = excluded.refunded,
			earned = excluded.earned, earned_back = excluded.earned_back,
			burned = excluded.burned, burned_back = excluded.burned_back,
			accepted = excluded.accepted, activated = excluded.activated, taken = excluded.taken,
			lines = excluded.lines, updated_at = excluded.updated_at`,
		subject,
		transaction.orders,
		transaction.id,
		transaction.status,
		transaction.account,
		transaction.currency,
		transaction.total,
		transaction.refunded,
		transaction.earned,
		transaction.earnedBack,
		transaction.burned,
		transaction.burnedBack,
		transaction.accepted,
		transaction.activated,
		transaction.autoAcceptAt,
		JSON.stringify(transaction.taken),
		JSON.stringify(transaction.lines),
		transaction.event,
		transaction.createdAt,
		transaction.updatedAt,
	);
}

function writeIdentity(sql: Sql, subject: Uint8Array, { kind, value, hash }: TiedIdentity): void {
	sql.query(
		"INSERT INTO identity (subject, kind, value, hash) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		subject,
		kind,
		value,
		bytesOfHex(hash),
	);
}

const balanceOf = ([active, pending, spent, reserved, expired]: Books): Balance => ({
	active,
	pending,
	spent,
	reserved,
	expired,
});

const transactionOf = (row: Row): Transaction => ({
	orders: String(row["orders"]),
	id: String(row["id"]),
	status: row["status"] as TransactionStatus,
	account: String(row["account"]),
	currency: row["currency"] === null ? null : String(row["currency"]),
	total: String(row["total"]),
	refunded: String(row["refunded"]),
	earned: Number(row["earned"]),
	earnedBack: Number(row["earned_back"]),
	burned: Number(row["burned"]),
	burnedBack: Number(row["burned_back"]),
	accepted: String(row["accepted"]),
	activated: Number(row["activated"]),
	autoAcceptAt: row["accept_at"] === null ? null : Number(row["accept_at"]),
	taken: JSON.parse(String(row["taken"])) as readonly Taken[],
	lines: JSON.parse(String(row["lines"])) as readonly Line[],
	event: String(row["event"]),
	createdAt: Number(row["created_at"]),
	updatedAt: Number(row["updated_at"]),
});

/** When the next is due; null where nothing is. */
export function nextDueOf(sql: Sql): number | null {
	const [row] = sql.query("SELECT min(at) AS at FROM due");
	return row === undefined || row["at"] === null ? null : Number(row["at"]);
}

export const readIdentities = (sql: Sql, subject: string): readonly TiedIdentity[] =>
	sql.query("SELECT kind, value, hash FROM identity WHERE subject = ?", bytesOfHex(subject)).map((row) => ({
		kind: String(row["kind"]),
		value: String(row["value"]),
		hash: hexOf(row["hash"] as Uint8Array),
	}));

/** Removes all that can name the customer; their events stay without it, and so do the sums of their accounts. */
export function purge(sql: Sql, crypto: Pick<Crypto, "sha256">, subject: string): void {
	const bytes = bytesOfHex(subject);
	keepContents(sql, crypto, bytes);
	sql.query(
		`UPDATE customer SET id = ?, status = 'erased', profile = '{}', created_at = 0, updated_at = 0,
			active_until = '{}', links = '{"into":null,"absorbed":[]}' WHERE subject = ?`,
		`opted_out_${subject}`,
		bytes,
	);
	for (const table of ["body", "identity", '"transaction"', "lot", "reservation", "tier"]) {
		sql.query(`DELETE FROM ${table} WHERE subject = ?`, bytes);
	}
}

/** The newest of the timestamps of the customer's events; 0 where they have none. */
export function readNewest(sql: Sql, subject: string): number {
	const [row] = sql.query("SELECT max(timestamp) AS newest FROM body WHERE subject = ?", bytesOfHex(subject));
	return Number(row?.["newest"] ?? 0);
}
