import { describe, expect, it } from "vitest";
import { z } from "zod";
import { hubApp } from "./app.ts";
import { openCounters } from "./counters.ts";
import type { OpenEndpoint } from "./door.ts";
import { nodeCrypto } from "./host/crypto.ts";
import type { Incoming } from "./inbox/inbox.ts";
import { defineConnector } from "./kit/define.ts";
import { header } from "./kit/settings.ts";
import { invariant } from "./model/result.ts";
import type { AppParts } from "./parts.ts";
import { openGate } from "./receive/request.ts";
import { openRefusals } from "./refusals.ts";
import { openAnswer, openHandshakes } from "./verify/handshake.ts";
import { openVerifier, secretPlacesOf } from "./verify/verify.ts";

/** Signs the URL too, asks for an answer of its own, and tries the address in three ways. */
const acme = defineConnector({
	slug: "acme",
	title: "Acme",
	docs: "https://docs.acme.example",
	methods: ["POST"],
	paths: ["", "/events"],
	answer: { status: 202, text: "<Ack>{header:X-Id}</Ack>", type: "text/xml" },
	handshakes: [
		{ method: "GET", has: ["query:challenge"], answer: { status: 200, text: "{query:challenge}" } },
		{ method: "DELETE", path: "/instance", proof: "sender", answer: { status: 204 } },
		{ method: "POST", has: ["field:verify"], answer: { status: 200 }, keep: true },
	],
	secrets: {
		code: { title: "Code", description: "In the URL." },
		key: { title: "Key", description: "Signs." },
	},
	settings: z.strictObject({ signature: header("Where the signature is.", "X-Signature") }),
	retriesForMs: 0,
	verify: ({ signature }) => ({
		schemes: [
			{ kind: "token", secret: "code", from: "query:code" },
			{
				kind: "hmac",
				secret: "key",
				algorithm: "sha256",
				signature: { from: `header:${signature}`, encoding: "hex" },
				signed: "{url}{body}",
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	read: { type: "{field:type}", identities: {} },
});

function open() {
	const configured = acme.configure({});
	invariant(configured.ok, "everything has defaults");
	const secrets = { code: ["c0de"], key: ["k"] };
	const { verification, connector } = configured.value;
	const verify = openVerifier(verification, secrets, nodeCrypto);
	const endpoint = { id: "ep_1", state: "active", settings: {} } as OpenEndpoint["endpoint"];
	const to: OpenEndpoint = {
		endpoint,
		misfit: null,
		configured: configured.value,
		verify,
		handshakes: openHandshakes(connector.handshakes, { secrets, crypto: nodeCrypto, verify }),
		answer: connector.answer === undefined ? () => undefined : openAnswer(connector.answer),
		refusal: () => undefined,
		published: undefined,
		secretPlaces: secretPlacesOf(verification),
	};
	const stored: Incoming[] = [];
	const warned: object[] = [];
	const app = hubApp({
		hub: {
			door: {
				directory: async () => ({
					hubKey: new Uint8Array(32),
					byToken: (token: string) => (token === "t0ken" ? to : undefined),
				}),
			},
			inboxes: {
				count: 1,
				at: () => ({
					receive: async (incoming: Incoming) => {
						stored.push(incoming);
						return { delivery: "1", repeated: false };
					},
				}),
			},
			crypto: nodeCrypto,
			clock: () => 0,
			log: { warn: (_fact: string, of: object) => warned.push(of) },
		},
		counters: openCounters(),
		refusals: openRefusals(() => 0),
		// What a proxy in front of the hub is called, which the hub itself does not see.
		publicUrl: () => "https://hub.example.com/loyalty",
		gate: openGate({ requests: 10, bytes: 1_000_000 }),
		ipOf: () => undefined,
	} as unknown as AppParts);
	const ask = (path: string, init: RequestInit = {}) =>
		app.fetch(new Request(`http://10.0.0.1:8787/in/t0ken${path}`, init));
	return { ask, stored, warned };
}

const sign = (url: string, body: string): string => nodeCrypto.hmacHex("sha256", "k", url + body);

describe("an endpoint's URL", () => {
	it("is signed as the world calls it, and answers as its connector says", async () => {
		const { ask, stored } = open();
		const body = '{"type":"a"}';
		const url = "https://hub.example.com/loyalty/in/t0ken/events?code=c0de&x=%2F";
		const headers = { "X-Signature": sign(url, body), "X-Id": "7" };
		const response = await ask("/events?code=c0de&x=%2F", { method: "POST", body, headers });
		expect([response.status, response.headers.get("Content-Type"), await response.text()]).toEqual([
			202,
			"text/xml",
			"<Ack>7</Ack>",
		]);
		// The secret in the URL is not stored.
		expect(stored.map(({ delivery, proved }) => [delivery.query, delivery.path, proved])).toEqual([
			["x=%2F", "/events", "all"],
		]);

		const byItsOwnName = { "X-Signature": sign("http://10.0.0.1:8787/in/t0ken?code=c0de", body) };
		const refused = await ask("?code=c0de", { method: "POST", body, headers: byItsOwnName });
		expect([refused.status, await refused.text()]).toEqual([401, ""]);
	});

	it("answers a handshake, and stores nothing of it", async () => {
		const { ask, stored } = open();
		const response = await ask("?challenge=%3Cb%3E");
		expect([response.status, await response.text()]).toEqual([200, "<b>"]);
		expect(response.headers.get("Content-Type")).toBe("text/plain; charset=UTF-8");
		expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
		expect(stored).toEqual([]);
	});

	it("asks for proof where a handshake does, and tells the operator why there was none", async () => {
		const { ask, warned } = open();
		const url = "https://hub.example.com/loyalty/in/t0ken/instance?code=c0de";
		const headers = { "X-Signature": sign(url, "") };
		expect((await ask("/instance?code=c0de", { method: "DELETE", headers })).status).toBe(204);
		const refused = await ask("/instance?code=other", { method: "DELETE", headers });
		expect([refused.status, await refused.text()]).toEqual([401, ""]);
		expect(warned).toEqual([
			{
				endpoint: "ep_1",
				cause: "token-wrong",
				reason: "the token in query:code is not the endpoint's",
			},
		]);
	});

	it("keeps a handshake that a person has to see, as what anybody may have sent", async () => {
		const { ask, stored } = open();
		const response = await ask("", { method: "POST", body: '{"verify":"abc"}' });
		expect([response.status, await response.text()]).toEqual([200, ""]);
		expect(stored.map(({ proved }) => proved)).toEqual(["none"]);
	});

	it("is not for other methods and paths, nor for what only looks like a handshake", async () => {
		const { ask } = open();
		for (const [path, method] of [
			["", "GET"],
			["/instance", "POST"],
			["/other", "POST"],
			["", "PUT"],
		] as const) {
			const response = await ask(path, { method });
			expect([method, path, response.status, response.headers.get("Allow")]).toEqual([
				method,
				path,
				405,
				"POST, GET, DELETE",
			]);
		}
	});
});
