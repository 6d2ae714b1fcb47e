import { inboxesOf } from "./deliveries.ts";
import { type OpenEndpoint, secretsOf } from "./door.ts";
import type { Hub } from "./hub.ts";
import type { Arrived, DeliverySummary, Inbox } from "./inbox/inbox.ts";
import type { Remote } from "./model/cell.ts";
import type { OutcomeName } from "./model/outcome.ts";
import { unreachable } from "./model/result.ts";
import type { PullView } from "./office/pulls.ts";
import type { AppParts } from "./parts.ts";
import { onOf } from "./pull.ts";
import type { Refused } from "./refusals.ts";
import { streamOf } from "./stream.ts";
import { canVerify, whyUnverified } from "./verify/verify.ts";

/** How an endpoint is doing, for who looks after it. Times are Unix milliseconds. */
export interface Health {
	readonly state: HealthState;
	/** Why, in one sentence. */
	readonly why: string;
	readonly lastDelivery: LastDelivery | null;
	/** How many deliveries came to what; those that are older than `countedSince` are not counted. */
	readonly lastDay: Outcomes;
	readonly lastWeek: Outcomes;
	readonly countedSince: number;
	readonly refused: Refused;
}

export type HealthState =
	/** Its newest request was refused, or any would be. */
	| "refusing"
	/** Of what came in the last day, a tenth or more came to nothing that it was meant to; or what it asks for does not come. */
	| "failing"
	/** Nothing came for a day. */
	| "quiet"
	| "healthy"
	| "paused"
	| "deleted";

export type LastDelivery = Arrived & Pick<DeliverySummary, "reason">;
export type Outcomes = Partial<Readonly<Record<OutcomeName, number>>>;

/** Says of each endpoint how it is doing: what came is looked at once for all of them. */
export type Healths = (of: OpenEndpoint) => Health;

const dayMs = 24 * 60 * 60_000;
const weekMs = 7 * dayMs;

/** So many deliveries are counted, the newest: it takes a tenth of a second, and a page of them a few milliseconds. */
const countedMax = 10_000;
const pageSize = 500;

/** One in so many is a sender's odd case; more is something that somebody has to mend. */
const failingShare = 0.1;

/** What somebody has to look at. */
const failures: ReadonlySet<string> = new Set<OutcomeName>(["failed", "conflict", "refused"]);

/** A system that does not answer once or twice is restarted, or is asked when its session ends. */
const pullFailuresMin = 3;

export async function openHealths({
	hub,
	office,
	refusals,
}: Pick<AppParts, "hub" | "office" | "refusals">): Promise<Healths> {
	const now = hub.clock();
	const inboxes = inboxesOf(hub.inboxes);
	const perInbox = Math.ceil(countedMax / inboxes.length);
	const [pulls, counted, latest] = await Promise.all([
		office.pulls(),
		Promise.all(inboxes.map((inbox) => newestOf(inbox, { since: now - weekMs, most: perInbox }))),
		Promise.all(inboxes.map((inbox) => inbox.latest())),
	]);
	const countedSince = Math.max(...counted.map(({ since }) => since));
	const arrived = counted
		.flatMap((one) => one.arrived)
		.filter(({ receivedAt }) => receivedAt >= countedSince);
	const byEndpoint = Map.groupBy(arrived, ({ endpoint }) => endpoint);
	const pullOf = new Map(pulls.map((pull) => [pull.endpoint, pull]));
	const latestOf = Map.groupBy(latest.flat(), ({ endpoint }) => endpoint);

	return (of) => {
		const { id } = of.endpoint;
		const mine = byEndpoint.get(id) ?? [];
		const found = {
			lastDelivery: lastOf(latestOf.get(id) ?? [], mine),
			lastDay: outcomesOf(mine.filter(({ receivedAt }) => receivedAt >= now - dayMs)),
			lastWeek: outcomesOf(mine),
			countedSince,
			refused: refusals.of(id),
		};
		const lacks = lacksOf(of, pullOf.get(id), now);
		const state = stateOf(of, { ...found, canGet: canGetAny(hub, of), lacks, now });
		return { state, why: whyOf(state, of, { ...found, lacks, now }), ...found };
	};
}

/** In pages: on one machine the inbox stores what comes in between. */
async function newestOf(
	inbox: Remote<Inbox>,
	{ since, most }: { readonly since: number; readonly most: number },
): Promise<{ readonly arrived: readonly Arrived[]; readonly since: number }> {
	const arrived: Arrived[] = [];
	let cursor: string | undefined;
	while (arrived.length < most) {
		const limit = Math.min(pageSize, most - arrived.length);
		const page = await inbox.arrivals({ since, limit, ...(cursor === undefined ? {} : { cursor }) });
		arrived.push(...page);
		cursor = page.at(-1)?.id;
		if (page.length < limit) return { arrived, since };
	}
	return { arrived, since: arrived.at(-1)?.receivedAt ?? since };
}

/** What came a moment ago was not looked at yet, and what came long ago is not counted any more. */
function lastOf(noted: readonly DeliverySummary[], counted: readonly Arrived[]): LastDelivery | null {
	const all = [...noted, ...counted.map((one) => ({ ...one, reason: null }))];
	const last = all.toSorted((a, b) => b.receivedAt - a.receivedAt)[0];
	if (last === undefined) return null;
	const { id, endpoint, receivedAt, outcome, reason } = last;
	return { id, endpoint, receivedAt, outcome, reason };
}

function outcomesOf(arrived: readonly Arrived[]): Outcomes {
	const counts: Partial<Record<OutcomeName, number>> = {};
	for (const { outcome } of arrived) counts[outcome] = (counts[outcome] ?? 0) + 1;
	return counts;
}

/** Whether anything that its senders send could be taken, or it gets what it takes by itself. */
const canGetAny = ({ crypto }: Hub, of: OpenEndpoint): boolean =>
	isAsking(of) ||
	of.configured.connector.writeKey ||
	canVerify(of.configured.verification, secretsOf(of.endpoint), crypto);

const isAsking = (of: OpenEndpoint): boolean =>
	onOf(of, of.configured.pull) !== undefined || streamOf(of) !== undefined;

/** What does not come of what an endpoint asks for itself; null where all does. */
function lacksOf(of: OpenEndpoint, pull: PullView | undefined, now: number): string | null {
	if (pull === undefined || !isAsking(of)) return null;
	// Who sets it up wants to know at once.
	if (pull.failures >= (pull.answered ? pullFailuresMin : 1)) {
		const times = pull.failures === 1 ? "once" : `${pull.failures} times in a row`;
		return `its system was asked in vain ${times}: ${pull.failure}`;
	}
	return pull.gap !== null && pull.gap.at >= now - dayMs ? pull.gap.reason : null;
}

type Found = Omit<Health, "state" | "why"> & { readonly lacks: string | null; readonly now: number };

function stateOf(
	{ endpoint, misfit }: OpenEndpoint,
	{ lastDelivery, lastDay, refused, canGet, lacks, now }: Found & { readonly canGet: boolean },
): HealthState {
	if (endpoint.state !== "active") return endpoint.state;
	const lastAt = lastDelivery?.receivedAt ?? Number.NEGATIVE_INFINITY;
	if (misfit !== null || !canGet || (refused.last !== null && refused.last.at > lastAt)) return "refusing";
	if (lacks !== null) return "failing";
	if (failedIn(lastDay) > 0 && failedIn(lastDay) >= failingShare * totalOf(lastDay)) return "failing";
	return lastAt < now - dayMs ? "quiet" : "healthy";
}

function whyOf(state: HealthState, { endpoint, misfit, configured }: OpenEndpoint, found: Found): string {
	const { lastDelivery, lastDay, refused, lacks, now } = found;
	switch (state) {
		case "deleted":
			return "it is deleted: its URL answers 410 for thirty days";
		case "paused":
			return "it is paused: what comes is stored and held";
		case "refusing":
			if (misfit !== null) return misfit;
			if (refused.last === null)
				return `everything is refused, as ${whyUnverified(configured.verification, secretsOf(endpoint))}`;
			return `its newest request, ${agoOf(refused.last.at, now)}, was refused (${refused.last.cause}): ${refused.last.reason}`;
		case "failing": {
			if (lacks !== null) return lacks;
			const failed = `${failedIn(lastDay)} of ${deliveries(totalOf(lastDay))} in the last day failed`;
			return `${failed}; see \`deliveries list --endpoint ${endpoint.id}\``;
		}
		case "quiet":
			return lastDelivery === null
				? "nothing came so far"
				: `nothing came for a day; the last delivery came ${agoOf(lastDelivery.receivedAt, now)}`;
		case "healthy":
			return `${deliveries(totalOf(lastDay))} in the last day, the last ${agoOf(lastDelivery?.receivedAt ?? now, now)}`;
		default:
			return unreachable(state);
	}
}

const failedIn = (outcomes: Outcomes): number => totalOf(outcomes, (name) => failures.has(name));

const totalOf = (outcomes: Outcomes, counts: (name: string) => boolean = () => true): number =>
	Object.entries(outcomes).reduce((sum, [name, count]) => (counts(name) ? sum + count : sum), 0);

const deliveries = (count: number): string => (count === 1 ? "1 delivery" : `${count} deliveries`);

function agoOf(at: number, now: number): string {
	const minutes = Math.max(0, Math.floor((now - at) / 60_000));
	if (minutes < 1) return "just now";
	if (minutes < 120) return `${minutes} min ago`;
	const hours = Math.floor(minutes / 60);
	return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}
