import type { Delivery } from "../model/message.ts";

/** Headers that say who the sender is rather than what it sends: they are checked, and never stored. */
const secretHeaders: ReadonlySet<string> = new Set(["authorization", "proxy-authorization", "cookie"]);

/** A request as a delivery, with every header: what verification needs. */
export function deliveryOf(
	request: Request,
	at: { readonly path: string; readonly receivedAt: number; readonly ip: string | undefined },
	body: Uint8Array,
): Delivery {
	const mark = request.url.indexOf("?");
	return {
		method: request.method,
		path: at.path,
		query: mark === -1 ? "" : request.url.slice(mark + 1),
		headers: Object.fromEntries(request.headers),
		body,
		receivedAt: at.receivedAt,
		...(at.ip === undefined ? {} : { ip: at.ip }),
	};
}

/** The headers that may be kept: without credentials, and without those that the endpoint uses as a secret. */
export function storableHeaders(
	headers: Readonly<Record<string, string>>,
	secrets: ReadonlySet<string>,
): Readonly<Record<string, string>> {
	return Object.fromEntries(
		Object.entries(headers).filter(([name]) => !secretHeaders.has(name) && !secrets.has(name)),
	);
}

/** How many requests may be on their way into the inbox at once; beyond, senders are asked to come again. */
export interface Gate {
	/** Runs `work`, or says null where there is no room. */
	admit<Value>(work: () => Promise<Value>): Promise<Value> | null;
}

export function openGate(most: number): Gate {
	let inside = 0;
	return {
		admit: (work) => {
			if (inside >= most) return null;
			inside += 1;
			return work().finally(() => {
				inside -= 1;
			});
		},
	};
}
