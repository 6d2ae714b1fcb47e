import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { invariant } from "../src/model/result.ts";
import { delivery, type EndpointView, newestDelivery, segmentEndpoint } from "./support/calls.ts";
import { type NodeTestHub, openTestHub, shippedWith } from "./support/hub.ts";

let hub: NodeTestHub;
beforeAll(async () => {
	hub = await openTestHub();
});
afterAll(() => hub.close());

/** Asks the hub as anybody could, without following where it leads. */
const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
	hub.fetch(new Request(`${hub.url}${path}`, { redirect: "manual", ...init }));

const post = (path: string, body: string, headers: HeadersInit = {}): Promise<Response> =>
	ask(path, { method: "POST", body, headers });

const pathOf = ({ url }: EndpointView): string => new URL(url).pathname;

/** An endpoint that takes whatever comes to its URL. */
const openEndpoint = (name: string): Promise<EndpointView> =>
	segmentEndpoint(hub, name, { settings: { unsigned: "accept" } });

const signedUp = (userId: string): string =>
	JSON.stringify({ type: "track", event: "Signed Up", userId, messageId: `sign-up of ${userId}` });

const idIn = async (response: Response): Promise<string> => {
	const { delivery: id } = (await response.json()) as { readonly delivery: string };
	return id;
};

const metrics = async (): Promise<readonly string[]> => (await (await ask("/metrics")).text()).split("\n");

describe("an endpoint's URL", () => {
	it("is unknown where nobody made it", async () => {
		const response = await post("/in/nobody-made-this", "{}");
		expect(response.status).toBe(404);
		expect(await response.text()).toBe("");
	});

	it("takes a delivery, and answers a repeat the same", async () => {
		const endpoint = await openEndpoint("repeats");
		const first = await post(pathOf(endpoint), signedUp("repeats"));
		expect(first.status).toBe(200);
		const id = await idIn(first);
		expect(id).toMatch(/^[0-9a-f]{24}$/);
		const second = await post(pathOf(endpoint), signedUp("repeats"));
		expect(second.status).toBe(200);
		expect(await idIn(second)).toBe(id);
		expect(await delivery(hub, id)).toMatchObject({ repeats: 1 });
		expect(await metrics()).toContain(`hub_deliveries_total{endpoint="${endpoint.id}"} 2`);
	});

	it("takes what no mapping reads, and what nobody can read at all", async () => {
		const endpoint = await openEndpoint("unreadable");
		const ids: string[] = [];
		for (const body of ['{"type":"track","event":"Nobody Maps This","userId":"u"}', "not JSON", ""]) {
			const response = await post(pathOf(endpoint), body);
			expect(response.status).toBe(200);
			ids.push(await idIn(response));
		}
		await hub.drained();
		const outcomes = await Promise.all(ids.map(async (id) => (await delivery(hub, id)).outcome));
		expect(outcomes).toEqual(["unmatched", "failed", "failed"]);
	});

	it.each(["GET", "HEAD", "DELETE", "OPTIONS"])("is not for %s", async (method) => {
		const endpoint = await openEndpoint(`method-${method.toLowerCase()}`);
		const response = await ask(pathOf(endpoint), { method });
		expect(response.status).toBe(405);
		expect(response.headers.get("Allow")).toBe("POST, PUT, PATCH");
		expect(await response.text()).toBe("");
	});

	it("has no other paths under it than its connector's", async () => {
		const endpoint = await openEndpoint("paths");
		expect((await post(`${pathOf(endpoint)}/`, "{}")).status).toBe(200);
		expect((await post(`${pathOf(endpoint)}/orders`, "{}")).status).toBe(405);
	});

	it("takes ten mebibytes, and not a byte more", async () => {
		const endpoint = await openEndpoint("large");
		const body = signedUp("large").padEnd(10 * 1024 * 1024);
		expect((await post(pathOf(endpoint), body)).status).toBe(200);
		expect((await post(pathOf(endpoint), `${body} `)).status).toBe(413);
	});

	it("is gone when its endpoint is deleted", async () => {
		const endpoint = await openEndpoint("deleted");
		await hub.call("PATCH", `/endpoints/${endpoint.id}`, { state: "deleted" });
		const response = await post(pathOf(endpoint), signedUp("deleted"));
		expect(response.status).toBe(410);
		expect(await response.text()).toBe("");
	});

	it("takes deliveries while it is paused, and holds them until a person lets them go", async () => {
		const endpoint = await openEndpoint("paused");
		await hub.call("PATCH", `/endpoints/${endpoint.id}`, { state: "paused" });
		const id = await idIn(await post(pathOf(endpoint), signedUp("paused")));
		await hub.drained();
		expect(await delivery(hub, id)).toMatchObject({
			outcome: "held",
			messageViews: [{ reason: "the endpoint was paused when this came" }],
		});
		expect(await hub.call("GET", "/customers/paused")).toBeNull();

		await hub.call("PATCH", `/endpoints/${endpoint.id}`, { state: "active" });
		expect(await hub.call("POST", `/deliveries/${id}/release`)).toEqual({ released: 1 });
		await hub.drained();
		expect(await delivery(hub, id)).toMatchObject({ outcome: "appended" });
		expect(await hub.call("GET", "/customers/paused")).not.toBeNull();
	});

	it("has no delivery of an id that nobody was given, to be released or replayed", async () => {
		const id = await idIn(await post(pathOf(await openEndpoint("known")), signedUp("known")));
		await hub.drained();
		const nobodys = "0".repeat(24);
		const said = async (path: string, body?: object): Promise<readonly [number, unknown]> => {
			const response = await hub.ask("POST", `/deliveries/${path}`, body);
			return [response.status, await response.json()];
		};
		expect(await said("zzz/release")).toEqual([404, { error: "there is no delivery zzz" }]);
		expect(await said(`${nobodys}/release`)).toEqual([404, { error: `there is no delivery ${nobodys}` }]);
		// Nor is any of the others replayed.
		const error = `there is no delivery ${nobodys}, zzz`;
		for (const dryRun of [true, false])
			expect(await said("replay", { ids: [nobodys, id, "zzz"], dryRun })).toEqual([404, { error }]);
		expect(await delivery(hub, id)).toMatchObject({ outcome: "appended" });
		// Once, however often it is named.
		const replayed = { dryRun: false, deliveries: 1, messages: 1, cursor: null };
		expect(await said("replay", { ids: [id, id] })).toEqual([200, replayed]);
	});

	it("keeps a body above 512 KiB in a file of its delivery, and maps it like any other", async () => {
		const endpoint = await openEndpoint("files");
		const body = signedUp("in-a-file").padEnd(512 * 1024 + 1);
		const id = await idIn(await post(pathOf(endpoint), body));
		const files = readdirSync(join(hub.data, "files"), { recursive: true, withFileTypes: true });
		const texts = files.flatMap((file) =>
			file.isFile() ? [readFileSync(join(file.parentPath, file.name), "utf8")] : [],
		);
		expect(texts.includes(body)).toBe(true);
		await hub.drained();
		expect(await delivery(hub, id)).toMatchObject({ outcome: "appended", bytes: body.length });
	});
});

describe("a signed endpoint's URL", () => {
	const recordings = JSON.parse(
		readFileSync(new URL("../connectors/segment/samples/signatures.json", import.meta.url), "utf8"),
	) as readonly {
		readonly name: string;
		readonly secret: string;
		readonly body: string;
		readonly signature: string;
	}[];
	const recorded = recordings.find(({ name }) => name === "single");
	invariant(recorded !== undefined, "there is a recording of a single event");
	const { secret, body, signature } = recorded;

	it("takes what its sender signed", async () => {
		const endpoint = await segmentEndpoint(hub, "signed", { secrets: { shared: secret } });
		expect((await post(pathOf(endpoint), body, { "X-Signature": signature })).status).toBe(200);
	});

	it("says nothing to anybody else, and why to the operator", async () => {
		const endpoint = await segmentEndpoint(hub, "strangers", { secrets: { shared: "another secret" } });
		const refused = [
			await post(pathOf(endpoint), body, { "X-Signature": signature }),
			await post(pathOf(endpoint), body, { "X-Signature": "0" }),
			await post(pathOf(endpoint), body),
		];
		for (const response of refused) {
			expect(response.status).toBe(401);
			expect(await response.text()).toBe("");
		}
		const { data } = (await hub.call("GET", `/deliveries?endpoint=${endpoint.id}`)) as { data: unknown[] };
		expect(data).toEqual([]);
		const lines = await metrics();
		const countOf = (cause: string, count: number): string =>
			`hub_deliveries_refused_total{endpoint="${endpoint.id}",cause="${cause}"} ${count}`;
		expect(lines).toContain(countOf("signature-wrong", 2));
		expect(lines).toContain(countOf("signature-missing", 1));
	});

	it("stores no header that is a secret", async () => {
		const endpoint = await segmentEndpoint(hub, "headers", { secrets: { header: "my own text" } });
		const response = await post(pathOf(endpoint), body, {
			"X-Hub-Secret": "my own text",
			Authorization: "Bearer something",
			Cookie: "session=something",
			"X-Kept": "yes",
		});
		const { headers } = await delivery(hub, await idIn(response));
		expect(headers).toMatchObject({ "x-kept": "yes" });
		expect(Object.keys(headers)).not.toEqual(
			expect.arrayContaining([expect.stringMatching(/^(x-hub-secret|authorization|cookie)$/)]),
		);
	});
});

/** As Segment's documentation has them. */
const success = { success: true };
const invalidWriteKey = { success: false, message: "An invalid write key was provided" };

const basic = (user: string): HeadersInit => ({ Authorization: `Basic ${btoa(user)}` });

const track = (messageId: string, more: object = {}): string =>
	JSON.stringify({ event: "Signed In", userId: "tracked", messageId, ...more });

describe("the tracking API", () => {
	let server: EndpointView;
	let browser: EndpointView;
	beforeAll(async () => {
		server = await segmentEndpoint(hub, "server");
		const settings = { use: "browser", origins: ["https://shop.example.com"] };
		browser = await segmentEndpoint(hub, "browser", { settings });
	});

	it("takes a write key as a Basic user with or without its colon, as a Bearer, and in the body", async () => {
		const { writeKey } = server;
		const answers = [
			await post("/v1/track", track("basic"), basic(`${writeKey}:`)),
			await post("/v1/track", track("no colon"), basic(writeKey)),
			await post("/v1/track", track("bearer"), { Authorization: `Bearer ${writeKey}` }),
			await post("/v1/track", track("body", { writeKey })),
		];
		for (const answer of answers) {
			expect(answer.status).toBe(200);
			expect(await answer.json()).toEqual(success);
		}
	});

	it("never stores the write key", async () => {
		await post("/v1/track", track("secret"), basic(`${server.writeKey}:`));
		expect(JSON.stringify(await newestDelivery(hub))).not.toContain(server.writeKey);
	});

	it("does not need to be told that JSON is JSON", async () => {
		const headers = { ...basic(`${server.writeKey}:`), "Content-Type": "text/plain" };
		const answer = await post("/v1/t", track("plain"), headers);
		expect([answer.status, await answer.json()]).toEqual([200, success]);
	});

	it.each([
		["an unknown key", basic("nobody:"), 401],
		["no key", {}, 400],
		["half a header", { Authorization: "Basic" }, 400],
	])("refuses %s as Segment does", async (_what, headers, status) => {
		const answer = await post("/v1/track", track("refused"), headers);
		expect([answer.status, await answer.json()]).toEqual([status, invalidWriteKey]);
	});

	it.each(["{", "", "[1", "\u0000"])("refuses %j, which is not JSON", async (body) => {
		const answer = await post("/v1/track", body, basic(`${server.writeKey}:`));
		expect(answer.status).toBe(400);
		expect(await answer.json()).toMatchObject({ success: false, message: expect.stringContaining("JSON") });
	});

	it("refuses a deleted endpoint's key", async () => {
		const endpoint = await segmentEndpoint(hub, "deleted-key");
		await hub.call("PATCH", `/endpoints/${endpoint.id}`, { state: "deleted" });
		const answer = await post("/v1/track", track("deleted"), basic(`${endpoint.writeKey}:`));
		expect([answer.status, await answer.json()]).toEqual([401, invalidWriteKey]);
	});

	it("lets any page ask first", async () => {
		const answer = await ask("/v1/t", {
			method: "OPTIONS",
			headers: {
				Origin: "https://anywhere.example",
				"Access-Control-Request-Method": "POST",
				"Access-Control-Request-Headers": "authorization,content-type",
			},
		});
		expect(answer.status).toBe(204);
		expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("*");
		expect(answer.headers.get("Access-Control-Allow-Methods")).toContain("POST");
		expect(answer.headers.get("Access-Control-Allow-Headers")).toContain("authorization");
		expect(answer.headers.get("Access-Control-Allow-Headers")).toContain("content-type");
	});

	it("answers a browser's key to its own pages only", async () => {
		const call = (origin: string) =>
			post("/v1/t", track(origin), { ...basic(`${browser.writeKey}:`), Origin: origin });
		const own = await call("https://shop.example.com");
		expect([own.status, await own.json()]).toEqual([200, success]);
		expect(own.headers.get("Access-Control-Allow-Origin")).toBe("https://shop.example.com");
		expect(own.headers.get("Vary")).toBe("Origin");
		expect(await newestDelivery(hub)).toMatchObject({ proved: "none" });
		for (const origin of ["https://evil.example", "https://shop.example.com.evil.example", "null"]) {
			const other = await call(origin);
			expect(other.status).toBe(401);
			expect(other.headers.get("Access-Control-Allow-Origin")).toBeNull();
		}
	});

	it("does not take a server's key from a page", async () => {
		const headers = { ...basic(`${server.writeKey}:`), Origin: "https://shop.example.com" };
		expect((await post("/v1/t", track("leaked"), headers)).status).toBe(401);
		expect(await metrics()).toContain(
			`hub_deliveries_refused_total{endpoint="${server.id}",cause="origin"} 1`,
		);
	});

	it("gives analytics.js its settings, for a browser's key only", async () => {
		const answer = await ask(`/v1/projects/${browser.writeKey}/settings`, {
			headers: { Origin: "https://shop.example.com" },
		});
		expect(answer.status).toBe(200);
		expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("https://shop.example.com");
		expect(await answer.json()).toMatchObject({
			integrations: { "Segment.io": { apiKey: browser.writeKey, apiHost: `127.0.0.1:${hub.port}/v1` } },
		});
		for (const writeKey of [server.writeKey, "nobody"]) {
			expect((await ask(`/v1/projects/${writeKey}/settings`)).status).toBe(404);
		}
	});
});

/** Signs in to the back office as a browser does; the cookie is empty where that is refused. */
async function signIn(password: string): Promise<{ readonly response: Response; readonly cookie: string }> {
	const form = new URLSearchParams({ account: "admin", password });
	const response = await post("/office/sign-in", form.toString(), {
		"Content-Type": "application/x-www-form-urlencoded",
		Origin: hub.url,
	});
	const cookie = response.headers.get("Set-Cookie") ?? "";
	return { response, cookie };
}

const office = (cookie: string): Promise<Response> =>
	ask("/office/", { headers: { Cookie: cookie.split(";", 1)[0] ?? "" } });

describe("the back office", () => {
	it("is where the hub's own address leads", async () => {
		const response = await ask("/");
		expect(response.status).toBe(302);
		expect(response.headers.get("Location")).toBe("/office/");
	});

	it("shows a stranger nothing but a form", async () => {
		const response = await office("");
		expect(response.status).toBe(200);
		expect(response.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
		const page = await response.text();
		expect(page).toContain('action="/office/sign-in"');
		expect(page).not.toContain("Newest");
	});

	it("lets nobody in by a wrong password, and says so", async () => {
		const { response, cookie } = await signIn("incorrect horse");
		expect(response.status).toBe(401);
		expect(cookie).toBe("");
		expect(await response.text()).toContain('role="alert"');
	});

	it("reads no more of a stranger's form than a name and a password need, and fails at none", async () => {
		const send = (body: string, type: string): Promise<Response> =>
			post("/office/sign-in", body, { "Content-Type": type, Origin: hub.url });
		const long = `account=admin&password=${"p".repeat(8 * 1024)}`;
		expect((await send(long, "application/x-www-form-urlencoded")).status).toBe(413);
		expect((await send("no parts", "multipart/form-data; boundary=x")).status).toBe(401);
	});

	it("does not take a form that another site sent", async () => {
		const form = new URLSearchParams({ account: "admin", password: "correct horse" }).toString();
		const response = await post("/office/sign-in", form, {
			"Content-Type": "application/x-www-form-urlencoded",
			Origin: "https://evil.example",
		});
		expect(response.status).toBe(403);
		expect(response.headers.get("Set-Cookie")).toBeNull();
	});

	it("keeps who signed in by a cookie that no script and no other site can use, until they sign out", async () => {
		const { response, cookie } = await signIn("correct horse");
		expect(response.status).toBe(302);
		expect(cookie).toMatch(/^hub_session=[A-Za-z0-9_-]{43}; /);
		expect(cookie.split("; ").slice(1).sort()).toEqual(["HttpOnly", "Path=/", "SameSite=Strict"]);
		expect(await (await office(cookie)).text()).toContain("Newest deliveries");

		const shop = await segmentEndpoint(hub, "tried", { secrets: { shared: "a shared secret" } });
		expect(await (await office(cookie)).text()).toContain(`action="/office/endpoints/${shop.id}/test"`);
		const press = (headers: Record<string, string>): Promise<Response> =>
			ask(`/office/endpoints/${shop.id}/test`, { method: "POST", redirect: "manual", headers });
		const report = await (await press({ Cookie: cookie, Origin: hub.url })).text();
		expect(report).toContain("All steps went well.");
		expect(report).toContain("hmac (sha1) in header:X-Signature");
		expect((await press({ Origin: hub.url })).status).toBe(302);
		expect(
			(await press({ Cookie: cookie, Origin: "https://elsewhere.example", "Content-Type": "text/plain" }))
				.status,
		).toBe(403);

		await ask("/office/sign-out", { method: "POST", headers: { Cookie: cookie, Origin: hub.url } });
		expect(await (await office(cookie)).text()).not.toContain("Newest deliveries");
	});

	it("shows what strangers wrote as text", async () => {
		const endpoint = await openEndpoint("hostile");
		const id = '<img src=x onerror="alert(1)">';
		await post(pathOf(endpoint), JSON.stringify({ type: "<script>alert('&')</script>", userId: "u" }));
		await post(pathOf(endpoint), signedUp(id));
		await hub.drained();
		const { cookie } = await signIn("correct horse");
		const page = await (await office(cookie)).text();
		expect(page).toContain("&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;");
		expect(page).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;");
		expect(page).not.toContain("<script");
		expect(page).not.toContain("<img");
	});
});

describe("/api", () => {
	const asks = (headers: HeadersInit): Promise<Response> => ask("/api/endpoints", { headers });

	it("is for nobody without a token", async () => {
		for (const headers of [{}, { Authorization: "Bearer wrong" }, { Cookie: "hub_session=wrong" }]) {
			const response = await asks(headers);
			expect(response.status).toBe(401);
			expect(response.headers.get("WWW-Authenticate")).toBe("Bearer");
			expect(await response.text()).toBe("");
		}
	});

	it("is for who has a token of the office's, or is signed in", async () => {
		const { token } = (await hub.call("POST", "/tokens", { name: "ci", role: "Administrator" })) as {
			token: string;
		};
		expect((await asks({ Authorization: `Bearer ${token}` })).status).toBe(200);
		const { cookie } = await signIn("correct horse");
		expect((await asks({ Cookie: cookie.split(";", 1)[0] ?? "" })).status).toBe(200);
	});

	it("does not act for another site in the name of who is signed in", async () => {
		const { cookie } = await signIn("correct horse");
		const body = JSON.stringify({ name: "stolen", role: "Administrator" });
		// A page can have the browser show a name and a password, by `https://name:password@hub.example.com/`.
		for (const more of [{}, { Authorization: `Basic ${btoa("name:password")}` }]) {
			const response = await post("/api/tokens", body, {
				"Content-Type": "text/plain",
				Cookie: cookie,
				Origin: "https://evil.example",
				...more,
			});
			expect(response.status).toBe(403);
		}
	});

	it("shows an endpoint without its secrets", async () => {
		const endpoint = await segmentEndpoint(hub, "discreet", { secrets: { shared: "never shown" } });
		expect(endpoint).toMatchObject({
			secrets: [{ name: "shared" }],
			url: expect.stringContaining(`${hub.url}/in/`),
		});
		const listed = JSON.stringify(await hub.call("GET", "/endpoints"));
		expect(listed).toContain(endpoint.id);
		expect(listed).not.toContain("never shown");
	});

	it.each([
		["an unknown connector", { connector: "semgent" }, 400, "there are .*segment"],
		["a name with spaces", { name: "my shop" }, 400, "lower-case letters"],
		["a name that is taken", { name: "taken" }, 409, "already called"],
		["a setting that is none", { settings: { enrolment: "never" } }, 400, "enrol"],
		["a secret that is none", { secrets: { secret: "s" } }, 400, "there are shared, header"],
		["a field that is none", { secret: "s" }, 400, "secret"],
	])("makes no endpoint of %s, and says what would be right", async (_what, wrong, status, right) => {
		await hub.call("POST", "/endpoints", { connector: "segment", name: "taken" }).catch(() => undefined);
		const made = hub.call("POST", "/endpoints", { connector: "segment", name: "fine", ...wrong });
		await expect(made).rejects.toThrow(new RegExp(`answered ${status}: .*${right}`));
	});

	it("pages through deliveries", async () => {
		const endpoint = await openEndpoint("pages");
		const ids: string[] = [];
		for (const n of [1, 2, 3]) ids.push(await idIn(await post(pathOf(endpoint), `{"n":${n}}`)));
		const paged: string[] = [];
		let cursor: string | null = "";
		while (cursor !== null) {
			const page = (await hub.call(
				"GET",
				`/deliveries?endpoint=${endpoint.id}&limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
			)) as { data: { id: string }[]; cursor: string | null };
			paged.push(...page.data.map(({ id }) => id));
			cursor = page.cursor;
		}
		expect(paged).toEqual(ids.toReversed());
	});

	it("knows no delivery that there is not", async () => {
		for (const id of ["1", "0".repeat(24), "f".repeat(24)]) {
			expect(await hub.call("GET", `/deliveries/${id}`)).toBeNull();
		}
		await expect(hub.call("GET", "/deliveries?limit=0")).rejects.toThrow("answered 400");
	});
});

describe("an operator", () => {
	it("is told that the hub lives, and that it works", async () => {
		expect((await ask("/healthz")).status).toBe(200);
		const ready = await ask("/readyz");
		expect([ready.status, await ready.json()]).toEqual([200, { ready: true, troubles: 0 }]);
	});

	it("is told what keeps the hub from its work", async () => {
		const text =
			"title: <Wrong>\nfrom: nowhere\nwhen: { type: track }\nevent: { action: login, customer: $.userId }\n";
		const broken = { name: "local/wrong", path: "mappings/local/wrong.yaml", text, version: "1" };
		await hub.reopen(shippedWith({ mappings: [broken] }));
		const ready = await ask("/readyz");
		expect([ready.status, await ready.json()]).toEqual([503, { ready: false, troubles: 1 }]);
		expect(await hub.call("GET", "/status")).toMatchObject({
			troubles: [expect.stringContaining("mappings/local/wrong.yaml:2:7  no connector is called `nowhere`")],
		});
		const { cookie } = await signIn("correct horse");
		expect(await (await office(cookie)).text()).toContain("no connector is called `nowhere`");
		await hub.reopen();
	});

	it("is not needed: nothing failed in all of this", () => {
		expect(hub.errors).toEqual([]);
	});
});

it("answers what is not there with JSON", async () => {
	const response = await ask("/nothing/here");
	expect([response.status, await response.json()]).toEqual([
		404,
		{ error: "there is nothing at this address" },
	]);
});
