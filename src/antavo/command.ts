import type { Program } from "../catalog/program.ts";
import { canonicalText } from "../ledger/canonical.ts";
import { commandOf } from "../ledger/command.ts";
import type { Crypto } from "../model/crypto.ts";
import type { Command, Provenance } from "../model/event.ts";
import type { Caller } from "./caller.ts";
import type { EventRequest } from "./event-request.ts";

export interface CommandOfRequest {
	readonly caller: Pick<Caller, "key" | "trust" | "signed">;
	/** What makes the message one of its own. */
	readonly messageId: string;
	/** Whether the id stands for all that is asked, by an `Idempotency-Key`: the same with anything else is then a conflict. */
	readonly idempotent: boolean;
	/** Whether nobody waits for the answer: see `Command`. */
	readonly lenient: boolean;
	/** Whether something that must not be kept was taken out of it. */
	readonly sensitive: boolean;
	/** Antavo's name of where it came from. */
	readonly source: string;
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
 * An event key is otherwise of its action too; an `Idempotency-Key` stands for the whole call, so that the same key with
 * another action is found out. `call` in its provenance says what was asked, as a keyed hash.
 */
export function commandOfRequest(request: EventRequest, parts: CommandOfRequest): Command {
	const { caller, messageId, idempotent, program, hubKey, crypto } = parts;
	const scope = `key/${caller.key}`;
	const keyed = (fields: readonly string[]): string =>
		crypto.hmacHex("sha256", hubKey, JSON.stringify(fields));
	const command = commandOf({
		scope,
		messageId,
		event: {
			action: request.action,
			identities: request.customer,
			addresses: request.addresses,
			timestamp: request.timestamp ?? parts.now,
			slot: "",
			data: request.data,
			...(request.account === undefined ? {} : { account: request.account }),
			...(request.guest ? { guest: true } : {}),
		},
		program,
		hubKey,
		crypto,
		trust: caller.trust,
		lenient: parts.lenient,
		sensitive: parts.sensitive,
		provenance: {
			...provenanceOf(parts),
			...(idempotent ? { call: keyed(["call", askedBy(request)]).slice(0, 32) } : {}),
		},
	});
	return idempotent ? { ...command, key: `${keyed([scope, messageId]).slice(0, 28)}0000` } : command;
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

function provenanceOf({ caller, messageId, source, ip, userAgent }: CommandOfRequest): Provenance {
	return {
		source,
		message: messageId,
		signed: caller.signed,
		...(ip === undefined ? {} : { ipAddress: ip }),
		...(userAgent === undefined ? {} : { userAgent }),
	};
}
