import { isTrusted } from "./antavo/callback.ts";
import type { SettledParts } from "./antavo/events.ts";
import { resultOf, resultWithout } from "./antavo/result.ts";
import { type Courier, openCourier, pauseMs, timeoutMs } from "./courier.ts";
import type { Hub } from "./hub.ts";
import type { CallbackResult, Inbox, OwedCallback, Places } from "./inbox/inbox.ts";
import type { Remote } from "./model/cell.ts";
import type { Fetch } from "./sync/exchange.ts";
import { type Posted, post } from "./sync/post.ts";

export interface CallbacksParts {
	readonly hub: Pick<Hub, "door" | "clock" | "crypto" | "log">;
	readonly inbox: Pick<Remote<Inbox>, "takeCallback" | "settleCallback" | "callbackDueAt" | "show">;
	readonly ledger: SettledParts["ledger"];
	readonly fetch: Fetch;
	readonly places: Places;
	/** One has ended: another may be due. */
	ended(): void;
}

/** As long as a night, in which nobody mends a site, and the morning after. */
const givenUpAfterMs = 24 * 3_600_000;

/** Posts the results of calls to those who asked for them. */
export function openCallbacks({ hub, inbox, ledger, fetch, places, ended }: CallbacksParts): Courier {
	const { door, clock, crypto, log } = hub;

	return openCourier<OwedCallback>({
		take: () => inbox.takeCallback(places),
		dueAt: () => inbox.callbackDueAt(places),
		carry: async (owed, signal) => {
			const result = await attempt(owed, signal);
			if (result !== null) await inbox.settleCallback(owed, result);
		},
		ended,
		log,
	});

	/** Null where the hub stops, or nothing is owed any more. */
	async function attempt(owed: OwedCallback, signal: AbortSignal): Promise<CallbackResult | null> {
		const { client } = await door.directory();
		if (!isTrusted(owed.url, client(owed.client))) {
			return givenUp(owed, "the client is revoked, or the address is on none of its sites");
		}
		const posted = await postResult(owed, signal);
		switch (posted.kind) {
			case "accepted":
				return posted;
			case "failed":
				return later(owed, posted);
			case "aborted":
				return null;
		}
	}

	async function postResult(owed: OwedCallback, signal: AbortSignal): Promise<Posted> {
		let body: object | null;
		try {
			body = await bodyOf(owed);
		} catch (error) {
			log.error("the result of a call could not be read", { delivery: owed.delivery, error: String(error) });
			return { kind: "failed", reason: "the hub could not read the result: see its log", waitMs: 0 };
		}
		if (body === null) return { kind: "aborted" };
		return post(fetch, { url: owed.url, body, timeoutMs, signal, now: clock() });
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
		const at = clock() + Math.max(pauseMs(owed.attempts, crypto), waitMs);
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
