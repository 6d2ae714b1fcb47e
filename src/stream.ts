import { type OpenEndpoint, secretsOf } from "./door.ts";
import { receive } from "./hub.ts";
import type { ConfiguredStream } from "./kit/connector.ts";
import type { TakeStreamed } from "./kit/stream.ts";
import type { Remote } from "./model/cell.ts";
import type { Office } from "./office/office.ts";
import type { BegunPull } from "./office/pulls.ts";
import { answerWithinMs, deliveryOf, leaseMs, noAnswer, onOf, type PullParts } from "./pull.ts";

export interface StreamParts extends Pick<PullParts, "hub" | "timeout"> {
	readonly office: Pick<Remote<Office>, "beginPull" | "keepPull" | "noteGap">;
}

/** The streams that a host holds open. */
export interface Streams {
	/** Opens what is due, and ends what is wanted no longer or otherwise. To be called again and again. */
	look(): Promise<void>;
	/** Resolves when all have ended and their cursors are kept; nobody looks any more. */
	stop(): Promise<void>;
}

/** After a first failure; twice as long after each that follows it. */
const retryMs = 5_000;

/** What systems keep for days need not be asked for more often while they are down. */
const backoffMaxMs = 10 * 60_000;

/** Some systems let one in and end it at once, as Salesforce does beyond the day's allowance: that is a failure like others. */
const provenAfterMs = 60_000;

interface Opened {
	/** The endpoint as it was: one that was changed since is opened anew. */
	readonly as: string;
	readonly ending: AbortController;
	readonly done: Promise<void>;
}

/**
 * A stream is a pull that lasts: the office keeps its cursor, its failures and when it is due, and what comes goes the way
 * of every delivery, so that it is durable before its cursor is.
 */
export function openStreams(parts: StreamParts): Streams {
	const { hub, office } = parts;
	const opened = new Map<string, Opened>();

	return {
		look: async () => {
			const { endpoints } = await hub.door.directory();
			const wanted = new Map(endpoints.map((to) => [to.endpoint.id, { to, stream: streamOf(to) }]));
			for (const [id, { as, ending }] of opened) {
				const now = wanted.get(id);
				if (now?.stream === undefined || asOf(now.to) !== as) ending.abort();
			}
			await Promise.all(
				[...wanted.values()].map(async ({ to, stream }) => {
					if (stream !== undefined && !opened.has(to.endpoint.id)) await open(to, stream);
				}),
			);
		},
		stop: async () => {
			for (const { ending } of opened.values()) ending.abort();
			await Promise.all([...opened.values()].map(({ done }) => done));
		},
	};

	async function open(to: OpenEndpoint, stream: ConfiguredStream): Promise<void> {
		const { id } = to.endpoint;
		const begun = await office.beginPull(id, leaseMs);
		if (begun === null) return;
		const ending = new AbortController();
		const done = readToItsEnd(parts, { to, stream, begun, ending })
			.catch((error: unknown) => {
				const reason = String(error);
				hub.log.error("what a system streamed was not kept, and is asked for again", {
					endpoint: id,
					reason,
				});
			})
			.finally(() => {
				ending.abort();
				opened.delete(id);
			});
		opened.set(id, { as: asOf(to), ending, done });
	}
}

/** The stream that an endpoint is to read, on a host that can hold it. */
export const streamOf = (to: OpenEndpoint): ConfiguredStream | undefined => onOf(to, to.configured.stream);

const asOf = ({ endpoint }: OpenEndpoint): string => JSON.stringify(endpoint);

interface Begun {
	readonly to: OpenEndpoint;
	readonly stream: ConfiguredStream;
	readonly begun: BegunPull;
	readonly ending: AbortController;
}

async function readToItsEnd(parts: StreamParts, { to, stream, begun, ending }: Begun): Promise<void> {
	const { hub, office, timeout } = parts;
	const { id } = to.endpoint;
	const taker = takerOf(parts, to, begun);
	const question = {
		secrets: secretsOf(to.endpoint),
		cursor: begun.cursor,
		clock: hub.clock,
		ending: ending.signal,
	};
	void aborted(timeout(provenAfterMs)).then(taker.prove);
	const why = await Promise.race([
		stream.read(question, taker.take),
		aborted(ending.signal),
		aborted(timeout(answerWithinMs)).then(() => (taker.hasTaken() ? new Promise<never>(() => {}) : noAnswer)),
	]);
	const isTold = ending.signal.aborted;
	ending.abort();
	const { cursor, failures } = await taker.close();
	if (isTold) return office.keepPull(id, { cursor, dueInMs: 0, failure: null });
	hub.log.warn("a system's stream ended, and is opened again", { endpoint: id, reason: why });
	const dueInMs = Math.min(retryMs * 2 ** failures, backoffMaxMs);
	return office.keepPull(id, { cursor, dueInMs, failure: why });
}

interface Taker {
	readonly take: TakeStreamed;
	hasTaken(): boolean;
	/** It has listened for so long that earlier failures are over. */
	prove(): void;
	/** Takes nothing more; gives how far it came when what it took last is kept. */
	close(): Promise<BegunPull>;
}

function takerOf({ hub, office }: StreamParts, to: OpenEndpoint, begun: BegunPull): Taker {
	const { id } = to.endpoint;
	let reached = begun;
	/** One after the other; undefined where nothing was taken. */
	let last: Promise<void> | undefined;
	let isClosed = false;

	function then(work: () => Promise<void>): Promise<void> {
		last = (last ?? Promise.resolve()).then(work);
		// Whoever closes it hears of what failed.
		last.catch(() => {});
		return last;
	}

	const keep: TakeStreamed = async ({ body, cursor, gap }) => {
		// It listens: whether it goes on to, time will show.
		if (body === null && gap === null && JSON.stringify(cursor) === JSON.stringify(reached.cursor)) return;
		if (body !== null) await receive(hub, to, deliveryOf(body, hub.clock()), { proved: "all" });
		if (gap !== null) {
			hub.log.error("a system let go of what it was not yet asked for", { endpoint: id, gap });
			await office.noteGap(id, gap);
		}
		await reach(cursor);
	};
	async function reach(cursor: BegunPull["cursor"]): Promise<void> {
		await office.keepPull(id, { cursor, dueInMs: leaseMs, failure: null });
		reached = { cursor, failures: 0 };
	}
	return {
		take: (page) => (isClosed ? Promise.reject(new Error("the stream is over")) : then(() => keep(page))),
		hasTaken: () => last !== undefined,
		prove: () => {
			if (!isClosed && last !== undefined) void then(() => reach(reached.cursor));
		},
		close: async () => {
			isClosed = true;
			await last;
			return reached;
		},
	};
}

const aborted = (signal: AbortSignal): Promise<string> =>
	new Promise((resolve) => {
		signal.addEventListener("abort", () => resolve("it was told to end"), { once: true });
	});
