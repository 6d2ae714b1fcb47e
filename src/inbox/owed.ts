import type { Clock } from "../model/clock.ts";
import { limits } from "../model/limits.ts";
import type { Row, Sql } from "../model/sql.ts";
import { number, positions, text } from "./rows.ts";

/** How many requests to others may be under way: altogether, and to one site, so that one that hangs leaves places to others. */
export interface Places {
	readonly all: number;
	readonly site: number;
	/** Of these sites other numbers: 0 where one is to be left alone for now. */
	readonly of?: Readonly<Record<string, number>>;
}

/**
 * Requests to others that are owed for messages: the rows of a table with `message`, `site` and `due_at`, which is null where
 * nothing is to be done any more. What is under way is leased, in memory as everywhere in the inbox.
 */
export interface OwedRequests {
	/** The one that has been due longest, leased; undefined where none is due for which there is a place. */
	take(places: Places): Row | undefined;
	/** When `take` may find another, Unix milliseconds; null where nothing is owed. */
	dueAt(places: Places): number | null;
	/** It is under way no more. */
	ended(id: number): void;
}

interface Lease {
	readonly site: string;
	/** Unix milliseconds. */
	readonly until: number;
}

export function openOwed(sql: Sql, clock: Clock, table: "callback" | "fetch"): OwedRequests {
	const leases = new Map<number, Lease>();

	return { take, dueAt, ended: (id) => void leases.delete(id) };

	function take(places: Places): Row | undefined {
		const now = clock();
		const row = free(now, places);
		if (row === undefined || number(row, "due_at") > now) return undefined;
		leases.set(number(row, "owed"), { site: text(row, "site"), until: now + limits.leaseMs });
		return row;
	}

	function dueAt(places: Places): number | null {
		const row = free(clock(), places);
		const times = [...leases.values()].map(({ until }) => until);
		if (row !== undefined) times.push(number(row, "due_at"));
		return times.length === 0 ? null : Math.min(...times);
	}

	/** The first that is or will be due, of those for which there is a place beside what is under way. */
	function free(now: number, places: Places): Row | undefined {
		for (const [id, { until }] of leases) if (until <= now) leases.delete(id);
		if (leases.size >= places.all) return undefined;
		const [row] = sql.query(
			`SELECT ${table}.*, ${table}.rowid AS owed, delivery.id, received_at
			   FROM ${table} JOIN delivery ON delivery.id = ${table}.message / ${positions}
			  WHERE due_at IS NOT NULL AND ${table}.rowid NOT IN (SELECT value FROM json_each(?))
			    AND site NOT IN (SELECT value FROM json_each(?))
			  ORDER BY due_at LIMIT 1`,
			JSON.stringify([...leases.keys()]),
			JSON.stringify(fullSites(places)),
		);
		return row;
	}

	function fullSites({ site, of = {} }: Places): readonly string[] {
		const underWay = Map.groupBy(leases.values(), (lease) => lease.site);
		return [...new Set([...underWay.keys(), ...Object.keys(of)])].filter(
			(name) => (underWay.get(name)?.length ?? 0) >= (Object.hasOwn(of, name) ? (of[name] ?? 0) : site),
		);
	}
}
