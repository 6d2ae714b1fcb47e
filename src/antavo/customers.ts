import type { Program } from "../catalog/program.ts";
import { isoTime } from "../kit/time.ts";
import { identityHash } from "../ledger/command.ts";
import type { CustomerFilter } from "../ledger/search.ts";
import type { CustomerView, TierView } from "../ledger/view.ts";
import type { Identity } from "../model/identity.ts";
import type { JsonObject } from "../model/json.ts";
import { bad, good, type Result } from "../model/result.ts";
import type { Asked, CallParts } from "./call.ts";
import { type ApiError, customerNotFound } from "./envelope.ts";
import { type Condition, instantIn, listIn, suffixConditions } from "./filters.ts";
import { credentials, pageOf, readPage } from "./paging.ts";
import { accountsOf, numbersOf } from "./profile.ts";

/**
 * The customer of a path: their loyalty id, or `{field:value}` with the kind and the value of another name of theirs. Who
 * was merged into another is that other.
 */
export async function customerAt(parts: CallParts, path: string): Promise<Result<CustomerView, ApiError>> {
	const [, kind, value] = /^\{([^:{}]+):(.+)\}$/s.exec(path) ?? [];
	const found =
		kind === undefined || value === undefined
			? await parts.ledger.person(path)
			: await customerNamed(parts, { kind, value });
	return found === null ? bad(customerNotFound) : good(found);
}

async function customerNamed(
	{ hub, ledger, program }: CallParts,
	identity: Identity,
): Promise<CustomerView | null> {
	const { hubKey } = await hub.door.directory();
	const hash = identityHash(identity, { program, hubKey, crypto: hub.crypto });
	return hash === undefined ? null : ledger.customerHolding(hash);
}

/** `GET /customers/{customer_id}` */
export async function getCustomer(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const customer = await customerAt(parts, asked.param("customer"));
	return customer.ok ? good(shown(parts.program, customer.value)) : customer;
}

/** `GET /customers`: in the order of their ids. */
export async function getCustomers(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const page = readPage(asked.query, { limit: 100 });
	if (!page.ok) return page;
	const filters: CustomerFilter[] = [];
	for (const condition of suffixConditions(asked.query)) {
		if (ordinary.has(condition.field) || credentials.test(condition.field)) continue;
		const filter = await customerFilter(parts, condition);
		// As Antavo has it: what can not be is no mistake, and nobody is so.
		if (filter === undefined) return good(pageOf([], page.value, asked));
		filters.push(filter);
	}
	const { limit, offset } = page.value;
	const ids = await parts.ledger.searchCustomers({ filters, limit: limit + 1, offset });
	const { data, ...links } = pageOf(ids, page.value, asked);
	const customers = await Promise.all(data.map((id) => parts.ledger.customer(id)));
	return good({
		data: customers.flatMap((customer) => (customer === null ? [] : [shown(parts.program, customer)])),
		...links,
	});
}

/** What says how the customers are shown, and not which. */
const ordinary: ReadonlySet<string> = new Set(["limit", "offset", "order", "fields"]);

/**
 * Whom a condition asks for; undefined where nobody can be it. A field that is none of the customer's own is a kind of name:
 * who looks for somebody by an attribute finds nobody, for in a list of everybody the first would be taken for them.
 */
async function customerFilter(
	parts: CallParts,
	{ field, compare, text }: Condition,
): Promise<CustomerFilter | undefined> {
	const texts = compare === "in" ? listIn(text) : [text];
	if (field === "created_at" || field === "updated_at") {
		const values = texts.flatMap((one) => instantIn(one) ?? []);
		if (compare === "in") return { field, compare, values };
		const [value] = values;
		return value === undefined ? undefined : { field, compare, value };
	}
	if (compare !== "eq" && compare !== "in") return undefined;
	if (field === "id" || field === "status") return { field, compare: "in", values: texts };
	const kind = field === "mobile_phone" ? "phone" : field;
	const found = await Promise.all(texts.map((value) => customerNamed(parts, { kind, value })));
	return { field: "id", compare: "in", values: found.flatMap((customer) => customer?.id ?? []) };
}

/** The attributes that Antavo names itself; all others are `properties`. */
const ownAttributes = [
	"first_name",
	"last_name",
	"nickname",
	"handler",
	"email",
	"birth_date",
	"gender",
	"language",
	"currency",
	"mobile_phone",
	"country",
	"src",
	"referrer",
] as const;

const ownNames: ReadonlySet<string> = new Set(ownAttributes);
/** Kinds of identities that the customer's own attributes show already. */
const shownKinds: ReadonlySet<string> = new Set(["id", "email", "phone"]);

/** A customer as the Customer API shows them: times are Unix seconds. */
export function shown(program: Program, customer: CustomerView) {
	const { id, status, profile, created_at, updated_at } = customer;
	const own = (name: string) => (Object.hasOwn(profile, name) ? (profile[name] ?? null) : null);
	return {
		id,
		status,
		...Object.fromEntries(ownAttributes.map((name) => [name, own(name)])),
		image_url: null,
		...numbersOf(customer),
		accounts: accountsOf(program, customer),
		expiring_points: customer.accounts.flatMap(({ account, expiring }) =>
			expiring.map((points) => ({ ...points, account })),
		),
		tiers: customer.tiers.map(tierOf),
		external_ids: externalIds(customer),
		properties: others(profile),
		optin_at: unixSeconds(created_at),
		created_at: unixSeconds(created_at),
		updated_at: unixSeconds(updated_at),
	};
}

/** Antavo's tier object; a tier that nobody reached yet has no id. */
const tierOf = ({ structure, id, name, since, expdate, counted, next }: TierView) => ({
	id,
	name,
	since,
	expdate,
	points: Number(counted),
	structure,
	next: next === null ? null : { id: next.id, name: next.name, points: Number(next.missing) },
});

const others = (profile: JsonObject): JsonObject =>
	Object.fromEntries(Object.entries(profile).filter(([name]) => !ownNames.has(name)));

/** By kind, the first of each. */
function externalIds({ identities }: CustomerView): Readonly<Record<string, string>> {
	const others = identities.filter(({ kind }) => !shownKinds.has(kind));
	return Object.fromEntries(others.toReversed().map(({ kind, value }) => [kind, value]));
}

const unixSeconds = (iso: string): number => Math.floor((isoTime(iso) ?? 0) / 1_000);
