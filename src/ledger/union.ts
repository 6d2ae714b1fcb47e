import { mainAccount } from "./postings.ts";
import type { EventSearch, EventSort } from "./search.ts";
import type { EventView } from "./view.ts";

/** What a list must give of its beginning, so that a page of its union with others can be made. */
export const beginningOf = <Search extends Pick<EventSearch, "limit" | "offset">>(
	search: Search,
): Search => ({
	...search,
	limit: search.limit + search.offset,
	offset: 0,
});

/**
 * A page of several lists' union. Each list is in the order that is asked for and has as much of its beginning as
 * `beginningOf` says; what one list has as equal stays as it is there, so that pages fit together.
 */
export function unionOf(
	lists: readonly (readonly EventView[])[],
	{ sort, limit, offset }: EventSearch,
): readonly EventView[] {
	const comes = orderedBy(sort);
	const ways = lists.filter((list) => list.length > 0).map((list) => ({ list, at: 0 }));
	const union: EventView[] = [];
	while (union.length < limit + offset) {
		let first: { readonly way: { at: number }; readonly event: EventView } | undefined;
		for (const way of ways) {
			const event = way.list[way.at];
			if (event !== undefined && (first === undefined || comes(event, first.event) < 0))
				first = { way, event };
		}
		if (first === undefined) break;
		first.way.at += 1;
		union.push(first.event);
	}
	return union.slice(offset);
}

/** As one shard orders its own events; what is equal in all that is asked is in the order of `seq`, and then of shards. */
function orderedBy(sort: readonly EventSort[]): (a: EventView, b: EventView) => number {
	const last = sort[0]?.descending === true;
	const terms = [
		...sort.map(({ by, descending }) => ({ of: values[by], descending })),
		{ of: ({ position }: EventView) => position.seq, descending: last },
		{ of: ({ position }: EventView) => position.shard, descending: last },
	];
	return (a, b) => {
		for (const { of, descending } of terms) {
			const [one, other] = [of(a), of(b)];
			if (one !== other) return one < other === descending ? 1 : -1;
		}
		return 0;
	};
}

/** Ids rise with the second of recording in all shards, and with each event in one. */
const values = {
	recorded: ({ id }) => id,
	timestamp: ({ timestamp }) => timestamp,
	action: ({ action }) => action,
	account: ({ account }) => account ?? mainAccount,
	points: ({ points }) => points,
	expires: ({ expdate }) => expdate ?? "",
} as const satisfies Record<EventSort["by"], (event: EventView) => string | number>;
