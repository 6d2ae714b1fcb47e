import { isTrusted } from "./antavo/callback.ts";
import type { SettledParts } from "./antavo/events.ts";
import { resultOf, resultWithout } from "./antavo/result.ts";
import type { Hub } from "./hub.ts";
import type { CallbackPlaces, CallbackResult, Inbox, OwedCallback } from "./inbox/inbox.ts";
import type { Remote } from "./model/cell.ts";
import { type Fetch, type Posted, post } from "./sync/post.ts";

/** Posts the results of calls to those who asked for them, beside the drain and never in it. */
export interface Courier {
	/** Begins to post what is due, as much at once as there may be, and waits for none of it. Says when more is due. */
	start(): Promise<number | null>;
	/** When something is due for which there is a place, Unix milliseconds; null where nothing is owed. */
	dueAt(): Promise<number | null>;
	/** Lets go what is under way, which stays owed, and resolves when all of it has ended. */
	stop(): Promise<void>;
}

export interface CourierParts {
	readonly hub: Pick<Hub, "door" | "clock" | "crypto" | "log">;
	readonly inbox: Pick<Remote<Inbox>, "takeCallback" | "settleCallback" | "callbackDueAt" | "show">;
	readonly ledger: SettledParts["ledger"];
	readonly fetch: Fetch;
	readonly places: CallbackPlaces;
	/** One has ended: another may be due. */
	ended(): void;
}

/** Antavo says nothing of it; whoever needs longer should take the result first and work afterwards. */
const timeoutMs = 10_000;

/** Between attempts: 5 s at first, twice as long each time, an hour at most. */
const backoff = { firstMs: 5_000, mostMs: 3_600_000 } as const;

/** As long as a night, in which nobody mends a site, and the morning after. */
const givenUpAfterMs = 24 * 3_600_000;

export function openCourier({ hub, inbox, ledger, fetch, places, ended }: CourierParts): Courier {
	const { door, clock, log } = hub;
	const underWay = new Set<Promise<void>>();
	const stopping = new AbortController();

	return {
		start: async () => {
			while (!stopping.signal.aborted) {
				const owed = await inbox.takeCallback(places);
				if (owed === null) break;
				const telling = tell(owed).finally(() => {
					underWay.delete(telling);
					ended();
				});
				underWay.add(telling);
			}
			return dueAt();
		},
		dueAt,
		stop: async () => {
			stopping.abort();
			await Promise.all(underWay);
		},
	};

	function dueAt(): Promise<number | null> {
		return inbox.callbackDueAt(places);
	}

	async function tell(owed: OwedCallback): Promise<void> {
		try {
			const result = await attempt(owed);
			if (result !== null) await inbox.settleCallback(owed, result);
		} catch (error) {
			// It is taken again when its lease ends.
			log.error("what became of a callback was not noted", { delivery: owed.delivery, error: String(error) });
		}
	}

	/** Null where the hub stops, or nothing is owed any more. */
	async function attempt(owed: OwedCallback): Promise<CallbackResult | null> {
		const { client } = await door.directory();
		if (!isTrusted(owed.url, client(owed.client))) {
			return givenUp(owed, "the client is revoked, or the address is on none of its sites");
		}
		const posted = await postResult(owed);
		switch (posted.kind) {
			case "accepted":
				return posted;
			case "failed":
				return later(owed, posted);
			case "aborted":
				return null;
		}
	}

	async function postResult(owed: OwedCallback): Promise<Posted> {
		let body: object | null;
		try {
			body = await bodyOf(owed);
		} catch (error) {
			log.error("the result of a call could not be read", { delivery: owed.delivery, error: String(error) });
			return { kind: "failed", reason: "the hub could not read the result: see its log", waitMs: 0 };
		}
		if (body === null) return { kind: "aborted" };
		return post(fetch, { url: owed.url, body, timeoutMs, signal: stopping.signal, now: clock() });
	}

	/** What the call's sender would be told now; null where it waits for its outcome again, by a replay. */
	async function bodyOf({ delivery, correlation, outcome }: OwedCallback): Promise<object | null> {
		const call = await inbox.show(delivery);
		if (call === null || call.messageViews[0]?.state === "suppressed")
			return resultWithout(correlation, outcome);
		const { program } = await door.directory();
		const result = await resultOf({ ledger, program }, correlation, call);
		return result.payload.status === "queued" ? null : result;
	}

	function later(owed: OwedCallback, { reason, waitMs }: Extract<Posted, { readonly kind: "failed" }>) {
		const [chance = 0] = hub.crypto.randomBytes(1);
		// Up to half of it is taken away, so that what failed together does not come together again.
		const pause = Math.min(backoff.firstMs * 2 ** owed.attempts, backoff.mostMs) * (1 - chance / 512);
		const at = clock() + Math.max(Math.round(pause), waitMs);
		if (at > owed.owedSince + givenUpAfterMs) return givenUp(owed, reason);
		return { kind: "later", at, reason } as const;
	}

	function givenUp({ delivery, client, attempts }: OwedCallback, reason: string) {
		log.warn("the result of a call is not posted any more", {
			delivery,
			client,
			attempts: attempts + 1,
			reason,
		});
		return { kind: "given_up", reason } as const;
	}
}
