import type { Delivery } from "../model/message.ts";
import type { Scheme, Secrets, Verification } from "./scheme.ts";
import published from "./vectors.json" with { type: "json" };

/** A request that was signed by something that is not the hub's code, and how its signature is verified. */
export interface Vector {
	readonly name: string;
	readonly origin: string;
	readonly schemes: readonly Scheme[];
	readonly secrets: Secrets;
	readonly method: string;
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
	/** Unix milliseconds. */
	readonly receivedAt: number;
}

/** Each sender's, where it publishes one. The types of a JSON file are wider than what is in it: `schema.ts` checks it. */
export const vectors = published as unknown as readonly Vector[];

export function openVector({ schemes, secrets, method, url, headers, body, receivedAt }: Vector) {
	const verification: Verification = { schemes, unsigned: "refuse", partly: "firstOnly" };
	const delivery: Delivery = {
		method,
		path: "",
		query: url.split("?")[1] ?? "",
		headers,
		body: new TextEncoder().encode(body),
		receivedAt,
	};
	return { verification, secrets, delivery, url };
}
