import type { Program } from "../catalog/program.ts";
import type { EventFilter, EventSort } from "../ledger/search.ts";
import type { EventView } from "../ledger/view.ts";
import { good, type Result } from "../model/result.ts";
import type { Asked, CallParts } from "./call.ts";
import { customerAt } from "./customers.ts";
import type { ApiError } from "./envelope.ts";
import { eventFilters, suffixConditions } from "./filters.ts";
import { antavoLimits } from "./limits.ts";
import { pageOf, readPage } from "./paging.ts";
import { accountOf } from "./profile.ts";

/** `GET /customers/{customer_id}/events`, and `/history`, its old name. */
export async function getHistory(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const customer = await customerAt(parts, asked.param("customer"));
	if (!customer.ok) return customer;
	return historyOf(parts, asked, { customer: customer.value.id, filters: [] });
}

/** A customer's events, newest first unless the caller asks for `order=asc`. */
export async function historyOf(
	parts: CallParts,
	asked: Asked,
	of: { readonly customer: string; readonly filters: readonly EventFilter[] },
): Promise<Result<object, ApiError>> {
	const page = readPage(asked.query, { limit: 100 });
	if (!page.ok) return page;
	const filters = filtersIn(asked.query);
	const { limit, offset } = page.value;
	const search = {
		filters: [...of.filters, ...(filters ?? [])],
		sort: orderIn(asked.query),
		limit: limit + 1,
		offset,
	};
	const events = filters === null ? [] : await parts.ledger.search(of.customer, search);
	const { data, ...links } = pageOf(events ?? [], page.value, asked);
	return good({ data: data.map((event) => displayed(parts.program, event)), ...links });
}

/** `GET /customers/-/events`: of all customers, with how many there are of what is asked for. */
export async function getAllEvents(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const page = readPage(asked.query, { limit: 100, reachMax: antavoLimits.allEventsReachMax });
	if (!page.ok) return page;
	const filters = filtersIn(asked.query);
	if (filters === null) return good({ total: 0, ...pageOf([], page.value, asked) });
	const { limit, offset } = page.value;
	const [total, events] = await Promise.all([
		parts.ledger.count(filters),
		parts.ledger.search(null, { filters, sort: timeOrderIn(asked.query), limit: limit + 1, offset }),
	]);
	const { data, ...links } = pageOf(events ?? [], page.value, asked);
	return good({
		total,
		data: data.map((event) => ({ ...displayed(parts.program, event), Customer: { id: event.customer } })),
		...links,
	});
}

/** Null where no event can be what is asked for: a wrong value is no mistake in this dialect. */
function filtersIn(query: URLSearchParams): readonly EventFilter[] | null {
	const filters: EventFilter[] = [];
	for (const condition of suffixConditions(query)) {
		const filtered = eventFilters(condition);
		if (filtered.ok) filters.push(...filtered.value);
		else if (filtered.failure !== "ignored") return null;
	}
	if (/^(1|true)$/.test(query.get("points_only") ?? "")) {
		filters.push({ field: "points", compare: "ne", value: 0 });
	}
	return filters;
}

const isAscending = (query: URLSearchParams): boolean => query.get("order")?.toLowerCase() === "asc";

/** As Antavo sorts one customer's events: `asc` by their ids, else by date and id, the newest first. */
const orderIn = (query: URLSearchParams): readonly EventSort[] =>
	isAscending(query) ? [{ by: "recorded", descending: false }] : [{ by: "timestamp", descending: true }];

/** Ids rise within a shard only: across customers only the time is an order. */
const timeOrderIn = (query: URLSearchParams): readonly EventSort[] => [
	{ by: "timestamp", descending: !isAscending(query) },
];

/** An event as the Display API shows it. */
function displayed(program: Program, event: EventView) {
	const { id, action, label, points, timestamp, properties, expdate, account } = event;
	return {
		id,
		action,
		label,
		points,
		timestamp,
		properties: Object.entries(properties).map(([name, value]) => ({ name, label: labelOf(name), value })),
		...(expdate === null ? {} : { expdate }),
		account: accountOf(program, account),
	};
}

/** `transaction_id`: `Transaction id`. */
const labelOf = (name: string): string => {
	const words = name.replaceAll("_", " ");
	return words.slice(0, 1).toUpperCase() + words.slice(1);
};
