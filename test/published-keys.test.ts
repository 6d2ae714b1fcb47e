import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { projectRoot } from "../src/host/node/definitions.ts";
import { invariant } from "../src/model/result.ts";
import { type EndpointView, newestDelivery } from "./support/calls.ts";
import { openTestHub } from "./support/hub.ts";

/** Adobe's own example, which only the key of its own library verifies: `src/verify/vectors.json`. */
const adobe = (() => {
	const text = readFileSync(join(projectRoot, "src", "verify", "vectors.json"), "utf8");
	const vectors = JSON.parse(text) as readonly Vector[];
	const found = vectors.find(({ name }) => name === "Adobe I/O Events");
	invariant(found !== undefined, "Adobe's example is among the vectors");
	return found;
})();

interface Vector {
	readonly name: string;
	readonly secrets: { readonly key: readonly string[] };
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
}

const site = "https://static.adobeioevents.com";
const keyPath = "/prod/keys/pub-key-3fVj0Lv0QB.pem";

/** A hub in a world in which Adobe's site answers so, and its endpoint, which has no secret. */
async function opened(answer: () => Response) {
	const asked: string[] = [];
	const outside = globalThis.fetch;
	vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
		const url = input instanceof Request ? input.url : String(input);
		if (new URL(url).hostname === "127.0.0.1") return outside(input, init);
		asked.push(url);
		return answer();
	});
	onTestFinished(() => void vi.restoreAllMocks());
	const hub = await openTestHub();
	onTestFinished(() => hub.close());
	const made = await hub.call("POST", "/endpoints", {
		connector: "adobe-io-events",
		name: "adobe",
		settings: { clientId: "client_id1" },
		secrets: {},
	});
	const send = (headers: Readonly<Record<string, string>>, body = adobe.body): Promise<Response> =>
		hub.fetch(
			new Request((made as EndpointView).url, {
				method: "POST",
				headers: { ...adobe.headers, ...headers },
				body,
			}),
		);
	return { hub, asked, send };
}

it("takes what is signed by a key that the sender publishes, and asks for it once", async () => {
	const { hub, asked, send } = await opened(() => new Response(adobe.secrets.key[0]));
	const named = { "x-adobe-public-key1-path": keyPath };
	expect((await send(named)).status).toBe(200);
	await hub.drained();
	expect((await newestDelivery(hub)).outcome).toBe("unmatched");
	expect((await send(named, adobe.body.replace("world", "World"))).status).toBe(401);
	expect((await send({ ...named, "x-adobe-digital-signature-2": "bm90IHRoaXM=" })).status).toBe(401);
	expect(asked).toEqual([site + keyPath]);
});

it.each([
	"/prod/keys/../../elsewhere.pem",
	"/prod/keys/pub-key-a.pem?x",
	"@evil.example/prod/keys/pub-key-a.pem",
	"https://evil.example/prod/keys/pub-key-a.pem",
	"/prod/keys/pub-key-a.pem.evil",
])("asks nobody for %s", async (path) => {
	const { asked, send } = await opened(() => new Response(adobe.secrets.key[0]));
	expect((await send({ "x-adobe-public-key1-path": path })).status).toBe(401);
	expect(asked).toEqual([]);
});

it("lets the sender come again where its keys can not be had, and stores nothing", async () => {
	const { hub, send } = await opened(() => new Response("", { status: 502 }));
	const response = await send({ "x-adobe-public-key2-path": keyPath });
	expect([response.status, response.headers.get("Retry-After"), await response.text()]).toEqual([
		503,
		"30",
		"",
	]);
	expect(await hub.call("GET", "/deliveries")).toMatchObject({ data: [] });
});

it("refuses what is signed by another key than the one that is published", async () => {
	const { send } = await opened(
		() => new Response("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
	);
	expect((await send({ "x-adobe-public-key1-path": keyPath })).status).toBe(401);
});
