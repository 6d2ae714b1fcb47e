import type { Program } from "../catalog/program.ts";
import { textOf } from "../kit/values.ts";
import type { EventFilter } from "../ledger/search.ts";
import type { CustomerView, EventView, TransactionView } from "../ledger/view.ts";
import { isList } from "../model/json.ts";
import { bad, good, type Result } from "../model/result.ts";
import type { Asked, CallParts } from "./call.ts";
import { customerAt } from "./customers.ts";
import { type ApiError, apiError } from "./envelope.ts";
import { suffixConditions } from "./filters.ts";
import { historyOf } from "./history.ts";
import { pageOf, readPage } from "./paging.ts";
import { accountOf } from "./profile.ts";

/** `GET /customers/{customer_id}/transactions`: the newest first. */
export async function getTransactions(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const customer = await customerAt(parts, asked.param("customer"));
	if (!customer.ok) return customer;
	const page = readPage(asked.query, { limit: 100 });
	if (!page.ok) return page;
	const all = await parts.ledger.transactions(customer.value.id);
	const wanted = all.filter(isAskedFor(asked.query));
	const { limit, offset } = page.value;
	const { data, ...links } = pageOf(wanted.slice(offset, offset + limit + 1), page.value, asked);
	return good({ data: await shown(parts, customer.value, data), ...links });
}

/**
 * `GET|POST /customers/{customer_id}/transactions/-/search`: the same list. A body says what a query would, with lists as
 * lists, where more ids are asked for than a URL holds; its links are queries all the same.
 */
export function searchTransactions(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const { api_key, ...body } = asked.body;
	const query = new URLSearchParams(asked.query);
	for (const [name, value] of Object.entries(body)) {
		query.set(name, (isList(value) ? value : [value]).map((one) => textOf(one) ?? "").join(","));
	}
	return getTransactions(parts, { ...asked, query });
}

/** `GET /customers/{customer_id}/transactions/{transaction_id}` */
export async function getTransaction(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const found = await transactionAt(parts, asked);
	if (!found.ok) return found;
	const [transaction] = await shown(parts, found.value.customer, [found.value.transaction]);
	return transaction === undefined ? bad(transactionNotFound) : good(transaction);
}

/** `GET /customers/{customer_id}/transactions/{transaction_id}/events` */
export async function getTransactionEvents(
	parts: CallParts,
	asked: Asked,
): Promise<Result<object, ApiError>> {
	const found = await transactionAt(parts, asked);
	if (!found.ok) return found;
	const { customer, transaction } = found.value;
	return historyOf(parts, asked, { customer: customer.id, filters: [eventsAbout([transaction])] });
}

const transactionNotFound = apiError(404, "Transaction not found");

interface Found {
	readonly customer: CustomerView;
	readonly transaction: TransactionView;
}

async function transactionAt(parts: CallParts, asked: Asked): Promise<Result<Found, ApiError>> {
	const customer = await customerAt(parts, asked.param("customer"));
	if (!customer.ok) return customer;
	const all = await parts.ledger.transactions(customer.value.id);
	const transaction = all.find(({ id }) => id === asked.param("transaction"));
	return transaction === undefined
		? bad(transactionNotFound)
		: good({ customer: customer.value, transaction });
}

/** `id`, `id.in` and `status`; a value that can not be is nothing's. */
function isAskedFor(query: URLSearchParams): (transaction: TransactionView) => boolean {
	const conditions = suffixConditions(query);
	return (transaction) =>
		conditions.every(({ field, compare, text }) => {
			if (field !== "id" && field !== "status") return true;
			if (compare === "in") return text.split(",").includes(transaction[field]);
			return compare === "eq" && transaction[field] === text;
		});
}

const eventsAbout = (transactions: readonly TransactionView[]): EventFilter => ({
	attribute: "transaction_id",
	compare: "in",
	values: transactions.map(({ id }) => id),
});

interface Whose {
	readonly program: Program;
	readonly customer: CustomerView;
}

/** The most events that are shown with their transactions; all of them are in `/events`. */
const eventsShownMax = 10_000;

async function shown(
	{ ledger, program }: CallParts,
	customer: CustomerView,
	transactions: readonly TransactionView[],
) {
	const events = await ledger.search(customer.id, {
		filters: [eventsAbout(transactions)],
		sort: [{ by: "recorded", descending: false }],
		limit: eventsShownMax,
		offset: 0,
	});
	const byTransaction = Map.groupBy(events ?? [], ({ properties }) => properties["transaction_id"]);
	return transactions.map((transaction) =>
		shownOne({ program, customer }, transaction, byTransaction.get(transaction.id) ?? []),
	);
}

function shownOne({ program, customer }: Whose, transaction: TransactionView, events: readonly EventView[]) {
	const { id, status, account, currency, total, earned, burned, event, items } = transaction;
	const { auto_accept, created_at, updated_at } = transaction;
	return {
		_id: id,
		id,
		customer: customer.id,
		status,
		event,
		items,
		total: Number(total),
		currency,
		earned,
		burned,
		points_rewarded: earned,
		account: accountOf(program, account),
		auto_accept,
		events: events.map(({ id: _id, action, points }) => ({ _id, action, points })),
		checkout_date: created_at,
		created_at,
		updated_at,
	};
}
