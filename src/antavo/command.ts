import type { Program } from "../catalog/program.ts";
import { canonicalText } from "../ledger/canonical.ts";
import { commandOf, identityHash } from "../ledger/command.ts";
import { base64Url } from "../model/bytes.ts";
import type { Crypto } from "../model/crypto.ts";
import type { Command, Provenance } from "../model/event.ts";
import type { Caller } from "./caller.ts";
import type { EventRequest } from "./event-request.ts";

export interface CommandOfRequest {
	readonly caller: Caller;
	/** What makes the call itself unique, where the caller says it: the same again is then the same event. */
	readonly idempotency: string | undefined;
	readonly ip: string | undefined;
	readonly userAgent: string | undefined;
	/** Unix milliseconds. */
	readonly now: number;
	readonly program: Program;
	readonly hubKey: Uint8Array;
	readonly crypto: Crypto;
}

/**
 * The command that records what a caller asks for.
 *
 * An event key is otherwise of its action too; a caller's `Idempotency-Key` stands for the whole call, so that the same
 * key with another action is found out. `call` in its provenance says what was asked, as a keyed hash.
 *
 * Addresses are claimed as shared names are: they stay with whoever had them first and refuse nobody, as in Antavo, where
 * an e-mail address is an attribute like any other.
 */
export function commandOfRequest(request: EventRequest, parts: CommandOfRequest): Command {
	const { caller, idempotency, program, hubKey, crypto } = parts;
	const scope = `key/${caller.key}`;
	const messageId = idempotency ?? `call/${base64Url(crypto.randomBytes(16))}`;
	const keyed = (fields: readonly string[]): string =>
		crypto.hmacHex("sha256", hubKey, JSON.stringify(fields));
	const command = commandOf({
		scope,
		messageId,
		event: {
			action: request.action,
			identities: [...request.customer, ...request.addresses],
			timestamp: request.timestamp ?? parts.now,
			slot: "",
			data: request.data,
			...(request.account === undefined ? {} : { account: request.account }),
		},
		program,
		hubKey,
		crypto,
		trust: caller.trust,
		lenient: false,
		provenance: {
			...provenanceOf(parts, messageId),
			...(idempotency === undefined ? {} : { call: keyed(["call", askedBy(request)]).slice(0, 32) }),
		},
	});
	const addresses = new Set(request.addresses.map((one) => identityHash(one, { program, hubKey, crypto })));
	const named = new Set(request.customer.map((one) => identityHash(one, { program, hubKey, crypto })));
	return {
		...command,
		key: `${keyed([scope, messageId]).slice(0, 28)}0000`,
		identities: command.identities.map((identity) =>
			addresses.has(identity.hash) && !named.has(identity.hash)
				? { ...identity, customers: "many" }
				: identity,
		),
	};
}

/** What a call asked, whatever the order of its properties. */
const askedBy = ({ action, customer, account, timestamp, data }: EventRequest): string =>
	canonicalText({
		action,
		customer: customer.map(({ kind, value }) => ({ kind, value })),
		account: account ?? null,
		timestamp: timestamp ?? null,
		data,
	});

function provenanceOf({ caller, ip, userAgent }: CommandOfRequest, message: string): Provenance {
	return {
		source: "Events API",
		message,
		signed: caller.signed,
		...(ip === undefined ? {} : { ipAddress: ip }),
		...(userAgent === undefined ? {} : { userAgent }),
	};
}
