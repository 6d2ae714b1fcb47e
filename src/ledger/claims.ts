import { bytesOfHex } from "../model/bytes.ts";
import type { Sql } from "../model/sql.ts";
import { readJsonRows } from "./json-rows.ts";
import { abandonedMs } from "./limits.ts";
import { type Awaited, type Claim, type Claimed, erased, type Holder } from "./shard.ts";

/** A shard's claims and who waits for them, as seen and changed in one turn. */
export interface Claims {
	/** Reads many at once: what a batch will surely ask for. */
	readonly prefetch: (hashes: readonly string[]) => void;
	readonly holder: (hash: string) => Holder | null;
	readonly claim: (claim: Claim, now: number) => Claimed;
	readonly release: (claim: Holder) => void;
	/** Gives an identity to nobody: its person was erased, by the event of that key. */
	readonly bury: (
		hash: string,
		by: { readonly key: string; readonly at: number; readonly shard: number },
	) => void;
	/** When the claims of that event were last given up. */
	readonly fenceOf: (key: string) => number | null;
	readonly fence: (key: string, now: number) => void;
	readonly awaited: (hash: string, now: number) => readonly Awaited[];
}

/** `stands` tells whether an event of that key is in this shard and has that claim: it is then beyond any change. */
export function openClaims(sql: Sql, stands: (key: string, hash: string) => boolean): Claims {
	/** What this turn has read or written: nothing else writes meanwhile. */
	const seen = new Map<string, Holder | null>();
	/** Whether anybody waits for anything: mostly nobody does. */
	let anyInterest: boolean | undefined;

	const holder = (hash: string): Holder | null => {
		const known = seen.get(hash);
		if (known !== undefined) return known;
		const read = readHolders(sql, [hash]).get(hash) ?? null;
		seen.set(hash, read);
		return read;
	};

	const put = (holder: Holder): void => {
		sql.query(
			"INSERT OR FAIL INTO claim (hash, subject, shard, holder, at, erased_at) VALUES (?, ?, ?, ?, ?, ?)",
			bytesOfHex(holder.hash),
			bytesOfHex(holder.subject),
			holder.shard,
			bytesOfHex(holder.key),
			holder.at,
			holder.erasedAt ?? null,
		);
		seen.set(holder.hash, holder);
	};

	const remove = ({ hash }: Holder): void => {
		sql.query("DELETE FROM claim WHERE hash = ?", bytesOfHex(hash));
		seen.set(hash, null);
	};

	return {
		prefetch: (hashes) => {
			const found = readHolders(sql, hashes);
			for (const hash of hashes) seen.set(hash, found.get(hash) ?? null);
		},

		holder,

		claim: ({ hash, subject, shard, key, over }, now) => {
			const before = holder(hash);
			const taken = { hash, subject, shard, key, at: now };
			if (before === null) {
				put(taken);
				return { kind: "taken", by: taken };
			}
			if (before.key === key && before.subject === subject) {
				// A renewed claim differs from what an earlier attempt saw, which then can not release it.
				const renewed = { ...before, at: Math.max(now, before.at + 1) };
				remove(before);
				put(renewed);
				return { kind: "renewed", by: renewed };
			}
			// The asker has fenced off the other attempts at its own event; those at others must have had their time.
			const isAbandoned =
				before.key === key ||
				before.subject === erased ||
				(now - before.at >= abandonedMs && !stands(before.key, hash));
			if (over === null || !isSame(over, before) || !isAbandoned) return { kind: "held", by: before };
			remove(before);
			const taking = { ...taken, ...erasureOf(before) };
			put(taking);
			return { kind: "taken", by: taking };
		},

		release: (claim) => {
			const before = holder(claim.hash);
			if (before === null || !isSame(before, claim) || stands(claim.key, claim.hash)) return;
			remove(before);
			// Who wanted to join again, and did not, leaves it as it was.
			if (before.erasedAt !== undefined) put({ ...before, subject: erased, at: before.erasedAt });
		},

		bury: (hash, { key, at, shard }) => {
			const before = holder(hash);
			if (before !== null) remove(before);
			put({ hash, subject: erased, shard, key, at, erasedAt: at });
		},

		fenceOf: (key) => {
			const [row] = sql.query("SELECT at FROM fence WHERE key = ?", bytesOfHex(key));
			return row === undefined ? null : Number(row["at"]);
		},

		fence: (key, now) => {
			// Claims that old are stale by themselves.
			sql.query("DELETE FROM fence WHERE at < ?", now - abandonedMs);
			sql.query(
				"INSERT INTO fence (key, at) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET at = max(at, excluded.at)",
				bytesOfHex(key),
				now,
			);
		},

		awaited: (hash, now) => {
			anyInterest ??= sql.query("SELECT 1 FROM interest LIMIT 1").length > 0;
			if (!anyInterest) return [];
			return sql
				.query("SELECT inbox FROM interest WHERE hash = ? AND until > ?", bytesOfHex(hash), now)
				.map((row) => ({ hash, inbox: Number(row["inbox"]) }));
		},
	};
}

function readHolders(sql: Sql, hashes: readonly string[]): ReadonlyMap<string, Holder> {
	const found = readJsonRows<HolderRow>(
		sql,
		`SELECT json_group_array(json_array(value, lower(hex(subject)), shard, lower(hex(holder)), at, erased_at)) AS found
		FROM json_each(?) CROSS JOIN claim ON claim.hash = unhex(value)`,
		hashes,
	);
	return new Map(
		found.map(([hash, subject, shard, key, at, erasedAt]) => [
			hash,
			{ hash, subject, shard, key, at, ...(erasedAt === null ? {} : { erasedAt }) },
		]),
	);
}

type HolderRow = readonly [
	hash: string,
	subject: string,
	shard: number,
	key: string,
	at: number,
	erasedAt: number | null,
];

const erasureOf = ({ erasedAt }: Holder) => (erasedAt === undefined ? {} : { erasedAt });

const isSame = (a: Holder, b: Holder): boolean => a.key === b.key && a.subject === b.subject && a.at === b.at;

interface Expecting {
	readonly hashes: readonly string[];
	readonly inbox: number;
	/** Unix milliseconds. */
	readonly until: number;
	readonly now: number;
}

/** Notes that an inbox has messages of these; true where one of them is claimed already, and nothing is noted. */
export function expect(sql: Sql, { hashes, inbox, until, now }: Expecting): boolean {
	sql.query("DELETE FROM interest WHERE until <= ?", now);
	const holders = [...readHolders(sql, hashes).values()];
	if (holders.some(({ subject }) => subject !== erased)) return true;
	for (const hash of hashes) {
		sql.query(
			`INSERT INTO interest (hash, inbox, until) VALUES (?, ?, ?)
			ON CONFLICT (hash, inbox) DO UPDATE SET until = max(until, excluded.until)`,
			bytesOfHex(hash),
			inbox,
			until,
		);
	}
	return false;
}

/** Which of these identities are of people who were erased. */
export const buried = (sql: Sql, hashes: readonly string[]): readonly string[] =>
	[...readHolders(sql, hashes).values()].flatMap(({ hash, subject }) => (subject === erased ? [hash] : []));

export function forget(sql: Sql, hash: string, inbox: number): void {
	sql.query("DELETE FROM interest WHERE hash = ? AND inbox = ?", bytesOfHex(hash), inbox);
}
