import type { Row, Sql, SqlValue } from "../model/sql.ts";
import { mainAccount } from "./postings.ts";

/** What events are asked for by. Texts compare by their code units, case-sensitively; all conditions must hold. */
export type EventFilter =
	| { readonly field: "action" | "account"; readonly compare: Comparison; readonly value: string }
	| { readonly field: "points"; readonly compare: Comparison | "ne"; readonly value: number }
	/** Unix milliseconds; `expires` is the last moment at which the event's own points can be spent. */
	| { readonly field: "timestamp" | "expires"; readonly compare: Comparison; readonly value: number }
	/** Dates are days in UTC. */
	| {
			readonly field: "action" | "account" | "date" | "expdate";
			readonly compare: "in";
			readonly values: readonly string[];
	  }
	/** What comes after that event where the newest come first: by timestamp, then `seq`, then shard. */
	| {
			readonly field: "place";
			readonly compare: "before";
			readonly timestamp: number;
			readonly seq: number;
			readonly shard: number;
	  }
	/** An attribute of the event's data, compared as text. */
	| { readonly attribute: string; readonly compare: "in"; readonly values: readonly string[] };

export type Comparison = "eq" | "gt" | "gte" | "lt" | "lte";

export interface EventSort {
	/** `recorded` is the order of recording in the shard. */
	readonly by: "recorded" | "timestamp" | "expires" | "action" | "account" | "points";
	readonly descending: boolean;
}

export interface EventSearch {
	readonly filters: readonly EventFilter[];
	/** What this leaves equal is in the order of recording, descending where the first is. */
	readonly sort: readonly EventSort[];
	readonly limit: number;
	readonly offset: number;
}

/** Over `body`: a part of a statement and what is bound in it. */
export interface Clause {
	readonly text: string;
	readonly params: readonly SqlValue[];
}

const expires = `(SELECT json_extract(lot.value, '$.expiresAt') - 1 FROM json_each(body.properties, '$.lots') AS lot
		WHERE json_extract(lot.value, '$.event') IS NULL AND json_extract(lot.value, '$.points') > 0)`;

const columns = {
	recorded: "body.seq",
	timestamp: "body.timestamp",
	action: "body.action",
	account: `coalesce(json_extract(body.properties, '$.account'), '${mainAccount}')`,
	points: "json_extract(body.properties, '$.points')",
	expires,
	date: "date(body.timestamp / 1000.0, 'unixepoch')",
	expdate: `date(${expires} / 1000.0, 'unixepoch')`,
} as const satisfies Record<EventSort["by"] | "date" | "expdate", string>;

const operators = {
	eq: "=",
	ne: "<>",
	gt: ">",
	gte: ">=",
	lt: "<",
	lte: "<=",
} as const satisfies Record<Comparison | "ne", string>;

/** The conditions on a shard's events, as they follow a WHERE that has one already. */
export function whereOf(filters: readonly EventFilter[], shard: number): Clause {
	const clauses = filters.map((filter) => clauseOf(filter, shard));
	return {
		text: clauses.map(({ text }) => ` AND ${text}`).join(""),
		params: clauses.flatMap(({ params }) => params),
	};
}

function clauseOf(filter: EventFilter, shard: number): Clause {
	if (filter.compare === "before") {
		const { timestamp, seq } = filter;
		const from = shard < filter.shard ? seq + 1 : seq;
		return { text: "(body.timestamp, body.seq) < (?, ?)", params: [timestamp, from] };
	}
	if (filter.compare !== "in") {
		return { text: `${columns[filter.field]} ${operators[filter.compare]} ?`, params: [filter.value] };
	}
	const list = JSON.stringify(filter.values);
	if ("field" in filter)
		return { text: `${columns[filter.field]} IN (SELECT value FROM json_each(?))`, params: [list] };
	return {
		text: "(SELECT CAST(value AS TEXT) FROM json_each(body.data) WHERE key = ?) IN (SELECT value FROM json_each(?))",
		params: [filter.attribute, list],
	};
}

export function orderOf(sort: readonly EventSort[]): string {
	const terms = sort.map(({ by, descending }) => `${columns[by]}${descending ? " DESC" : ""}`);
	return [...terms, `body.seq${sort[0]?.descending === true ? " DESC" : ""}`].join(", ");
}

/** Customers, in the order of their ids. */
export interface CustomerSearch {
	readonly filters: readonly CustomerFilter[];
	readonly limit: number;
	readonly offset: number;
}

export type CustomerFilter =
	| { readonly field: "id" | "status"; readonly compare: "in"; readonly values: readonly string[] }
	/** Unix milliseconds. */
	| {
			readonly field: "created_at" | "updated_at";
			readonly compare: "in";
			readonly values: readonly number[];
	  }
	| { readonly field: "created_at" | "updated_at"; readonly compare: Comparison; readonly value: number };

/** The loyalty ids of the customers that are not erased; guests are nobody. */
export function searchCustomers(sql: Sql, { filters, limit, offset }: CustomerSearch): readonly string[] {
	const clauses = filters.map((filter): Clause => {
		if (filter.compare === "in") {
			return {
				text: `${filter.field} IN (SELECT value FROM json_each(?))`,
				params: [JSON.stringify(filter.values)],
			};
		}
		return { text: `${filter.field} ${operators[filter.compare]} ?`, params: [filter.value] };
	});
	const conditions = [
		"status NOT IN ('erased', 'guest', 'claimed')",
		...clauses.map(({ text }) => text),
	].join(" AND ");
	const params = clauses.flatMap((clause) => clause.params);
	return sql
		.query(
			`SELECT id FROM customer WHERE ${conditions} ORDER BY id LIMIT ? OFFSET ?`,
			...params,
			limit,
			offset,
		)
		.map((row: Row) => String(row["id"]));
}
