import { type OpenEndpoint, secretsOf, urlOf } from "./door.ts";
import { type Hub, receive } from "./hub.ts";
import type { ConfiguredPull } from "./kit/connector.ts";
import type { Page, SystemQuestion } from "./kit/pull.ts";
import type { Remote } from "./model/cell.ts";
import type { Json, Value } from "./model/json.ts";
import type { Delivery } from "./model/message.ts";
import { bad, good, invariant, type Result } from "./model/result.ts";
import type { Office } from "./office/office.ts";
import type { Asking } from "./sync/asking.ts";

export interface PullParts {
	readonly hub: Hub;
	readonly office: Pick<Remote<Office>, "beginPull" | "keepPull">;
	readonly askSystem: Asking;
	/** What the world calls the hub, without a slash at its end; empty where that is not known. */
	publicUrl(): string;
	/** A signal that is given after so many milliseconds. */
	timeout(ms: number): AbortSignal;
}

/** A page that takes longer is given up; the next try may be luckier. */
export const answerWithinMs = 20_000;

export const noAnswer = `there was no answer within ${answerWithinMs / 1_000} seconds`;

/** For so long nobody else asks for an endpoint: longer than a page takes, and soon enough after a crash. */
export const leaseMs = 60_000;

/** So that one endpoint with years to tell does not keep a process for itself; it goes on at the next look. */
const pagesMax = 20;

/** After a first failure, of what is not asked for more often anyway; twice as long after each that follows it. */
const retryMs = 5 * 60_000;

/** Systems are down for minutes rather than days. */
const backoffMaxMs = 60 * 60_000;

/**
 * Asks the systems of all endpoints that are due. What they answer goes the way of every delivery, so that it is durable
 * before its cursor is.
 */
export async function pullDue(parts: PullParts): Promise<void> {
	const { endpoints } = await parts.hub.door.directory();
	await Promise.all(
		endpoints.map(async (to) => {
			const pull = onOf(to, to.configured.pull);
			if (pull !== undefined) await pullFrom(parts, to, pull);
		}),
	);
}

/** A way by which the hub itself gets what a system has to tell; undefined where the endpoint does not go it, or no longer. */
export const onOf = <Way extends { isOn(secretsSet: ReadonlySet<string>): boolean }>(
	{ endpoint }: OpenEndpoint,
	way: Way | undefined,
): Way | undefined =>
	endpoint.state !== "deleted" && way?.isOn(new Set(Object.keys(endpoint.secrets))) === true
		? way
		: undefined;

async function pullFrom(parts: PullParts, to: OpenEndpoint, pull: ConfiguredPull): Promise<void> {
	const { hub, office } = parts;
	const { id } = to.endpoint;
	const begun = await office.beginPull(id, leaseMs);
	if (begun === null) return;
	let { cursor } = begun;
	for (let pages = 1; ; pages++) {
		const page = await ask(parts, to, { pull, cursor });
		if (!page.ok) {
			hub.log.warn("a system did not answer what it was asked", { endpoint: id, reason: page.failure });
			const dueInMs = Math.min(Math.min(pull.everyMs, retryMs) * 2 ** begun.failures, backoffMaxMs);
			return office.keepPull(id, { cursor, dueInMs, failure: page.failure });
		}
		const { body, more } = page.value;
		if (body !== null) await receive(hub, to, deliveryOf(body, hub.clock()), { proved: "all" });
		cursor = page.value.cursor;
		const goesOn = more && pages < pagesMax;
		const dueInMs = goesOn ? leaseMs : more ? 0 : pull.everyMs;
		await office.keepPull(id, { cursor, dueInMs, failure: null });
		if (!goesOn) return;
	}
}

async function ask(
	{ hub, askSystem, publicUrl, timeout }: PullParts,
	to: OpenEndpoint,
	{ pull, cursor }: { readonly pull: ConfiguredPull; readonly cursor: Json },
): Promise<Result<Page, string>> {
	const { endpoint } = to;
	const signal = timeout(answerWithinMs);
	const late = new Promise<Result<Page, string>>((resolve) => {
		signal.addEventListener("abort", () => resolve(bad(noAnswer)), { once: true });
	});
	const secrets = secretsOf(endpoint);
	const question = {
		secrets,
		cursor,
		now: hub.clock(),
		url: publicUrl() === "" ? null : urlOf(publicUrl(), endpoint),
		askSystem: async ({ path, method, body }: SystemQuestion): Promise<Result<Value, string>> => {
			const { enrichment } = to.configured;
			invariant(enrichment !== undefined, "whose pull asks its system says where that is");
			const got = await askSystem({
				endpoint: endpoint.id,
				secrets,
				enrichment,
				url: `${enrichment.origin}${path}`,
				method,
				body: JSON.stringify(body),
				timeoutMs: answerWithinMs,
				signal,
			});
			if (got.kind === "aborted") return bad(noAnswer);
			return got.kind === "found" ? good(got.value) : bad(got.reason);
		},
	};
	return Promise.race([pull.ask(question), late]);
}

/** As if the system had sent it. */
export const deliveryOf = (body: Json, receivedAt: number): Delivery => ({
	method: "POST",
	path: "",
	query: "",
	headers: { "content-type": "application/json" },
	body: new TextEncoder().encode(JSON.stringify(body)),
	receivedAt,
});
