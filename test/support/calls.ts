import type { DeliverySummary, DeliveryView } from "../../src/inbox/inbox.ts";
import type { CustomerView, EventView } from "../../src/ledger/view.ts";

/** A hub as a test sees it, on whichever host: from outside. */
export interface TestHub {
	/** Where `fetch` finds it, without a slash at its end. */
	readonly url: string;
	fetch(request: Request): Promise<Response>;
	/** Calls `/api` as the operator; null where there is no such thing. Throws for every other answer than 2xx. */
	call(method: string, path: string, body?: unknown): Promise<unknown>;
	/** Calls `/api` as the operator; a text goes as it is. */
	ask(method: string, path: string, body?: unknown): Promise<Response>;
	/** Resolves when nothing that was received is on its way any more. */
	drained(): Promise<void>;
	close(): Promise<void>;
}

export interface CallerParts {
	readonly fetch: (request: Request) => Promise<Response>;
	readonly url: () => string;
	readonly token: () => string;
}

/** Nothing takes so long unless it is tried again and again. */
const stuckAfterMs = 30_000;

/** What a test hub needs beside its host's own: everything goes through `/api`. */
export function callerOf({ fetch, url, token }: CallerParts): Pick<TestHub, "ask" | "call" | "drained"> {
	const ask: TestHub["ask"] = (method, path, body) =>
		fetch(
			new Request(`${url()}/api${path}`, {
				method,
				headers: { Authorization: `Bearer ${token()}`, "Content-Type": "application/json" },
				...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
			}),
		);
	const call: TestHub["call"] = async (method, path, body) => {
		const response = await ask(method, path, body);
		if (response.ok) return response.json();
		const said = await response.text();
		if (response.status === 404) return null;
		throw new Error(`${method} ${path} was answered ${response.status}: ${said}`);
	};

	/** What is pending are messages, and deliveries that nobody has looked at. */
	const isBusy = async (): Promise<boolean> => {
		const { messages } = (await call("GET", "/status")) as { messages: Record<string, number> };
		return (messages["pending"] ?? 0) > 0;
	};

	return {
		ask,
		call,
		drained: async () => {
			const until = Date.now() + stuckAfterMs;
			while (await isBusy()) {
				if (Date.now() > until) throw new Error("something has been on its way for too long");
			}
		},
	};
}

export interface Page<Item> {
	readonly data: readonly Item[];
	readonly cursor: string | null;
}

export interface EndpointView {
	readonly id: string;
	readonly url: string;
	readonly writeKey: string;
}

/** Makes a Segment endpoint. */
export const segmentEndpoint = async (
	hub: TestHub,
	name: string,
	{ settings = {}, secrets = {} }: { readonly settings?: object; readonly secrets?: object } = {},
): Promise<EndpointView> =>
	(await hub.call("POST", "/endpoints", { connector: "segment", name, settings, secrets })) as EndpointView;

export const customer = async (hub: TestHub, id: string): Promise<CustomerView | null> =>
	(await hub.call("GET", `/customers/${encodeURIComponent(id)}`)) as CustomerView | null;

/** All events of the ledger, in the order in which they were recorded. */
export async function eventsOf(hub: TestHub): Promise<readonly EventView[]> {
	const { data } = (await hub.call("GET", "/events?limit=200")) as Page<EventView>;
	return data.toReversed();
}

export const delivery = async (hub: TestHub, id: string): Promise<DeliveryView> =>
	(await hub.call("GET", `/deliveries/${id}`)) as DeliveryView;

export const newestDelivery = async (hub: TestHub): Promise<DeliveryView> => {
	const { data } = (await hub.call("GET", "/deliveries?limit=1")) as Page<DeliverySummary>;
	const [newest] = data;
	if (newest === undefined) throw new Error("nothing was delivered");
	return delivery(hub, newest.id);
};
