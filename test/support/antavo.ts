/// <reference path="./escher-auth.d.ts" />
import Escher from "escher-auth";
import type { TestHub } from "./calls.ts";

/** A client of Antavo's API, with a key of its own: it signs what it sends as Antavo's own clients do. */
export interface AntavoClient {
	readonly key: string;
	get(path: string): Promise<Answered>;
	/** A text goes as a form, anything else as JSON. */
	post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answered>;
	/** `POST /events`; throws where that is not answered 200. */
	event(action: string, customer: string, data?: object): Promise<Profile>;
}

export interface Answered {
	readonly status: number;
	readonly headers: Headers;
	/** JSON. */
	// biome-ignore lint/suspicious/noExplicitAny: what the API answers is what the tests are about
	readonly body: any;
}

/** What is answered to an event. */
export interface Profile {
	readonly id: string;
	readonly score: number;
	readonly spendable: number;
	readonly events: readonly { readonly id: string; readonly action: string; readonly points: number }[];
}

export async function antavoClient(hub: TestHub): Promise<AntavoClient> {
	const made = (await hub.call("POST", "/keys", {})) as { apiKey: string; apiSecret: string };
	const escher = new Escher({
		vendorKey: "Antavo",
		algoPrefix: "ANTAVO",
		hashAlgo: "SHA256",
		credentialScope: "local/api/antavo_request",
		accessKeyId: made.apiKey,
		apiSecret: made.apiSecret,
		authHeaderName: "Authorization",
		dateHeaderName: "Date",
	});

	async function send(
		method: string,
		path: string,
		body: string,
		headers: Record<string, string>,
	): Promise<Answered> {
		const { host } = new URL(hub.url);
		const request: { method: string; url: string; headers: [string, string][] } = {
			method,
			url: path,
			headers: [["Host", host]],
		};
		escher.signRequest(request, body, ["host"]);
		const all = new Headers(headers);
		for (const [name, value] of request.headers) if (name.toLowerCase() !== "host") all.set(name, value);
		const init = method === "GET" ? {} : { body };
		const response = await hub.fetch(new Request(`${hub.url}${path}`, { method, headers: all, ...init }));
		return { status: response.status, headers: response.headers, body: await response.json() };
	}

	const post: AntavoClient["post"] = (path, body, headers = {}) =>
		typeof body === "string"
			? send("POST", path, body, { "Content-Type": "application/x-www-form-urlencoded", ...headers })
			: send("POST", path, JSON.stringify(body), { "Content-Type": "application/json", ...headers });

	return {
		key: made.apiKey,
		get: (path) => send("GET", path, "", {}),
		post,
		event: async (action, customer, data = {}) => {
			const { status, body } = await post("/events", { customer, action, data });
			if (status !== 200) throw new Error(`${action} was answered ${status}: ${JSON.stringify(body)}`);
			return body;
		},
	};
}

/** A token of the asynchronous API, for a client of its own. */
export async function tokenOf(hub: TestHub, client: object = {}): Promise<string> {
	const made = await hub.call("POST", "/clients", client);
	const { clientId, clientSecret } = made as { readonly clientId: string; readonly clientSecret: string };
	const response = await hub.fetch(
		new Request(`${hub.url}/v1/auth/token`, {
			method: "POST",
			headers: { Authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
			body: new URLSearchParams({ grant_type: "client_credentials", scope: "loyalty.async_events" }),
		}),
	);
	return ((await response.json()) as { access_token: string }).access_token;
}
