import { bytesOfHex, hexOf } from "../model/bytes.ts";
import type { JsonObject } from "../model/json.ts";
import type { Row, Sql } from "../model/sql.ts";
import { canonicalText } from "./canonical.ts";
import { readState, readTransactions } from "./customers.ts";
import { balancesAfter, evolve } from "./evolve.ts";
import { readPart } from "./parts.ts";
import type { Postings } from "./postings.ts";
import { factOf, type Properties } from "./properties.ts";
import { emptyBalance, nobody, type State, transactionKey } from "./state.ts";

export interface Rebuilt {
	/** How many events were folded. */
	readonly events: number;
	/** Where the kept state is not what the events say, in words; empty where all is well. */
	readonly differences: readonly string[];
}

/** Rows read at once: a page of bodies, not a whole ledger, is in memory. */
const pageRows = 1_000;

/**
 * Folds all events again and compares the result with what is kept: balances, lots, tiers,
 * reservations, transactions, profiles, identities.
 * It changes nothing. Balances fold from the postings, which stay when a person is erased. Memory grows with the
 * number of customers, about a kilobyte each.
 */
export function rebuild(sql: Sql, shard: number): Rebuilt {
	const states = new Map<string, State>();
	let events = 0;
	for (let page = readPage(sql, 0); page.length > 0; page = readPage(sql, events)) {
		for (const row of page) {
			const subject = hexOf(row["subject"] as Uint8Array);
			states.set(subject, stateAfter(states.get(subject) ?? nobody, row, shard));
		}
		events += page.length;
	}
	const differences = [...states].flatMap(([subject, state]) => differencesOf(sql, subject, state));
	return { events, differences: [...differences, ...strangers(sql, states)] };
}

const readPage = (sql: Sql, after: number): readonly Row[] =>
	sql.query(
		`SELECT event.seq, event.subject, event.recorded_at, event.postings, body.timestamp, body.data, body.properties
		FROM event LEFT JOIN body USING (seq) WHERE event.seq > ? ORDER BY event.seq LIMIT ?`,
		after,
		pageRows,
	);

function stateAfter(state: State, row: Row, shard: number): State {
	const postings = JSON.parse(String(row["postings"])) as Postings;
	if (row["data"] === null) return { ...state, balances: balancesAfter(state.balances, postings) };
	const properties = JSON.parse(String(row["properties"])) as Properties;
	return evolve(
		state,
		factOf({
			seq: Number(row["seq"]),
			recordedAt: Number(row["recorded_at"]),
			shard,
			timestamp: Number(row["timestamp"]),
			data: JSON.parse(String(row["data"])) as JsonObject,
			postings,
			properties,
		}),
	);
}

function differencesOf(sql: Sql, subject: string, expected: State): readonly string[] {
	const kept = readState(sql, subject);
	if (kept.customer?.status === "erased") return differencesOfErased(sql, subject, kept, expected);
	const name = expected.customer?.id ?? `(subject ${subject})`;
	const transactions = Object.fromEntries(
		readTransactions(sql, subject).map((one) => [transactionKey(one.orders, one.id), one]),
	);
	return [
		...compare(`customer ${name}`, kept.customer, expected.customer),
		...compareAll(`balance of ${name}`, kept.balances, expected.balances, emptyBalance),
		...compareAll(`transaction of ${name}`, transactions, expected.transactions, undefined),
		...compareAll(`lot of ${name}`, readPart(sql, subject, "lots"), expected.lots, undefined),
		...compareAll(
			`reservation of ${name}`,
			readPart(sql, subject, "reservations"),
			expected.reservations,
			undefined,
		),
		...compareAll(`tier of ${name}`, readPart(sql, subject, "tiers"), expected.tiers, undefined),
		...lotsAgainstBalances(name, expected),
		...compare(`identities of ${name}`, keptIdentities(sql, subject), identitiesIn(expected)),
	];
}

/** Of who was erased the sums stay, and nothing else. */
function differencesOfErased(sql: Sql, subject: string, kept: State, expected: State): readonly string[] {
	const name = `(subject ${subject})`;
	const left = ["body", "identity", '"transaction"', "lot", "reservation", "tier"].filter(
		(table) => sql.query(`SELECT 1 FROM ${table} WHERE subject = ? LIMIT 1`, bytesOfHex(subject)).length > 0,
	);
	return [
		...compareAll(`balance of ${name}`, kept.balances, expected.balances, emptyBalance),
		...left.map((table) => `${name} was erased, and ${table} still has something of them`),
	];
}

/** What can be spent is in lots, and nothing else is. */
const lotsAgainstBalances = (name: string, { balances, lots }: State): readonly string[] =>
	Object.entries(balances).flatMap(([account, { active }]) => {
		const inLots = Object.values(lots)
			.filter((lot) => lot.account === account)
			.reduce((sum, { points }) => sum + points, 0);
		return compare(`what can be spent of ${name}, ${account}`, inLots, Math.max(0, active));
	});

const keptIdentities = (sql: Sql, subject: string): readonly string[] =>
	sql
		.query("SELECT kind, value FROM identity WHERE subject = ?", bytesOfHex(subject))
		.map((row) => `${String(row["kind"])} ${String(row["value"])}`)
		.sort();

const identitiesIn = ({ identities }: State): readonly string[] =>
	[...new Set(identities.map(({ kind, value }) => `${kind} ${value}`))].sort();

function compareAll<Value>(
	what: string,
	kept: Readonly<Record<string, Value>>,
	expected: Readonly<Record<string, Value>>,
	absent: Value | undefined,
): readonly string[] {
	const names = new Set([...Object.keys(kept), ...Object.keys(expected)]);
	return [...names].flatMap((name) =>
		compare(`${what}, ${name}`, kept[name] ?? absent, expected[name] ?? absent),
	);
}

function compare(what: string, kept: unknown, expected: unknown): readonly string[] {
	const [is, must] = [textOf(kept), textOf(expected)];
	return is === must ? [] : [`${what}: kept is ${is}, the events say ${must}`];
}

/** States are JSON but for what is absent. */
const textOf = (value: unknown): string =>
	value === undefined ? "absent" : canonicalText(JSON.parse(JSON.stringify(value)));

/** Customers without a single event. */
const strangers = (sql: Sql, states: ReadonlyMap<string, State>): readonly string[] =>
	sql
		.query("SELECT subject, id FROM customer")
		.flatMap((row) =>
			states.has(hexOf(row["subject"] as Uint8Array)) ? [] : [`customer ${String(row["id"])} has no events`],
		);
