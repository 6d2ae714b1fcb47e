import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectors } from "../connectors/index.ts";
import { nodeCrypto } from "../src/host/crypto.ts";
import { base64Of, bytesOfHex } from "../src/model/bytes.ts";
import { outcomeOf } from "./segment.suite.ts";
import { delivery, eventsOf, type Page, segmentEndpoint, type TestHub } from "./support/calls.ts";

/** What an admin does with endpoints, and what their senders notice, on whichever host. `open` gives an empty hub. */
export function testEndpoints(host: string, open: () => Promise<TestHub>): void {
	let hub: TestHub;
	beforeEach(async () => {
		hub = await open();
	});
	afterEach(() => hub.close(), patience.timeout);

	const shop = async (settings: object = {}): Promise<View> =>
		(await hub.call("POST", "/endpoints", {
			connector: "shopify",
			name: "shop",
			settings,
			secrets: { client: "first secret" },
		})) as View;
	let sent = 0;
	const post = ({ url }: { readonly url: string }, secret: string): Promise<Response> => {
		const body = JSON.stringify({
			id: sent++,
			current_subtotal_price: "10.00",
			currency: "EUR",
			customer: { id: 77 },
		});
		return hub.fetch(
			new Request(url, {
				method: "POST",
				headers: {
					"X-Shopify-Topic": "orders/paid",
					"X-Shopify-Shop-Domain": "leafworks.myshopify.com",
					"X-Shopify-Event-Id": `e-${sent}`,
					"X-Shopify-Hmac-Sha256": base64Of(bytesOfHex(nodeCrypto.hmacHex("sha256", secret, body))),
				},
				body,
			}),
		);
	};
	const statusOf = async (to: { readonly url: string }, secret: string): Promise<number> =>
		(await post(to, secret)).status;
	const shown = async ({ id }: View): Promise<View> => (await hub.call("GET", `/endpoints/${id}`)) as View;
	const rotated = async ({ id }: View, what: object): Promise<View> =>
		(await hub.call("POST", `/endpoints/${id}/rotate`, what)) as View;
	const tested = async ({ id }: { readonly id: string }, what: object = {}): Promise<Report> =>
		(await hub.call("POST", `/endpoints/${id}/test`, what)) as Report;
	const stepsOf = ({ steps }: Report): readonly string[] =>
		steps.map(({ step, ok, said }) => `${ok ? "" : "! "}${step}: ${said}`);

	describe(`An endpoint, on ${host},`, patience, () => {
		it("takes the old secret and the new one until the overlap ends", async () => {
			const endpoint = await shop();
			const { secrets } = await rotated(endpoint, { secrets: { client: "second secret" } });
			expect(secrets).toEqual([
				{ name: "client", since: expect.any(String), previousUntil: expect.any(String) },
			]);
			const overlap = Date.parse(secrets[0]?.previousUntil ?? "") - Date.parse(secrets[0]?.since ?? "");
			expect(Math.round(overlap / 60_000)).toBe(24 * 60);
			expect(await statusOf(endpoint, "first secret")).toBe(200);
			expect(await statusOf(endpoint, "second secret")).toBe(200);

			await rotated(endpoint, { secrets: { client: "third secret" }, overlapSeconds: 0 });
			expect(await statusOf(endpoint, "first secret")).toBe(401);
			expect(await statusOf(endpoint, "second secret")).toBe(401);
			expect(await statusOf(endpoint, "third secret")).toBe(200);
			const all = JSON.stringify([await hub.call("GET", "/endpoints"), await shown(endpoint)]);
			expect(all).toContain(endpoint.id);
			for (const secret of ["first secret", "second secret", "third secret"])
				expect(all).not.toContain(secret);
		});

		it("moves from one kind of secret to another, and is never left without any", async () => {
			const secrets = { token: "abcd" };
			const made = (await hub.call("POST", "/endpoints", {
				connector: "bloomreach",
				name: "scenario",
				secrets,
			})) as View;
			const status = async (headers: HeadersInit): Promise<number> =>
				(await hub.fetch(new Request(made.url, { method: "POST", headers, body: "[]" }))).status;
			const token = { "X-Hub-Secret": "abcd" };
			const basic = { Authorization: `Basic ${btoa("u:p")}` };

			// What is set has to be shown, all of it.
			await rotated(made, { secrets: { basic: "u:p" } });
			expect([await status(token), await status(basic), await status({ ...token, ...basic })]).toEqual([
				401, 401, 200,
			]);
			const left = await rotated(made, { secrets: { token: null } });
			expect(left.secrets.map(({ name }) => name)).toEqual(["basic"]);
			expect([await status(token), await status(basic)]).toEqual([401, 200]);
			const [noted] = ((await hub.call("GET", "/audit")) as Page<{ readonly act: string }>).data;
			expect(noted?.act).toBe("endpoint rotate token taken away");

			for (const [name, error] of [
				[
					"basic",
					'nothing could be verified any more, as the endpoint has no secret "token" or "basic" to verify with',
				],
				["token", "the secret token is not set"],
			] as const) {
				const refused = await hub.ask("POST", `/endpoints/${made.id}/rotate`, { secrets: { [name]: null } });
				expect([refused.status, await refused.json()]).toEqual([409, { error }]);
			}
			// Back again, both in one.
			await rotated(made, { secrets: { token: "efgh", basic: null } });
			expect([await status({ "X-Hub-Secret": "efgh" }), await status(basic)]).toEqual([200, 401]);
		});

		it("gets another URL and another write key, beside those before for as long as is said", async () => {
			const before = (await segmentEndpoint(hub, "app")) as View;
			const after = await rotated(before, { url: true, writeKey: true, overlapSeconds: 60 });
			expect(after.previousUrlUntil).not.toBeNull();
			const track = (key: string): Promise<Response> =>
				hub.fetch(
					new Request(`${hub.url}/v1/track`, {
						method: "POST",
						headers: { Authorization: `Basic ${btoa(`${key}:`)}` },
						body: JSON.stringify({ userId: "ada", event: `e-${sent++}` }),
					}),
				);
			// Without a secret a webhook is refused, and a URL that leads nowhere is not.
			for (const one of [before, after]) {
				expect(await statusOf(one, "any")).toBe(401);
				expect((await track(one.writeKey ?? "")).status).toBe(200);
			}
			const last = await rotated(after, { url: true, writeKey: true, overlapSeconds: 0 });
			for (const one of [before, after]) {
				expect(await statusOf(one, "any")).toBe(404);
				expect((await track(one.writeKey ?? "")).status).toBe(401);
			}
			expect((await track(last.writeKey ?? "")).status).toBe(200);
		});

		it("is given other settings, all wrong ones named at once, and goes by them", async () => {
			const endpoint = await shop();
			const set = (settings: object): Promise<Response> =>
				hub.ask("PATCH", `/endpoints/${endpoint.id}`, { settings });
			const wrong = await set({ enrol: "sometimes", shop: 7, shp: "x" });
			expect(wrong.status).toBe(400);
			const { error } = (await wrong.json()) as { readonly error: string };
			for (const name of ["enrol", "shop", "shp"]) expect(error).toContain(name);
			expect((await shown(endpoint)).settings).toEqual(endpoint.settings);

			expect((await set({ shop: "other.myshopify.com" })).status).toBe(200);
			expect((await shown(endpoint)).settings).toEqual({ ...endpoint.settings, shop: "other.myshopify.com" });
			const { delivery: id } = (await (await post(endpoint, "first secret")).json()) as { delivery: string };
			await hub.drained();
			expect((await delivery(hub, id)).reason).toBe(
				"the message is of another shop than other.myshopify.com",
			);
		});

		it("that is deleted is gone for its senders, and not what came of it", async () => {
			const endpoint = await shop();
			const { delivery: id } = (await (await post(endpoint, "first secret")).json()) as { delivery: string };
			await hub.call("PATCH", `/endpoints/${endpoint.id}`, { state: "deleted" });
			expect(await statusOf(endpoint, "first secret")).toBe(410);
			await hub.drained();
			expect(outcomeOf(await delivery(hub, id))).toBe("checkout not_a_member");
			expect((await shown(endpoint)).health).toMatchObject({ state: "deleted" });
			expect((await shown(endpoint)).secrets).toEqual([]);
			// The name is free again.
			expect((await shop()).id).not.toBe(endpoint.id);
			for (const [method, path, body] of [
				["PATCH", "", { state: "active" }],
				["PATCH", "", { settings: {} }],
				["POST", "/rotate", { url: true }],
				["POST", "/test", {}],
			] as const) {
				const response = await hub.ask(method, `/endpoints/${endpoint.id}${path}`, body);
				expect([response.status, await response.json()]).toEqual([
					409,
					{ error: `endpoint ${endpoint.id} is deleted and stays so` },
				]);
			}
		});

		it("says how it is doing", async () => {
			const endpoint = await shop();
			expect((await shown(endpoint)).health).toMatchObject({
				state: "quiet",
				why: "nothing came so far",
				lastDelivery: null,
				lastDay: {},
				lastWeek: {},
			});

			await post(endpoint, "first secret");
			await hub.drained();
			expect((await shown(endpoint)).health).toMatchObject({
				state: "healthy",
				why: "1 delivery in the last day, the last just now",
				lastDelivery: { outcome: "not_a_member" },
				lastDay: { not_a_member: 1 },
				lastWeek: { not_a_member: 1 },
			});

			await post(endpoint, "a wrong secret");
			const refusing = (await shown(endpoint)).health;
			expect(refusing).toMatchObject({ state: "refusing", refused: { causes: { "signature-wrong": 1 } } });
			expect(refusing?.why).toMatch(
				/^its newest request, just now, was refused \(signature-wrong\): the sig/,
			);

			// A sender without its own header: a message that nobody can read.
			await hub.call("PATCH", `/endpoints/${endpoint.id}`, { settings: { shop: "other.myshopify.com" } });
			await post(endpoint, "first secret");
			await hub.drained();
			expect((await shown(endpoint)).health).toMatchObject({
				state: "failing",
				why: `1 of 2 deliveries in the last day failed; see \`deliveries list --endpoint ${endpoint.id}\``,
				lastDelivery: { outcome: "failed" },
			});

			await hub.call("PATCH", `/endpoints/${endpoint.id}`, { state: "paused" });
			expect((await shown(endpoint)).health).toMatchObject({ state: "paused" });
			const { data } = (await hub.call("GET", "/endpoints")) as Page<View>;
			expect(data.find(({ id }) => id === endpoint.id)?.health).toMatchObject({ state: "paused" });
			const bare = await segmentEndpoint(hub, "bare");
			expect((await shown(bare as View)).health).toMatchObject({ state: "quiet" });
		});

		it("says which secrets it lacks, and no other", async () => {
			for (const [connector, secrets, lacks] of [
				["shopify", {}, '"client"'],
				["sfmc", { client: "a", clientSecret: "b" }, '"signing"'],
				["klaviyo", { apiKey: "pk_a" }, '"signing" or "header"'],
				["eloqua", {}, '"clientId" and "clientSecret"'],
				["eloqua", { clientId: "a" }, '"clientSecret"'],
				["twilio", {}, '"token"'],
				["generic", {}, ""],
			] as const) {
				const name = `${connector}-${sent++}`;
				const made = (await hub.call("POST", "/endpoints", { connector, name, secrets })) as View;
				expect((await shown(made)).health?.why).toBe(
					`everything is refused, as the endpoint has ${lacks === "" ? "nothing to verify by" : `no secret ${lacks} to verify with`}`,
				);
			}
		});

		it("is tried by a sample that is signed as its sender signs, and earns nobody anything", async () => {
			const endpoint = await shop({ shop: "leafworks.myshopify.com" });
			const report = await tested(endpoint);
			expect(stepsOf(report)).toEqual([
				expect.stringMatching(/^sample: orders-paid\.json, /),
				"signed: by hmac (sha256) in header:X-Shopify-Hmac-Sha256",
				"answered: 200",
				`stored: as delivery ${report.delivery}, which is ignored: it gives no events`,
				expect.stringMatching(/^read: orders\/paid .*shopify\.customer 7060000000077/),
				expect.stringMatching(/^mapped: shopify\/orders-paid would give checkout /),
			]);
			expect(report.ok).toBe(true);
			expect(report.messages).toMatchObject([{ events: [{ kind: "event", action: "checkout" }] }]);

			// Another one is another delivery, and neither counts.
			const again = await tested(endpoint);
			expect(again.delivery).not.toBe(report.delivery);
			// Also where it is paused: nobody has to release a sample.
			await hub.call("PATCH", `/endpoints/${endpoint.id}`, { state: "paused" });
			const paused = await tested(endpoint);
			await hub.drained();
			for (const { delivery: id } of [report, again, paused])
				expect(await delivery(hub, id ?? "")).toMatchObject({
					outcome: "ignored",
					messageViews: [{ state: "ignored", reason: expect.stringContaining("sample"), plan: null }],
				});
			expect(await eventsOf(hub)).toEqual([]);
			expect((await shown(endpoint)).health).toMatchObject({ lastDelivery: null, lastDay: {} });
		});

		it("is tried by its write key where it has no secret, a page's as well", async () => {
			const server = await segmentEndpoint(hub, "server");
			const page = await segmentEndpoint(hub, "page", {
				settings: { use: "browser", origins: ["https://shop.example"] },
			});
			for (const endpoint of [server, page]) {
				const report = await tested(endpoint);
				expect(stepsOf(report)).toEqual([
					expect.stringMatching(/^sample: webhook-track-order-completed\.json, /),
					"signed: by nothing: it goes to /v1/batch with the write key, as no secret for webhooks is set",
					"answered: 200",
					`stored: as delivery ${report.delivery}, which is ignored: it gives no events`,
					expect.stringMatching(/^read: track /),
					expect.stringMatching(/^mapped: segment\/order-completed would give checkout /),
				]);
				expect(report.ok).toBe(true);
				await hub.drained();
				expect(await delivery(hub, report.delivery ?? "")).toMatchObject({
					outcome: "ignored",
					path: "/v1/batch",
					messageViews: [{ state: "ignored", reason: expect.stringContaining("sample"), plan: null }],
				});
			}
			expect(await eventsOf(hub)).toEqual([]);
		});

		it("says which step of a sample failed, and why", async () => {
			const bare = (await hub.call("POST", "/endpoints", { connector: "shopify", name: "bare" })) as View;
			const refused = await tested(bare);
			expect([refused.ok, refused.delivery]).toEqual([false, null]);
			expect(stepsOf(refused).slice(1)).toEqual([
				"signed: by nothing, as no secret is set",
				'! answered: 401 (secret-missing): the endpoint has no secret "client" to verify with',
			]);

			// Its sample has to be signed: the verification that comes before there is a key would be taken unsigned.
			const ens = (await hub.call("POST", "/endpoints", { connector: "sfmc", name: "ens" })) as View;
			expect(stepsOf(await tested(ens)).at(-1)).toBe(
				'! answered: 401 (secret-missing): the endpoint has no secret "signing" to verify with',
			);

			const publicKey = "1L5JkBtAaTlXoPjk11LJg+7VWPXMAE6FAg5P2eU7sY0=";
			const crm = (await hub.call("POST", "/endpoints", {
				connector: "standard-webhooks",
				name: "crm",
				secrets: { publicKey: `whpk_${publicKey}` },
			})) as View;
			expect(stepsOf(await tested(crm)).slice(1)).toEqual([
				"! signed: its sender signs with a private key (ed25519), which nobody else has; " +
					"try it unsigned, which reads and maps alone",
			]);
			const unsigned = await tested(crm, { unsigned: true });
			expect([unsigned.ok, unsigned.delivery]).toEqual([true, null]);
			expect(stepsOf(unsigned).map((step) => step.split(":")[0])).toEqual(["sample", "read", "mapped"]);
		});

		it("reads and maps the sample of every connector, as its sender would send it", async () => {
			const unmapped: string[] = [];
			for (const [connector, { secrets: known }] of connectors) {
				const all = Object.fromEntries(Object.keys(known).map((secret) => [secret, "user:secret"]));
				const proof = provedBy[connector] ?? { secrets: all };
				const asked = { connector, name: connector, ...proof };
				const made = (await hub.call("POST", "/endpoints", asked)) as View;
				const report = await tested(made, { unsigned: asked.secrets === undefined });
				expect([connector, report.ok, stepsOf(report)]).toEqual([connector, true, expect.any(Array)]);
				if (!report.messages.some(({ events }) => events.some(({ kind }) => kind === "event")))
					unmapped.push(connector);
			}
			expect(unmapped).toEqual(Object.keys(withoutPreset));
		});

		it("refuses what is no change, rotation or test, and says what would be", async () => {
			const endpoint = await shop();
			const said = async (
				method: string,
				path: string,
				body: unknown,
			): Promise<readonly [number, string]> => {
				const response = await hub.ask(method, `/endpoints/${path}`, body);
				return [response.status, ((await response.json()) as { readonly error: string }).error];
			};
			const { id } = endpoint;
			for (const [method, path, body, error] of [
				["PATCH", id, {}, "a change is one of"],
				["PATCH", id, { state: "paused", settings: {} }, "a change is one of"],
				["PATCH", id, { state: "gone" }, "state"],
				["PATCH", id, { settings: [] }, "settings"],
				["PATCH", id, { secrets: { client: "x" } }, "secrets"],
				["PATCH", id, "{", "the body is not JSON"],
				["POST", `${id}/rotate`, {}, "say what to rotate"],
				["POST", `${id}/rotate`, { secrets: { signing: null } }, "shopify has no secret called signing"],
				["POST", `${id}/rotate`, { secrets: { client: "" } }, "is empty"],
				["POST", `${id}/rotate`, { secrets: { client: "x".repeat(16_385) } }, "is longer than 16384"],
				["POST", `${id}/rotate`, { secrets: { signing: "x" } }, "shopify has no secret called signing"],
				["POST", `${id}/rotate`, { url: true, overlapSeconds: -1 }, "overlapSeconds"],
				["POST", `${id}/rotate`, { url: true, overlapSeconds: 1e9 }, "overlapSeconds"],
				["POST", `${id}/rotate`, null, "expected object"],
				["POST", `${id}/test`, { unsigned: "yes" }, "unsigned"],
				["POST", `${id}/test`, [], "expected object"],
			] as const) {
				const [status, sentence] = await said(method, path, body);
				expect([status, sentence]).toEqual([400, expect.stringContaining(error)]);
			}
			for (const [body, error] of [
				[{ writeKey: true }, "has no write key to rotate"],
				[{ secrets: { client: "first secret" } }, "the secret client is the one that is set"],
			] as const)
				expect(await said("POST", `${id}/rotate`, body)).toEqual([409, expect.stringContaining(error)]);
			for (const [method, path, body] of [
				["PATCH", "ep_0", { state: "paused" }],
				["POST", "ep_0/rotate", { url: true }],
				["POST", "__proto__/test", {}],
			] as const)
				expect(await said(method, path, body)).toEqual([404, "there is no such endpoint"]);
			expect(await shown(endpoint)).toMatchObject({ url: endpoint.url, settings: endpoint.settings });
		});
	});
}

/** What an endpoint is made with where it can not have all secrets that its connector knows; nothing for who signs with a private key. */
const provedBy: Readonly<Record<string, { readonly settings?: object; readonly secrets?: object }>> = {
	"adobe-commerce": { settings: { clientId: "a project's" }, secrets: { client: "secret" } },
	"adobe-io-events": { settings: { clientId: "a project's" }, secrets: { client: "secret" } },
	emarsys: { secrets: { token: "secret" } },
	generic: {
		settings: { verify: [{ kind: "token", secret: "key", from: "header:X-Key" }] },
		secrets: { key: "secret" },
	},
	rudderstack: { secrets: { header: "secret" } },
	sendgrid: {},
	"standard-webhooks": { secrets: { signing: `whsec_${btoa("a secret of the sender")}` } },
	tealium: { secrets: { header: "secret" } },
};

/** Connectors whose sample no preset reads, and why. */
const withoutPreset: Readonly<Record<string, string>> = {
	cloudevents: "a format, whose types are everybody's own",
	emarsys:
		"a node says what somebody wrote into it, and the sample says something else than the presets' scenarios",
	generic: "what it is sent is said by its settings",
	"standard-webhooks": "a format, whose types are everybody's own",
};

interface View {
	readonly id: string;
	readonly url: string;
	readonly writeKey: string;
	readonly previousUrlUntil: string | null;
	readonly settings: Readonly<Record<string, unknown>>;
	readonly secrets: readonly {
		readonly name: string;
		readonly since: string;
		readonly previousUntil: string | null;
	}[];
	readonly health?: { readonly why: string };
}

interface Report {
	readonly ok: boolean;
	readonly steps: readonly { readonly step: string; readonly ok: boolean; readonly said: string }[];
	readonly delivery: string | null;
	readonly messages: readonly { readonly events: readonly { readonly kind: string }[] }[];
}

const patience = { timeout: 120_000 };
