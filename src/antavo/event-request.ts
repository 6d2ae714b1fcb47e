import type { Program } from "../catalog/program.ts";
import { textOf } from "../kit/values.ts";
import { jsonOf } from "../map/values/written.ts";
import type { Identity } from "../model/identity.ts";
import { type JsonObject, own, type Value, type ValueObject } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import { bad, good, type Result } from "../model/result.ts";
import { objectOf } from "./body.ts";
import { type ApiError, apiError, missing } from "./envelope.ts";
import { antavoLimits } from "./limits.ts";

/** One event as a caller asks for it. */
export interface EventRequest {
	readonly action: string;
	/** Who the caller says it is; empty for a guest. */
	readonly customer: readonly Identity[];
	/** Whether it is of the purchase of nobody who is known. */
	readonly guest: boolean;
	/** Addresses in the data of an `opt_in` or `profile`: they become names of the customer, and never decide who it is. */
	readonly addresses: readonly Identity[];
	readonly account: string | undefined;
	/** Unix milliseconds; undefined where the caller does not say when it happened. */
	readonly timestamp: number | undefined;
	readonly data: JsonObject;
}

/** Reads the body of `POST /events`, which alone takes guests, or one element of `/events/bulk`. */
export function readEventRequest(
	body: ValueObject,
	program: Program,
	guests: "taken" | "refused" = "refused",
): Result<EventRequest, ApiError> {
	const guest = isGuests(body);
	if (guest && guests === "refused") return bad(guestsElsewhere);
	const customer = guest ? good([]) : readCustomer(body, program);
	if (!customer.ok) return customer;
	const action = textOf(own(body, "action"));
	if (action === undefined) return bad(missing("action"));
	if (!program.actions.has(action)) return bad(apiError(400, `Invalid action: ${action.slice(0, 100)}`));

	const data = objectOf(own(body, "data") ?? []);
	if (data === undefined) return bad(apiError(400, 'Property "data" must be an object'));
	// When it happened and whose it is are the event's own, not attributes of its action.
	const { effective_timestamp, guest: _guest, ...attributes } = data;
	const timestamp = readTimestamp(effective_timestamp);
	if (!timestamp.ok) return timestamp;
	const account = readText(body, "account");
	if (!account.ok) return account;
	return good({
		action,
		customer: customer.value,
		guest,
		addresses: actionsWithAddresses.has(action) ? addressesIn(attributes) : [],
		account: account.value,
		timestamp: timestamp.value,
		data: jsonOf(attributes) as JsonObject,
	});
}

/** Whom a body names that can be no event: what is kept of it is found by them. */
export function namedIn(body: ValueObject, program: Program): readonly Identity[] {
	const customer = textOf(own(body, "customer"));
	const data = objectOf(own(body, "data") ?? []);
	return [
		...(customer === undefined ? [] : namesOf(customer, own(body, "external_id"), program)),
		...(data === undefined ? [] : addressesIn(data)),
	];
}

function readCustomer(body: ValueObject, program: Program): Result<readonly Identity[], ApiError> {
	const customer = textOf(own(body, "customer"));
	if (customer === undefined) return bad(missing("customer"));
	if (customer.length > limits.keyCharactersMax) {
		return bad(apiError(400, `Property "customer" has more than ${limits.keyCharactersMax} characters`));
	}
	const externalId = readText(body, "external_id");
	return externalId.ok ? good(namesOf(customer, externalId.value, program)) : externalId;
}

/** A text that may be left out. Anything else is a mistake: as if it were not there, it would be about something else. */
function readText(body: ValueObject, name: string): Result<string | undefined, ApiError> {
	const value = own(body, name);
	if (value === undefined || value === null || (typeof value === "string" && value.trim() === ""))
		return good(undefined);
	const text = textOf(value);
	return text === undefined ? bad(apiError(400, `Property "${name}" must be a text`)) : good(text);
}

/**
 * Antavo says two things of `external_id`: that it is the name of the field whose value `customer` is, and that it is the
 * customer's external id itself. A declared kind of identity is the first; any other text is the second.
 */
function namesOf(customer: string, externalId: Value | undefined, program: Program): readonly Identity[] {
	const text = textOf(externalId);
	if (text === undefined) return [{ kind: "id", value: customer }];
	if (program.identityKinds.has(text)) return [{ kind: text, value: customer }];
	return [
		{ kind: "id", value: customer },
		{ kind: "external_id", value: text },
	];
}

const actionsWithAddresses: ReadonlySet<string> = new Set(["opt_in", "profile"]);

function addressesIn(data: ValueObject): readonly Identity[] {
	const found = [
		["email", own(data, "email")],
		["phone", own(data, "mobile_phone")],
		["phone", own(data, "phone")],
	] as const;
	return found.flatMap(([kind, shown]) => {
		const value = textOf(shown);
		return value === undefined ? [] : [{ kind, value }];
	});
}

/** `effective_timestamp`: Unix seconds, as a number or as text. */
function readTimestamp(value: Value | undefined): Result<number | undefined, ApiError> {
	if (value === undefined || value === null || value === "") return good(undefined);
	const isNumeric =
		typeof value === "number" || (typeof value === "string" && /^[0-9]{1,12}(\.[0-9]+)?$/.test(value));
	const seconds = isNumeric ? Number(value) : -1;
	if (seconds < 0 || seconds > antavoLimits.unixSecondsMax) {
		return bad(apiError(400, 'Property "effective_timestamp" must be a Unix timestamp in seconds'));
	}
	return good(Math.round(seconds * 1_000));
}

/** Whether the caller says that it is a guest's: beside the data or in it, for Antavo does not document which. */
export function isGuests(body: ValueObject): boolean {
	const data = objectOf(own(body, "data") ?? []) ?? {};
	return isTrue(own(body, "guest")) || isTrue(own(data, "guest"));
}

/** As Antavo has it. */
export const guestsElsewhere = apiError(400, "Guest checkouts are taken by POST /events only");

const isTrue = (value: Value | undefined): boolean =>
	value === true || value === "true" || value === 1 || value === "1";
