import type { EventFilter, EventSearch, EventSort } from "./search.ts";
import type { EventView } from "./view.ts";

/** A page of a customer's history, which is newest first: by timestamp, then `seq`, then shard. */
export interface HistoryPageQuery {
	readonly limit: number;
	/** As the page before gave it; one that is not ours means the first page. */
	readonly cursor?: string;
	/** Only these actions. */
	readonly actions?: readonly string[];
}

export interface HistoryPage {
	readonly data: readonly EventView[];
	/** Null on the last page. */
	readonly cursor: string | null;
}

const newestFirst: readonly EventSort[] = [{ by: "timestamp", descending: true }];

/** What is searched for a page: one more than it has tells whether there is a next one. */
export function searchOfPage({ limit, cursor, actions }: HistoryPageQuery): EventSearch {
	const filters: EventFilter[] = [];
	const before = cursor === undefined ? undefined : placeOfCursor(cursor);
	if (before !== undefined) filters.push(before);
	if (actions !== undefined) filters.push({ field: "action", compare: "in", values: actions });
	return { filters, sort: newestFirst, limit: limit + 1, offset: 0 };
}

export function pageOf(found: readonly EventView[], { limit }: HistoryPageQuery): HistoryPage {
	const data = found.slice(0, limit);
	const last = data.at(-1);
	const more = found.length > limit && last !== undefined;
	return { data, cursor: more ? cursorOf(last) : null };
}

const cursorOf = ({ timestamp, position: { seq, shard } }: EventView): string =>
	[Date.parse(timestamp), seq, shard].map((part) => part.toString(36)).join(".");

/** Undefined where the text is no cursor of ours. */
function placeOfCursor(cursor: string): EventFilter | undefined {
	const [, ...parts] = /^(-?[0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([0-9a-z]{1,4})$/.exec(cursor) ?? [];
	const [timestamp, seq, shard] = parts.map((part) => Number.parseInt(part, 36));
	if (timestamp === undefined || seq === undefined || shard === undefined) return undefined;
	return { field: "place", compare: "before", timestamp, seq, shard };
}
