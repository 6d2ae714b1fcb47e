import { type Courier, openCourier, pauseMs, timeoutMs } from "./courier.ts";
import { type OpenEndpoint, secretsOf } from "./door.ts";
import type { Hub } from "./hub.ts";
import type { FetchResult, Inbox, OwedFetch, Places } from "./inbox/inbox.ts";
import type { OpenEnrichment } from "./kit/enrichment.ts";
import type { Remote } from "./model/cell.ts";
import { jsonText } from "./model/json.ts";
import { withoutSensitive } from "./model/sensitive/sensitive.ts";
import { openAnswers } from "./sync/answers.ts";
import type { Asking } from "./sync/asking.ts";
import type { Got } from "./sync/question.ts";
import { openSites } from "./sync/sites.ts";

export interface EnricherParts {
	readonly hub: Pick<Hub, "door" | "clock" | "crypto" | "log">;
	readonly inbox: Pick<Remote<Inbox>, "takeFetch" | "settleFetch" | "fetchDueAt">;
	readonly askSystem: Asking;
	readonly places: Places;
	/** How much of what an endpoint may ask in a second is this one's: less than 1 where others ask for it too. */
	readonly share: number;
	/** One has ended: another may be due, and a message may have its turn. */
	ended(): void;
}

/** Asks other systems what messages say too little of. */
export function openEnricher({ hub, inbox, askSystem, places, share, ended }: EnricherParts): Courier {
	const { door, clock, crypto, log } = hub;
	const sites = openSites({ clock, pauseMs: (failures) => pauseMs(failures, crypto) });
	const answers = openAnswers(clock);
	const underWay = new Map<string, Promise<Got>>();

	return openCourier<OwedFetch>({
		take: async () => {
			const { byId } = await door.directory();
			const owed = await inbox.takeFetch(sites.within(places));
			const perSecond = byId(owed?.endpoint ?? "")?.configured.enrichment?.perSecond ?? 1;
			if (owed !== null) sites.spend(owed.site, perSecond * share);
			return owed;
		},
		dueAt: async () => {
			const dues = [await inbox.fetchDueAt(sites.within(places)), sites.openAt()];
			const known = dues.filter((due) => due !== null);
			return known.length === 0 ? null : Math.min(...known);
		},
		carry: async (owed, signal) => {
			const result = await attempt(owed, signal);
			if (result !== null) await inbox.settleFetch(owed, result);
		},
		ended,
		log,
	});

	/** Null where the hub stops. */
	async function attempt(owed: OwedFetch, signal: AbortSignal): Promise<FetchResult | null> {
		const to = (await door.directory()).byId(owed.endpoint);
		const enrichment = to?.configured.enrichment;
		if (to === undefined || to.endpoint.state === "deleted" || !isOf(owed, enrichment))
			return { kind: "given_up", reason: "its endpoint does not ask this any more" };
		const got = await answerTo(owed, { to, enrichment, signal });
		switch (got.kind) {
			case "found":
				return { kind: "found", answer: jsonText(got.value) };
			case "missing":
				return { kind: "missing", reason: got.reason };
			case "failed": {
				const at = clock() + Math.max(pauseMs(owed.attempts, crypto), got.waitMs);
				return { kind: "later", at, reason: got.reason };
			}
			case "aborted":
				return null;
		}
	}

	/** What is known, or what somebody else is just asking, is not asked again, and costs nothing. */
	async function answerTo(owed: OwedFetch, asking: AskedOf): Promise<Got> {
		const question = `${owed.endpoint} ${owed.url} ${owed.body ?? ""}`;
		const known = answers.get(question);
		const going = known === undefined ? underWay.get(question) : undefined;
		if (known !== undefined || going !== undefined) {
			sites.giveBack(owed.site);
			return going ?? { kind: "found", value: known ?? null };
		}
		const asked = ask(owed, asking);
		underWay.set(question, asked);
		try {
			const got = await asked;
			const forMs = asking.enrichment.cacheForMs(owed.into);
			if (got.kind === "found" && forMs > 0) answers.keep(question, got.value, forMs);
			return got;
		} finally {
			underWay.delete(question);
		}
	}

	async function ask(owed: OwedFetch, asking: AskedOf): Promise<Got> {
		const { enrichment, signal, to } = asking;
		const { endpoint, url, body } = owed;
		const secrets = secretsOf(to.endpoint);
		const got = await askSystem({ endpoint, secrets, enrichment, url, body, timeoutMs, signal });
		if (got.kind === "failed" && got.blames === "site") {
			if (sites.failed(owed.site, got.waitMs) === "broken") {
				log.warn("a system that does not answer is left alone for a while", {
					endpoint,
					origin: enrichment.origin,
					reason: got.reason,
				});
			}
		} else if (got.kind !== "aborted") sites.answered(owed.site);
		return got.kind === "found" ? { kind: "found", value: withoutSensitive(got.value).value } : got;
	}
}

interface AskedOf {
	readonly to: OpenEndpoint;
	readonly enrichment: OpenEnrichment;
	readonly signal: AbortSignal;
}

/** Whether the endpoint's connector, as it is set today, asks there: its secrets go nowhere else. */
const isOf = ({ url }: OwedFetch, enrichment: OpenEnrichment | undefined): enrichment is OpenEnrichment =>
	enrichment !== undefined && new URL(url).origin === enrichment.origin;
