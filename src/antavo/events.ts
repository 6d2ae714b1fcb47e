import { repetitionOf } from "../catalog/definition.ts";
import type { Program } from "../catalog/program.ts";
import type { LedgerReads } from "../ledger/recorder.ts";
import type { CustomerView, Receipt } from "../ledger/view.ts";
import { base64Url } from "../model/bytes.ts";
import type { Command } from "../model/event.ts";
import { isObject, own, type Value } from "../model/json.ts";
import type { EventOutcome } from "../model/outcome.ts";
import { bad, good, type Result } from "../model/result.ts";
import { recordNow } from "../record-now.ts";
import type { Asked, CallParts } from "./call.ts";
import { commandOfRequest } from "./command.ts";
import {
	type ApiError,
	apiError,
	busy,
	customerNotFound,
	envelopeOf,
	errorOfOutcome,
	missing,
} from "./envelope.ts";
import { readEventRequest } from "./event-request.ts";
import { antavoLimits } from "./limits.ts";
import { answerOf, eventsOf, guestsAnswer } from "./profile.ts";

/** `POST /events`: the customer after the event, with what changed the points that can be spent. */
export async function postEvent(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const idempotency = idempotencyOf(parts, asked);
	if (!idempotency.ok) return idempotency;
	const read = commandIn(parts, asked, await hubKeyOf(parts), {
		element: asked.body,
		idempotency: idempotency.value === undefined ? undefined : `idempotency/${idempotency.value}`,
		guests: "taken",
	});
	if (!read.ok) return read;
	const command = read.value;
	const [outcome] = await recordNow(parts.hub, [command]);
	const settled = await settledOf(parts, command, outcome);
	if (!settled.ok) return settled;

	const { receipts } = settled.value;
	if (command.guest === true) return good(guestsAnswer(receipts));
	const customer = await customerOf(parts, command, settled.value);
	// What anybody can send tells nobody who the customer is.
	return good(
		asked.caller.trust === "public" || customer === null
			? { events: eventsOf(parts.program, receipts, false) }
			: answerOf(parts.program, customer, receipts),
	);
}

/** `POST /events/bulk`: each element by itself, in their order; 200 whatever became of them. */
export async function postEvents(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const idempotency = idempotencyOf(parts, asked);
	if (!idempotency.ok) return idempotency;
	const elements = own(asked.body, "events");
	if (elements === undefined || elements === null) return bad(missing("events"));
	if (!Array.isArray(elements)) return bad(apiError(400, 'Property "events" must be a list'));
	if (elements.length > antavoLimits.bulkEventsMax) {
		const most = antavoLimits.bulkEventsMax;
		return bad(apiError(400, `Property "events" has more than ${most} elements; send them in several calls`));
	}
	const hubKey = await hubKeyOf(parts);
	const read = elements.map((element: Value, index) =>
		commandIn(parts, asked, hubKey, {
			element,
			idempotency:
				idempotency.value === undefined ? undefined : `idempotency-bulk/${index}/${idempotency.value}`,
		}),
	);
	const commands = read.flatMap((one) => (one.ok ? [one.value] : []));
	const outcomes = await recordNow(parts.hub, commands);
	const outcomeOf = new Map(commands.map((command, index) => [command, outcomes[index]]));
	const results = await Promise.all(
		read.map(async (one) => {
			const settled = one.ok ? await settledOf(parts, one.value, outcomeOf.get(one.value)) : one;
			return settled.ok
				? { events: eventsOf(parts.program, settled.value.receipts, false) }
				: envelopeOf(settled.failure);
		}),
	);
	return good({
		results,
		total: results.length,
		errors: results.filter((result) => "error" in result).length,
	});
}

interface Element {
	readonly element: Value;
	/** The message id that the caller's `Idempotency-Key` gives it. */
	readonly idempotency: string | undefined;
	readonly guests?: "taken";
}

/** What is to be recorded for one event of a call. */
export function commandIn(
	parts: CallParts,
	{ caller, ip, header }: Asked,
	hubKey: Uint8Array,
	{ element, idempotency, guests }: Element,
): Result<Command, ApiError> {
	if (!isObject(element)) return bad(apiError(400, "An event must be an object"));
	const request = readEventRequest(element, parts.program, guests);
	if (!request.ok) return request;
	if (caller.trust === "public" && parts.program.actions.get(request.value.action)?.clientSide !== true) {
		return bad(
			apiError(403, `Action "${request.value.action}" can not be sent by a key that anybody can read`),
		);
	}
	const { clock, crypto } = parts.hub;
	return good(
		commandOfRequest(request.value, {
			caller,
			messageId: idempotency ?? `call/${base64Url(crypto.randomBytes(16))}`,
			idempotent: idempotency !== undefined,
			lenient: false,
			sensitive: false,
			source: "Events API",
			ip,
			userAgent: header("User-Agent"),
			now: clock(),
			program: parts.program,
			hubKey,
			crypto,
		}),
	);
}

const usedKey = apiError(409, "This Idempotency-Key was used before, for another call");

/** What a call came to that was recorded, now or before. */
interface Settled {
	/** Their loyalty id; undefined where nothing was written. */
	readonly customer: string | undefined;
	readonly receipts: readonly Receipt[];
}

/** What it takes to say what became of an event. */
export interface SettledParts {
	readonly ledger: Pick<LedgerReads, "receipt" | "person" | "customerHolding">;
	readonly program: Program;
}

/** What a caller is told of their event: what was recorded by this call or the same one before, or what is wrong. */
export async function settledOf(
	{ ledger, program }: SettledParts,
	command: Command,
	outcome: EventOutcome | undefined,
): Promise<Result<Settled, ApiError>> {
	if (outcome === undefined) return bad(busy);
	switch (outcome.kind) {
		case "appended": {
			const receipt = await ledger.receipt(outcome.event);
			if (receipt === null && command.action === "opt_out") return optedOut(ledger, command);
			return good({ customer: outcome.customer, receipts: receipt === null ? [] : [receipt] });
		}
		case "duplicate": {
			const receipt = outcome.event === null ? null : await ledger.receipt(outcome.event);
			if (receipt === null && command.action === "opt_out") return optedOut(ledger, command);
			if (receipt === null || receipt.key !== command.key) return bad(alreadyDone(program, command));
			// The ledger compares what an event says; the call may have meant somebody else by it.
			if (receipt.events[0]?.event.provenance["call"] !== command.provenance.call) return bad(usedKey);
			return good({ customer: outcome.customer ?? undefined, receipts: [receipt] });
		}
		case "skipped":
			return good({ customer: undefined, receipts: [] });
		case "conflict": {
			if (outcome.code !== undefined || outcome.event === null) return bad(errorOfOutcome(outcome));
			// Where nothing is left of the event, whose it was is erased.
			return bad((await ledger.receipt(outcome.event)) === null ? customerNotFound : usedKey);
		}
		default:
			return bad(errorOfOutcome(outcome));
	}
}

/** Of an opt-out that is done nothing is left but its key: whether it was of somebody else shows by who is there. */
async function optedOut(
	ledger: SettledParts["ledger"],
	{ identities: [named] }: Command,
): Promise<Result<Settled, ApiError>> {
	const isThere = named !== undefined && (await ledger.customerHolding(named.hash)) !== null;
	return isThere ? bad(usedKey) : good({ customer: undefined, receipts: [] });
}

/** The same fact by another call. */
function alreadyDone({ actions }: Program, { action }: Command): ApiError {
	const { code, reason } = repetitionOf(actions, action);
	return apiError(400, reason, code);
}

/** Whose event it was; null for who has just opted out, and where answers are to name nobody. */
export async function customerOf(
	{ ledger, program }: SettledParts,
	{ identities }: Command,
	{ customer }: Settled,
): Promise<CustomerView | null> {
	if (program.points.answers === "events") return null;
	if (customer !== undefined) return ledger.person(customer);
	const [named] = identities;
	return named === undefined ? null : ledger.customerHolding(named.hash);
}

export const hubKeyOf = async ({ hub }: CallParts): Promise<Uint8Array> =>
	(await hub.door.directory()).hubKey;

/** A call's `Idempotency-Key`, as a hash: one that looks like a card number could not be kept as it is. */
export function idempotencyOf({ hub }: CallParts, { header }: Asked): Result<string | undefined, ApiError> {
	const key = header("Idempotency-Key")?.trim();
	if (key === undefined) return good(undefined);
	const most = antavoLimits.idempotencyKeyCharactersMax;
	return key === "" || key.length > most
		? bad(apiError(400, `The header Idempotency-Key must have 1 to ${most} characters`))
		: good(hub.crypto.sha256Hex(key));
}
