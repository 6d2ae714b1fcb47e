import { describe, expect, it } from "vitest";
import { openTokens } from "./tokens.ts";

const asked = {
	contentType: "application/x-www-form-urlencoded",
	url: "https://login.example/oauth2/token",
	body: "grant_type=client_credentials&client_secret=s3cret",
};
const hour = 3_600_000;

/** Tokens of a site that numbers what it gives, by a clock that a test moves. */
function open(answer: (number: number) => Response | Promise<Response>) {
	const requests: Request[] = [];
	const time = { now: 0 };
	const tokens = openTokens({
		fetch: async (request) => {
			requests.push(request);
			return answer(requests.length);
		},
		clock: () => time.now,
	});
	return { tokens, requests, time };
}

const numbered = (number: number): Response =>
	Response.json({ access_token: `t-${number}`, token_type: "Bearer", expires_in: 3600 });

describe("a token", () => {
	it("is had by posting a form, once for all who need it at the same time, and kept", async () => {
		const { tokens, requests } = open(numbered);
		const found = { kind: "found", text: "t-1", isNew: true };
		expect(await Promise.all([tokens.tokenOf("ep_1", asked), tokens.tokenOf("ep_1", asked)])).toEqual([
			found,
			found,
		]);
		expect(await tokens.tokenOf("ep_1", asked)).toEqual({ ...found, isNew: false });
		const [request] = requests;
		expect(requests).toHaveLength(1);
		expect([request?.method, request?.url, request?.redirect]).toEqual(["POST", asked.url, "manual"]);
		expect(request?.headers.get("Content-Type")).toBe("application/x-www-form-urlencoded");
		expect(await request?.text()).toBe(asked.body);
	});

	it("is an endpoint's own, and had anew by another secret", async () => {
		const { tokens } = open(numbered);
		expect(await tokens.tokenOf("ep_1", asked)).toMatchObject({ text: "t-1" });
		expect(await tokens.tokenOf("ep_2", asked)).toMatchObject({ text: "t-2" });
		expect(await tokens.tokenOf("ep_1", { ...asked, body: "client_secret=new" })).toMatchObject({
			text: "t-3",
		});
	});

	it.each<[unknown, number]>([
		[3600, hour - 60_000],
		["3599", 3_539_000],
		[60, 30_000],
		[undefined, 240_000],
		["soon", 240_000],
		[-1, 240_000],
	])("is kept until shortly before it expires: expires_in %j, %d ms", async (expires_in, forMs) => {
		const { tokens, time } = open((number) => Response.json({ access_token: `t-${number}`, expires_in }));
		await tokens.tokenOf("ep_1", asked);
		time.now = forMs - 1;
		expect(await tokens.tokenOf("ep_1", asked)).toMatchObject({ text: "t-1" });
		time.now = forMs;
		expect(await tokens.tokenOf("ep_1", asked)).toMatchObject({ text: "t-2" });
	});

	it("that is not believed is forgotten, and no newer one with it", async () => {
		const { tokens } = open(numbered);
		await tokens.tokenOf("ep_1", asked);
		await tokens.forgetToken("ep_1", "t-1");
		expect(await tokens.tokenOf("ep_1", asked)).toMatchObject({ text: "t-2", isNew: true });
		await tokens.forgetToken("ep_1", "t-1");
		expect(await tokens.tokenOf("ep_1", asked)).toMatchObject({ text: "t-2", isNew: false });
	});

	it.each<[string, () => Response, string]>([
		["another status", () => Response.json({ error: "invalid_client" }, { status: 401 }), "answered 401"],
		[
			"a refusal with 200",
			() => Response.json({ error: "invalid_code" }),
			"its answer has no access_token: invalid_code",
		],
		["more than a code", () => Response.json({ error: "s3cret is wrong" }), "its answer has no access_token"],
		[
			"what can not stand in a header",
			() => Response.json({ access_token: "a\r\nX-Other: b" }),
			"its answer has no access_token",
		],
		["no object", () => Response.json(["t-1"]), "its answer has no access_token"],
		["no JSON", () => new Response("<html>"), "its answer is not JSON: the text is not JSON"],
		[
			"a redirect",
			() => new Response(null, { status: 302, headers: { Location: "https://evil.example/" } }),
			"answered 302: redirects are not followed",
		],
	])("is none in %s, and asked for again", async (_what, answer, reason) => {
		const { tokens } = open((number) => (number === 1 ? answer() : numbered(number)));
		expect(await tokens.tokenOf("ep_1", asked)).toEqual({
			kind: "failed",
			reason: `no token of https://login.example: ${reason}`,
			waitMs: 0,
		});
		expect(await tokens.tokenOf("ep_1", asked)).toMatchObject({ kind: "found", text: "t-2" });
	});

	it("hears how long it is to wait, and ends where nobody wants to know", async () => {
		const { tokens } = open(() => new Response("", { status: 429, headers: { "Retry-After": "7" } }));
		expect(await tokens.tokenOf("ep_1", asked)).toMatchObject({ kind: "failed", waitMs: 7_000 });
		const stopped = openTokens({ fetch: (request) => Promise.reject(request.signal.reason), clock: () => 0 });
		expect(await stopped.tokenOf("ep_1", asked, AbortSignal.abort())).toEqual({ kind: "aborted" });
	});
});
