import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page, TestHub } from "./support/calls.ts";

interface Made {
	readonly clientId: string;
	readonly clientSecret: string;
}

/** A Worker's first answer compiles all of it. */
const patience = { timeout: 60_000 };

/** How a client of the asynchronous API gets a token, and how it is told that it does not: on both hosts. */
export function testOauth(host: string, open: () => Promise<TestHub>): void {
	describe(`A client of the asynchronous API, on ${host}`, patience, () => {
		let hub: TestHub;
		let client: Made;
		beforeAll(async () => {
			hub = await open();
			client = (await hub.call("POST", "/clients", { name: "erp" })) as Made;
		}, patience.timeout);
		afterAll(() => hub.close());

		const grant = "grant_type=client_credentials&scope=loyalty.async_events";
		const basic = ({ clientId, clientSecret }: Made): string =>
			`Basic ${btoa(`${clientId}:${clientSecret}`)}`;
		const ask = (form: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
			hub.fetch(
				new Request(`${hub.url}/v1/auth/token`, {
					method: "POST",
					body: form,
					headers: {
						Authorization: basic(client),
						"Content-Type": "application/x-www-form-urlencoded",
						...headers,
					},
				}),
			);

		it.each([grant, "grant_type=client_credentials", `scope=loyalty.async_events&${grant.split("&")[0]}`])(
			"gets a token for %s",
			async (form) => {
				const response = await ask(form);
				expect(response.status).toBe(200);
				expect(response.headers.get("Cache-Control")).toBe("no-store");
				expect(await response.json()).toEqual({
					access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
					token_type: "Bearer",
					expires_in: 3_600,
					scope: "loyalty.async_events",
				});
			},
		);

		const notAllowed = {
			type: "BadRequestException",
			code: 220011,
			message: "The request includes a parameter that is not allowed for this grant type.",
		};
		it.each([
			["", "invalid_request", notAllowed],
			[`${grant}&client_id=x`, "invalid_request", notAllowed],
			[`${grant}&scope=loyalty.async_events`, "invalid_request", notAllowed],
			[`${grant}&x=${"x".repeat(5_000)}`, "invalid_request", notAllowed],
			[
				"grant_type=authorization_code&code=1",
				"unsupported_grant_type",
				{
					type: "BadRequestException",
					code: 220014,
					message: "The authorization grant type is not supported by this server",
				},
			],
			[
				"grant_type=client_credentials&scope=loyalty.everything",
				"invalid_scope",
				{
					type: "BadRequestException",
					code: 220015,
					message: "The requested scope is invalid, unknown, or malformed",
				},
			],
		])("is told in Antavo's words what is wrong with %.60s", async (form, error, details) => {
			const response = await ask(form);
			expect(response.status).toBe(400);
			expect(await response.json()).toEqual({ status: "error", error, details });
		});

		it("has to send a form", async () => {
			const json = JSON.stringify({ grant_type: "client_credentials" });
			const response = await ask(json, { "Content-Type": "application/json" });
			expect([response.status, await response.json()]).toEqual([
				400,
				{ status: "error", error: "invalid_request", details: notAllowed },
			]);
		});

		it.each([
			["another secret", (made: Made) => basic({ ...made, clientSecret: "another" })],
			["another id", (made: Made) => basic({ ...made, clientId: "client_another" })],
			["no colon", () => `Basic ${btoa("client")}`],
			["no Basic", () => "Bearer token"],
			["no base64", () => "Basic ====="],
		])("is not known with %s", async (_what, authorization) => {
			const response = await ask(grant, { Authorization: authorization(client) });
			expect(response.status).toBe(401);
			expect(response.headers.get("WWW-Authenticate")).toBe('Basic realm="OAuth2 Token Endpoint"');
			expect(await response.json()).toEqual({
				status: "error",
				error: "invalid_client",
				details: {
					type: "UnauthorizedException",
					code: 220010,
					message: "Client authentication failed",
				},
			});
		});

		it("is not known when it is revoked", async () => {
			const revoked = (await hub.call("POST", "/clients", {})) as Made;
			expect((await ask(grant, { Authorization: basic(revoked) })).status).toBe(200);
			await hub.call("DELETE", `/clients/${revoked.clientId}`);
			expect((await ask(grant, { Authorization: basic(revoked) })).status).toBe(401);
			expect((await hub.ask("DELETE", `/clients/${revoked.clientId}`)).status).toBe(404);
		});

		it("is asked to wait after sixty tokens in a minute", async () => {
			const busy = (await hub.call("POST", "/clients", {})) as Made;
			const answers: Response[] = [];
			for (let each = 0; each < 61; each += 1) answers.push(await ask(grant, { Authorization: basic(busy) }));
			expect(answers.slice(0, 60).every(({ status }) => status === 200)).toBe(true);
			expect(answers[60]?.status).toBe(429);
			expect(Number(answers[60]?.headers.get("Retry-After"))).toBeGreaterThan(0);
		});

		it("is in the audit log with every token it got or did not get", async () => {
			const { clientId } = client;
			await ask(grant);
			await ask("grant_type=password");
			const { data } = (await hub.call("GET", "/audit")) as Page<{
				readonly actor: string;
				readonly act: string;
				readonly subject: string;
			}>;
			expect(data.slice(0, 2).map(({ actor, act, subject }) => [actor, act, subject])).toEqual([
				[clientId, "token refused", "unsupported_grant_type"],
				[clientId, "token issue", "loyalty.async_events"],
			]);
			expect(JSON.stringify(data)).not.toContain(client.clientSecret);
		});

		it("has trusted sites, which are origins, and https but on one's own machine", async () => {
			const callbacks = ["https://shop.example", "https://erp.example:8443", "http://127.0.0.1:8080"];
			const { clientId } = (await hub.call("POST", "/clients", { callbacks })) as Made;
			const { data } = (await hub.call("GET", "/clients")) as Page<{
				readonly id: string;
				readonly callbacks: readonly string[];
			}>;
			expect(data.find(({ id }) => id === clientId)?.callbacks).toEqual(callbacks);
			for (const wrong of [
				"http://shop.example",
				"https://shop.example/",
				"https://shop.example/results",
				"https://ada@shop.example",
				"https://SHOP.example",
				"http://127.0.0.1.evil.example",
				"shop.example",
				"*",
			])
				expect((await hub.ask("POST", "/clients", { callbacks: [wrong] })).status).toBe(400);
			const many = Array.from({ length: 21 }, (_, n) => `https://shop${n}.example`);
			expect((await hub.ask("POST", "/clients", { callbacks: many })).status).toBe(400);
		});

		it("can be made to end by itself, not yesterday", async () => {
			const ending = (await hub.call("POST", "/clients", { expiresAt: "2999-01-01T00:00:00Z" })) as Made;
			expect((await ask(grant, { Authorization: basic(ending) })).status).toBe(200);
			for (const expiresAt of ["2020-01-01T00:00:00Z", "soon"])
				expect((await hub.ask("POST", "/clients", { expiresAt })).status).toBe(400);
		});
	});
}
