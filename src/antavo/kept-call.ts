import type { Program } from "../catalog/program.ts";
import { isoTime } from "../kit/time.ts";
import { textOf } from "../kit/values.ts";
import type { Crypto } from "../model/crypto.ts";
import { type JsonObject, own } from "../model/json.ts";
import type { Delivery } from "../model/message.ts";
import type { Caller } from "./caller.ts";
import { commandOfRequest } from "./command.ts";
import { readEventRequest } from "./event-request.ts";

/**
 * A call that is answered before it is recorded, as it is stored: what was asked, without the key that came with it, and
 * who asked.
 */
export interface KeptCall {
	readonly caller: Pick<Caller, "key" | "trust" | "signed">;
	/** `webhook`: sent by a machine that reads no answer. `async`: somebody will ask what became of it. */
	readonly kind: "webhook" | "async";
	readonly body: JsonObject;
}

/** What a call becomes that was stored as a delivery: one event, which no mapping reads. */
export function planCall(
	stored: Delivery & { readonly id: string },
	{
		program,
		hubKey,
		crypto,
	}: { readonly program: Program; readonly hubKey: Uint8Array; readonly crypto: Crypto },
) {
	const pin = { position: 0, persons: [], plan: null, time: null, type: null, senderId: null } as const;
	// We wrote it ourselves.
	const { caller, kind, body } = JSON.parse(new TextDecoder().decode(stored.body)) as KeptCall;
	const request = readEventRequest(body, program);
	if (!request.ok) return { ...pin, state: "failed", reason: request.failure.message } as const;

	const senderId = textOf(own(body, "messageId"));
	const timestamp = request.value.timestamp ?? isoTime(own(body, "timestamp"));
	const command = commandOfRequest(
		{ ...request.value, timestamp },
		{
			caller,
			messageId: senderId === undefined ? `delivery/${stored.id}` : `message/${senderId}`,
			idempotent: false,
			lenient: kind === "webhook",
			source: kind === "webhook" ? "Segment" : "Events API",
			ip: stored.ip,
			userAgent: stored.headers["user-agent"],
			now: stored.receivedAt,
			program,
			hubKey,
			crypto,
		},
	);
	const provenance = {
		...command.provenance,
		delivery: stored.id,
		position: 0,
		...(senderId === undefined && kind === "webhook" ? { dedupe: "content" as const } : {}),
	};
	return {
		...pin,
		state: "pending",
		senderId: senderId ?? null,
		type: request.value.action,
		time: timestamp ?? null,
		persons: command.identities.map(({ hash }) => hash),
		plan: [{ mapping: "", version: "", action: command.action, command: { ...command, provenance } }],
		reason: null,
	} as const;
}
