import type { Inboxes } from "./hub.ts";
import type { DeliverySummary, Inbox, KeptDelivery, ListQuery } from "./inbox/inbox.ts";
import type { Remote } from "./model/cell.ts";

/** The inbox that a delivery's id names, by its seventh byte; undefined where the text is no id of this hub. */
export function inboxOf(inboxes: Inboxes, delivery: string): Remote<Inbox> | undefined {
	const shard = /^[0-9a-f]{24}$/.test(delivery) ? Number.parseInt(delivery.slice(12, 14), 16) : -1;
	return shard >= 0 && shard < inboxes.count ? inboxes.at(shard) : undefined;
}

/** Those of these that are no delivery's id. */
export async function unknownOf(inboxes: Inboxes, ids: readonly string[]): Promise<readonly string[]> {
	const byInbox = [...Map.groupBy(ids, (id) => inboxOf(inboxes, id))];
	const unknown = await Promise.all(byInbox.map(async ([inbox, of]) => inbox?.unknown(of) ?? of));
	return unknown.flat();
}

export const inboxesOf = (inboxes: Inboxes): readonly Remote<Inbox>[] =>
	Array.from({ length: inboxes.count }, (_, shard) => inboxes.at(shard));

/** The newest of every inbox, merged: ids rise with time across them. */
export async function listDeliveries(
	inboxes: Inboxes,
	query: ListQuery,
): Promise<readonly DeliverySummary[]> {
	const lists = await Promise.all(inboxesOf(inboxes).map((inbox) => inbox.list(query)));
	return lists
		.flat()
		.sort((a, b) => (a.id < b.id ? 1 : -1))
		.slice(0, query.limit);
}

/** How many ids are asked for at once. */
const pageSize = 200;

/** The ids of what a query finds, newest first, `limit` of them at most, in pages. */
export async function* pagesOfIds(inboxes: Inboxes, query: ListQuery): AsyncGenerator<readonly string[]> {
	let cursor = query.cursor;
	for (let left = query.limit; left > 0; ) {
		const limit = Math.min(left, pageSize);
		const page = await listDeliveries(inboxes, {
			...query,
			limit,
			...(cursor === undefined ? {} : { cursor }),
		});
		if (page.length > 0) yield page.map(({ id }) => id);
		cursor = page.at(-1)?.id;
		left -= page.length;
		if (page.length < limit) return;
	}
}

/** Deliveries with their bodies and messages; ids that there are none of, or no bodies any more, are left out. */
export async function* keptDeliveries(
	inboxes: Inboxes,
	pages: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
): AsyncGenerator<KeptDelivery> {
	for await (const page of pages) {
		for (const [inbox, ids] of Map.groupBy(page, (id) => inboxOf(inboxes, id))) {
			for (let left = ids; inbox !== undefined && left.length > 0; ) {
				const kept = await inbox.read(left);
				yield* kept.filter(({ stored }) => stored.expiredAt === null);
				const last = kept.at(-1)?.stored.id;
				left = last === undefined ? [] : left.slice(left.indexOf(last) + 1);
			}
		}
	}
}
