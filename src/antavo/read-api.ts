import type { EventFilter, EventSort } from "../ledger/search.ts";
import type { EventView } from "../ledger/view.ts";
import { bad, good, type Result } from "../model/result.ts";
import type { Asked, CallParts } from "./call.ts";
import { type ApiError, apiError } from "./envelope.ts";
import { bracketConditions, eventFilters } from "./filters.ts";
import { type Page, pageAt, readPage } from "./paging.ts";

/** `GET /v1/customers/{customer_id}/events`: the events as they are kept, by Antavo's Loyalty Read API. */
export async function getEntities(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const page = readPage(asked.query, { limit: 20 });
	if (!page.ok) return bad({ ...page.failure, status: 422 });
	const filters = filtersIn(asked.query);
	if (!filters.ok) return filters;
	const sort = sortIn(asked.query);
	if (!sort.ok) return sort;
	const { limit, offset } = page.value;
	const search = { filters: filters.value, sort: sort.value, limit: limit + 1, offset };
	// Somebody unknown has no events here: 404 is not among what Antavo documents.
	const named = asked.param("customer");
	const events = (await parts.ledger.search(named, search)) ?? [];
	const isOnly = events.every(({ customer }) => customer === named);
	const customer = isOnly ? named : ((await parts.ledger.person(named))?.id ?? named);
	return good(pageOfEntities(customer, events, page.value, asked));
}

function pageOfEntities(
	customer: string,
	events: readonly EventView[],
	{ limit, offset }: Page,
	{ path, query }: Asked,
) {
	return {
		data: events.slice(0, limit).map((event) => entityOf(customer, event)),
		metadata: {
			pagination: {
				next: events.length > limit ? pageAt(path, query, offset + limit, limit) : null,
				previous: offset > 0 ? pageAt(path, query, Math.max(0, offset - limit), limit) : null,
			},
		},
	};
}

const wrongQuery = (message: string): Result<never, ApiError> => bad(apiError(422, message, 201012));

/** The fields that can be filtered and sorted by. */
const fields: ReadonlySet<string> = new Set(["action", "date", "account", "points", "expdate"]);

function filtersIn(query: URLSearchParams): Result<readonly EventFilter[], ApiError> {
	const filters: EventFilter[] = [];
	for (const condition of bracketConditions(query)) {
		if (condition === undefined || !fields.has(condition.field)) {
			return wrongQuery(`A filter is filter[field][eq|lt|lte|gt|gte], of ${[...fields].join(", ")}`);
		}
		const filtered = eventFilters(condition);
		if (filtered.ok) filters.push(...filtered.value);
		else return wrongQuery(`The value of the filter ${condition.field} is not one of its values`);
	}
	return good(filters);
}

const sortFields: ReadonlyMap<string, EventSort["by"]> = new Map([
	["action", "action"],
	["date", "timestamp"],
	["account", "account"],
	["points", "points"],
	["expdate", "expires"],
]);

/** `sort[0][field]=date&sort[0][direction]=desc`: by their numbers, each field once. Newest first where nobody says. */
function sortIn(query: URLSearchParams): Result<readonly EventSort[], ApiError> {
	const terms = new Map<string, { field?: string; direction?: string }>();
	for (const [name, text] of query) {
		if (!name.startsWith("sort")) continue;
		const [, number, part] = /^sort\[([0-9])\]\[(field|direction)\]$/.exec(name) ?? [];
		if (number === undefined || part === undefined)
			return wrongQuery("A sort is sort[0][field] and sort[0][direction]");
		terms.set(number, { ...terms.get(number), [part]: text });
	}
	const sort: EventSort[] = [];
	for (const [, { field = "", direction = "asc" }] of [...terms].sort(([a], [b]) => Number(a) - Number(b))) {
		const by = sortFields.get(field);
		const isDirection = direction === "asc" || direction === "desc";
		if (by === undefined || !isDirection || sort.some((other) => other.by === by)) {
			return wrongQuery(`A sort names each of ${[...sortFields.keys()].join(", ")} once, asc or desc`);
		}
		sort.push({ by, descending: direction === "desc" });
	}
	return good(sort.length === 0 ? [{ by: "timestamp", descending: true }] : sort);
}

/**
 * Antavo's raw event document of a customer; `original` is who they were before they were merged into another. The key of
 * what this hub has not (`cid`) is left out.
 */
function entityOf(customer: string, event: EventView) {
	const { snapshot } = event;
	return {
		_id: event.id,
		action: event.action,
		customer,
		...(event.customer === customer ? {} : { original: event.customer }),
		account: event.account,
		date: event.date,
		timestamp: event.timestamp,
		unix_timestamp: event.unix_timestamp,
		process_timestamp: event.process_timestamp,
		points: event.points,
		properties: event.properties,
		expdate: event.expdate,
		usages: event.usages,
		parent: event.parent,
		source: event.source,
		ip_address: event.ip_address,
		user_agent: event.user_agent,
		signed: event.signed,
		admin: false,
		snapshot: {
			score: snapshot.score,
			spent: snapshot.spent,
			pending: snapshot.pending,
			expired: snapshot.expired,
		},
	};
}

/** How the Read API says what is wrong: not as the other APIs. Of who is not let in it says no more than that. */
export const readApiEnvelope = ({ type, message, code }: Omit<ApiError, "status">) => ({
	error:
		type === "UnauthorizedException"
			? { message: "Unauthorized", code: 2132, resendable: false }
			: { message, code, resendable: false },
});
