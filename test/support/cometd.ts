import type { IncomingMessage, ServerResponse } from "node:http";
import faye, { type BayeuxMessage, type NodeAdapter } from "faye";

/** The types that jsforce brings know only the client. */
const { NodeAdapter: Adapter } = faye as unknown as { readonly NodeAdapter: typeof NodeAdapter };

/** What Salesforce streams, as its clients see it: faye's CometD server, with replays and what Salesforce refuses. */
export interface FakeStreams {
	/** Another event in this channel, told to who listens and kept for replays; gives its replay id. */
	publish(channel: string, data: object): number;
	/** Lets go of the events up to this one. */
	forget(replayId: number): void;
	/** Ends the sessions of who is connected: their next connect is refused. */
	endSessions(): void;
	/** Answers whoever waits that there is nothing new, as Salesforce does after a time. */
	idle(): void;
	/** Answers subscriptions to this channel, and what was asked together with them, only when that is called. */
	holdBack(channel: string): () => void;
	/** Tells every event twice from here on. */
	repeat(): void;
	/** How many have subscribed to anything, and how many wait for something to be told. */
	listeners(): number;
	waiting(): number;
	/** Each subscription: `/data/LeadChangeEvent from -2`. */
	readonly asked: string[];
	/** `/cometd/66.0` */
	answer(request: IncomingMessage, response: ServerResponse): void;
	/** Forgets who is connected, and no event. */
	restart(): void;
}

interface Kept {
	readonly channel: string;
	readonly data: object;
	readonly replayId: number;
}

export function openFakeStreams(isSession: (token: string) => boolean): FakeStreams {
	const kept: Kept[] = [];
	const asked: string[] = [];
	const listening = new Set<string>();
	const waiting = new Set<string>();
	let newest = 70_000;
	let forgotten = 0;
	let times = 1;
	/** Of clients that are about to subscribe, where they want to begin. */
	const wanted = new Map<string, number>();
	const ended = new Set<string>();
	const heldBack = new Map<string, Promise<void>>();
	let adapter = start();

	const tell = ({ channel, data, replayId }: Kept): void => {
		for (let time = 0; time < times; time++)
			adapter._server.process(
				[{ channel, data: { ...data, event: { ...eventOf(data), replayId } } }],
				null,
				() => {},
			);
	};

	return {
		asked,
		publish: (channel, data) => {
			const event = { channel, data, replayId: ++newest };
			kept.push(event);
			tell(event);
			return newest;
		},
		forget: (replayId) => {
			forgotten = replayId;
			kept.splice(0, kept.length, ...kept.filter((event) => event.replayId > replayId));
		},
		endSessions: () => {
			for (const client of listening) ended.add(client);
		},
		idle: () => {
			for (const client of listening) adapter._server.closeSocket(client);
		},
		holdBack: (channel) => {
			const { promise, resolve } = Promise.withResolvers<void>();
			heldBack.set(channel, promise);
			return resolve;
		},
		repeat: () => {
			times = 2;
		},
		listeners: () => listening.size,
		waiting: () => waiting.size,
		answer: (request, response) => {
			response.setHeader("Set-Cookie", "BAYEUX_BROWSER=1; Path=/");
			adapter.handle(request, response);
		},
		restart: () => {
			adapter.close();
			adapter = start();
		},
	};

	function start(): NodeAdapter {
		listening.clear();
		waiting.clear();
		const started = new Adapter({ mount: "/cometd/66.0", timeout: 30 });
		started.addExtension({ incoming, outgoing });
		started.on("subscribe", (client, channel) => {
			listening.add(client);
			const from = wanted.get(`${client} ${channel}`) ?? -1;
			for (const event of kept)
				if (event.channel === channel && from !== -1 && event.replayId > from) tell(event);
		});
		started.on("disconnect", (client) => listening.delete(client));
		started.on("connection:open", (client) => waiting.add(client));
		started.on("connection:close", (client) => waiting.delete(client));
		return started;
	}

	function incoming(message: BayeuxMessage, request: IncomingMessage | null, pass: Pass): void {
		const { channel, clientId = "", subscription = "" } = message;
		// What the server itself tells comes with no request.
		const { authorization = "", cookie = "" } = request?.headers ?? { cookie: "its own" };
		if (channel === "/meta/handshake" && !isSession(authorization.replace(/^OAuth /, "")))
			message.error = "403::Handshake denied";
		if (channel !== "/meta/handshake" && cookie === "")
			message.error = "400::Client has established a session, but no BAYEUX_BROWSER cookie present";
		if (channel === "/meta/connect" && ended.has(clientId)) message.error = "401::Authentication invalid";
		if (channel === "/meta/subscribe") {
			const { replay = {} } = (message.ext ?? {}) as { replay?: Record<string, number> };
			const from = replay[subscription] ?? -1;
			asked.push(`${subscription} from ${from}`);
			if (subscription.includes("Unknown"))
				message.error = `404::The channel you requested to subscribe to does not exist {${subscription}}`;
			else if (from >= 0 && from <= forgotten)
				message.error = `400::The replayId {${from}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.`;
			else wanted.set(`${clientId} ${subscription}`, from);
		}
		pass(message);
	}

	function outgoing(message: BayeuxMessage, _request: IncomingMessage | null, pass: Pass): void {
		const { channel, error } = message;
		if (channel === "/meta/handshake") {
			message.supportedConnectionTypes = ["long-polling"];
			message.ext = { replay: true, "payload.format": true };
		}
		if (error === "403::Handshake denied") {
			message.ext = { ...message.ext, sfdc: { failureReason: "401::Authentication invalid" } };
			message.advice = { reconnect: "none" };
		}
		const held = channel === "/meta/subscribe" ? heldBack.get(message.subscription ?? "") : undefined;
		if (held === undefined) pass(message);
		else void held.then(() => pass(message));
	}
}

type Pass = (message: BayeuxMessage) => void;

const eventOf = (data: object): object => ("event" in data ? (data.event as object) : {});
