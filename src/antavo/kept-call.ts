import type { Program } from "../catalog/program.ts";
import type { Pin, Planned, StoredDelivery } from "../inbox/inbox.ts";
import { isoTime } from "../kit/time.ts";
import { textOf } from "../kit/values.ts";
import { identityHash } from "../ledger/command.ts";
import { jsonOf } from "../map/values/written.ts";
import type { Crypto } from "../model/crypto.ts";
import { type JsonObject, own } from "../model/json.ts";
import type { Delivery } from "../model/message.ts";
import type { EventOutcome } from "../model/outcome.ts";
import type { Asked } from "./call.ts";
import { siteOf } from "./callback.ts";
import type { Caller } from "./caller.ts";
import { commandOfRequest } from "./command.ts";
import { namedIn, readEventRequest } from "./event-request.ts";

/**
 * A call that is answered before it is recorded, as it is stored: what was asked, without the key that came with it, and
 * who asked.
 */
interface KeptCall {
	readonly caller: Pick<Caller, "key" | "trust" | "signed">;
	/** `webhook`: sent by a machine that reads no answer. `async`: somebody will ask what became of it. */
	readonly kind: "webhook" | "async";
	readonly body: JsonObject;
	/** The call's `Idempotency-Key`, as a hash. */
	readonly idempotency: string | null;
	/**
	 * Where its result is posted, and what its caller calls it; null where the delivery's id is to do. Under their names in the
	 * call, by which it was judged what may be kept.
	 */
	readonly callback?: { readonly callback_url: string; readonly correlation_id: string | null };
}

interface Keeping extends Pick<KeptCall, "kind" | "idempotency" | "callback"> {
	/** Unix milliseconds. */
	readonly now: number;
	/** What is stored beside the path. */
	readonly query: string;
}

/** A call as it is stored. */
export function deliveryOf(
	{ caller, body, path, header, ip }: Asked,
	{ now, query, kind, idempotency, callback }: Keeping,
): Delivery {
	const { api_key, ...asked } = body;
	const { key, trust, signed } = caller;
	const kept: KeptCall = {
		caller: { key, trust, signed },
		kind,
		body: jsonOf(asked) as JsonObject,
		idempotency,
		...(callback === undefined ? {} : { callback }),
	};
	const userAgent = header("User-Agent");
	return {
		method: "POST",
		path,
		query,
		headers: {
			"content-type": "application/json",
			...(userAgent === undefined ? {} : { "user-agent": userAgent }),
		},
		body: new TextEncoder().encode(JSON.stringify(kept)),
		receivedAt: now,
		...(ip === undefined ? {} : { ip }),
	};
}

/** What a call becomes that was stored as a delivery: one event, which no mapping reads. */
export function planCall(
	stored: Delivery & Pick<StoredDelivery, "id" | "removed">,
	{
		program,
		hubKey,
		crypto,
	}: { readonly program: Program; readonly hubKey: Uint8Array; readonly crypto: Crypto },
): Pin {
	const pin = { position: 0, state: "pending", reason: null } as const;
	const bare = { mapping: "", version: "" };
	// We wrote it ourselves.
	const call = JSON.parse(new TextDecoder().decode(stored.body)) as KeptCall;
	const { caller, kind, body, idempotency } = call;
	const callback = callbackOf(call, stored.id);
	const request = readEventRequest(body, program);
	if (!request.ok) {
		const outcome: EventOutcome = { kind: "failed", reason: request.failure.message };
		const plan = [{ ...bare, outcome, ...callback }];
		const persons = namedIn(body, program).flatMap(
			(identity) => identityHash(identity, { program, hubKey, crypto }) ?? [],
		);
		return { ...pin, senderId: null, type: null, time: null, persons, plan };
	}

	const senderId = kind === "webhook" ? textOf(own(body, "messageId")) : undefined;
	const timestamp = request.value.timestamp ?? isoTime(own(body, "timestamp"));
	const command = commandOfRequest(
		{ ...request.value, timestamp },
		{
			caller,
			messageId: messageIdOf({ senderId, idempotency, delivery: stored.id }),
			idempotent: idempotency !== null,
			lenient: kind === "webhook",
			sensitive: stored.removed.length > 0,
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
		senderId: senderId ?? null,
		type: request.value.action,
		time: timestamp ?? null,
		persons: command.identities.map(({ hash }) => hash),
		plan: [{ ...bare, action: command.action, command: { ...command, provenance }, ...callback }],
	};
}

function callbackOf({ caller, callback }: KeptCall, delivery: string): Pick<Planned, "callback"> {
	if (callback === undefined) return {};
	const { callback_url: url, correlation_id } = callback;
	return {
		callback: { url, site: siteOf(url) ?? "", client: caller.key, correlation: correlation_id ?? delivery },
	};
}

interface Ids {
	readonly senderId: string | undefined;
	readonly idempotency: string | null;
	readonly delivery: string;
}

function messageIdOf({ senderId, idempotency, delivery }: Ids): string {
	if (idempotency !== null) return `idempotency/${idempotency}`;
	return senderId === undefined ? `delivery/${delivery}` : `message/${senderId}`;
}
