import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StoringHub } from "./sensitive.suite.ts";
import { type EndpointView, newestDelivery } from "./support/calls.ts";
import { openStoringHub } from "./support/stored.ts";

/** What an endpoint's settings make of requests, in a whole hub. */

let hub: StoringHub;
beforeEach(async () => {
	hub = await openStoringHub();
});
afterEach(() => hub.close());

const endpoint = async (settings: object, secrets: object = {}): Promise<EndpointView> =>
	(await hub.call("POST", "/endpoints", {
		connector: "generic",
		name: "acme",
		settings,
		secrets,
	})) as EndpointView;

const post = (url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Response> =>
	hub.fetch(new Request(url, { method: "POST", headers, body }));

describe("A form that is called a text", () => {
	const text = { "Content-Type": "text/plain" };
	const settings = {
		body: "form",
		verify: [{ kind: "token", secret: "token", from: "field:tok" }],
		read: { type: "{field:event}", identities: { email: "{field:mail}" } },
		handshakes: [
			{ method: "POST", has: ["field:challenge"], answer: { status: 200, text: "{field:challenge}" } },
		],
	};

	it("shows its sender's token, which is not stored", async () => {
		const { url } = await endpoint(settings, { token: "s3cret" });
		expect((await post(url, text, "event=visit&tok=wrong")).status).toBe(401);
		expect((await post(url, text, "event=visit&mail=ada%40example.test&tok=s3cret")).status).toBe(200);
		await hub.drained();
		const { outcome, messageViews } = await newestDelivery(hub);
		expect([outcome, messageViews.map(({ type }) => type)]).toEqual(["unmatched", ["visit"]]);
		expect(await hub.stored()).not.toContain("s3cret");
	});

	it("is answered where it tries the address", async () => {
		const { url } = await endpoint(settings, { token: "s3cret" });
		expect(await (await post(url, text, "challenge=yes")).text()).toBe("yes");
	});
});
