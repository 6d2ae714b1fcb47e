import type { Connection } from "jsforce";
import {
	at,
	type JsonObject,
	type Stream,
	type StreamQuestion,
	type TakeStreamed,
} from "../../src/kit/index.ts";
import { canOpenSession, openSession, reasonOf } from "./session.ts";
import type { Settings } from "./settings.ts";

/** As many events as make one delivery. */
const pageEvents = 500;

/** So often it is kept that nothing was missed up to now, where nothing comes. */
const heardEveryMs = 60 * 60_000;

/** Salesforce keeps events for 72 hours; whoever was away for less has missed nothing. */
const surelyKeptMs = 70 * 60 * 60_000;

/** Where nothing was read of a channel, or its place is gone: replay ids that stand for no event. */
const beginnings = { new: -1, retained: -2 } as const;

/** A replay id, which is opaque though it looks like a number. */
type Place = number | string;

/**
 * What Salesforce streams to CometD clients: change events and platform events.
 * https://developer.salesforce.com/docs/atlas.en-us.api_streaming.meta/api_streaming/using_streaming_api_durability.htm
 */
export const streamedEvents: Stream<Settings> = {
	isWanted: ({ channels }) => channels.length > 0,
	isOn: (settings, secretsSet) => settings.channels.length > 0 && canOpenSession(settings, secretsSet),
	instead:
		"leave `channels` empty, so that the hub asks for converted leads (pull), and let a flow or Apex call the hub for all else",
	read: async (question, take) => {
		try {
			const session = await openSession(question);
			return question.ending.aborted ? "it was told to end" : await listen(session, question, take);
		} catch (error) {
			return reasonOf(error);
		}
	},
};

/** As much of a CometD client as is used; jsforce's types leave some of it out. */
interface Client {
	on(happening: "transport:down", then: () => void): void;
	/** What it would try and Salesforce does not have. */
	disable(transport: "websocket"): void;
	subscribe(channel: string, listener: (data: JsonObject) => void): unknown;
	disconnect(): void;
	readonly _dispatcher: { close(): void };
}

/** What CometD sends about itself: https://docs.cometd.org/current8/reference/#_bayeux_meta_messages */
interface MetaMessage {
	readonly channel?: string;
	readonly subscription?: string;
	readonly successful?: boolean;
	readonly error?: string;
	readonly ext?: JsonObject;
}

type Pass = (message: MetaMessage) => void;

/**
 * Subscribes to each channel where it was left, and takes what comes; resolves with why that is over. jsforce's own extension
 * for replays knows one channel (https://github.com/jsforce/jsforce/issues/1700) and nothing of what is refused (issue 1709), and
 * faye tries for ever by itself: here whatever is refused or lost ends it, and the hub opens it anew.
 */
async function listen(
	session: Connection,
	question: StreamQuestion<Settings>,
	take: TakeStreamed,
): Promise<string> {
	const { channels } = question.settings;
	const { promise: over, resolve: end } = Promise.withResolvers<string>();
	const intake = openIntake(question, take, end);
	const pending = new Set(channels);

	function outgoing(message: MetaMessage, pass: Pass): void {
		const { channel, subscription = "", ext } = message;
		const replay = { [subscription]: intake.placeOf(subscription) };
		pass(channel === "/meta/subscribe" ? { ...message, ext: { ...ext, replay } } : message);
	}

	function incoming(message: MetaMessage, pass: Pass): void {
		const { channel, successful, subscription = "" } = message;
		// What is refused goes no further: faye would try it again.
		if (successful === false || channel === undefined) refused(message);
		else if (channel === "/meta/connect") {
			// Salesforce is asked for more when what came with this answer, before it or behind it, is taken.
			intake.heard();
			queueMicrotask(() => whenTaken(() => pass(message)));
		} else {
			if (channel === "/meta/subscribe" && pending.delete(subscription) && pending.size === 0) intake.begin();
			pass(message);
		}
	}

	function refused({ channel, subscription = "", error, ext }: MetaMessage): void {
		const detail = at(ext, "sfdc", "failureReason");
		const why = `${error ?? "an answer that is not CometD's"}${typeof detail === "string" ? ` (${detail})` : ""}`;
		if (channel === "/meta/subscribe" && /\breplayId\b/.test(why)) intake.lose(subscription);
		whenTaken(() => end(reasonOf(why)));
	}

	/** What can not be taken ends it by itself. */
	function whenTaken(then: () => void): void {
		intake.taken().then(then, () => {});
	}

	const client = session.streaming.createClient([{ outgoing, incoming }]) as unknown as Client;
	client.disable("websocket");
	client.on("transport:down", () => end("Salesforce: the connection was lost"));
	question.ending.addEventListener("abort", () => end("it was told to end"), { once: true });
	for (const channel of channels) client.subscribe(channel, (data) => intake.add({ channel, data }));
	const why = await over;
	client.disconnect();
	// Else it would try for ever to send what it could not; jsforce reaches for this part, too.
	client._dispatcher.close();
	return why;
}

/** What came and is not yet taken, and how far it reaches. */
interface Intake {
	/** Where a channel is to begin. */
	placeOf(channel: string): Place;
	/** All channels are listened to. */
	begin(): void;
	add(event: StreamedEvent): void;
	/** Salesforce has told what there is up to now. */
	heard(): void;
	/** Salesforce has the channel's place no longer. */
	lose(channel: string): void;
	/** Resolves when all that came is taken; rejects where it could not be. */
	taken(): Promise<void>;
}

/** As it was sent, with its channel, which names a platform event. */
interface StreamedEvent {
	readonly channel: string;
	readonly data: JsonObject;
}

function openIntake(
	{ settings, cursor, clock }: StreamQuestion<Settings>,
	take: TakeStreamed,
	failed: (why: string) => void,
): Intake {
	/** By channel the newest event that was handed on. */
	const reached = new Map<string, Place>();
	for (const channel of settings.channels) reach(channel, at(cursor, channel));
	const beganAt = clock();
	const lastHeardAt = timeOf(at(cursor, "heardAt"));
	/** Until when nothing was missed in any channel. */
	let heardAt = lastHeardAt;
	let isComplete = false;
	const found: StreamedEvent[] = [];
	let taken = Promise.resolve();

	function reach(channel: string, place: unknown): void {
		if (typeof place === "number" || typeof place === "string") reached.set(channel, place);
	}

	function thenTake(pages: () => Promise<void>): void {
		taken = taken.then(pages);
		taken.catch((error: unknown) => failed(reasonOf(error)));
	}

	function takePage(events: readonly StreamedEvent[] | null, gap: string | null): Promise<void> {
		// In one order: a cursor that says the same is the same.
		const places = settings.channels.flatMap((channel) => {
			const place = reached.get(channel);
			return place === undefined ? [] : [[channel, place] as const];
		});
		const reachedTo = { ...Object.fromEntries(places), ...(heardAt > 0 && { heardAt }) };
		const body = events?.map(({ channel, data }) => ({ channel, data })) ?? null;
		return take({ body, cursor: reachedTo, gap });
	}

	async function takeFound(): Promise<void> {
		while (found.length > 0) {
			const events = found.splice(0, pageEvents);
			for (const { channel, data } of events) reach(channel, at(data, "event", "replayId"));
			if (isComplete) heardAt = clock();
			await takePage(events, null);
		}
	}

	return {
		placeOf: (channel) => reached.get(channel) ?? beginnings[settings.replay],
		begin: () => {
			isComplete = true;
			thenTake(() => takePage(null, null));
		},
		add: (event) => {
			found.push(event);
			thenTake(takeFound);
		},
		heard: () => {
			if (!isComplete || clock() - Math.max(heardAt, beganAt) < heardEveryMs) return;
			heardAt = clock();
			thenTake(() => takePage(null, null));
		},
		lose: (channel) => {
			if (!reached.delete(channel)) return;
			const isAllKept = settings.replay === "retained" && beganAt - lastHeardAt < surelyKeptMs;
			thenTake(() => takePage(null, isAllKept ? null : gapIn(channel, settings)));
		},
		taken: () => taken,
	};
}

/** Long ago where it is not known. */
const timeOf = (value: unknown): number => (typeof value === "number" ? value : 0);

const gapIn = (channel: string, { replay }: Settings): string =>
	`Salesforce no longer has the place up to which ${channel} was read, which it keeps for 72 hours: the hub goes on with ${
		replay === "retained" ? "all that Salesforce still has" : "what comes from now on"
	}, and what came in between, if anything did, is missing`;
