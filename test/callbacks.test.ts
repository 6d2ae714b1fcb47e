import { expect, it } from "vitest";
import { type CallbacksBench, testCallbacks } from "./callbacks.suite.ts";
import { tokenOf } from "./support/antavo.ts";
import { type NodeTestHub, openTestHub } from "./support/hub.ts";
import { listeningSite } from "./support/listening-site.ts";

async function openBench(): Promise<CallbacksBench & { readonly hub: NodeTestHub }> {
	let ahead = 0;
	const hub = await openTestHub(() => Date.now() + ahead);
	const [shop, other] = await Promise.all([listeningSite(), listeningSite()]);
	return {
		hub,
		shop,
		other,
		pass: async (ms) => {
			ahead += ms;
		},
		close: async () => {
			await Promise.all([shop, other, hub].map((one) => one.close()));
		},
	};
}

/** Less than what a site has time for that does not answer: closing waits for none. */
const patience = { timeout: 9_000 };

testCallbacks("Node", openBench);

it("is told after a restart what it was not told before, and asked by the same id", patience, async () => {
	const { hub, shop, close } = await openBench();
	try {
		const bearer = await tokenOf(hub, { callbacks: [shop.origin] });
		const call = async (way: string, body?: object) => {
			const response = await hub.fetch(
				new Request(`${hub.url}/v1/async/events${way}`, {
					headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json" },
					...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
				}),
			);
			return (await response.json()) as { readonly payload: object };
		};
		const order = { correlation_id: "order-1", callback_url: `${shop.origin}/orders` };
		const asked = { ...order, customer: "ada", action: "opt_in" };
		const unanswered = Promise.withResolvers<Response>();
		shop.answer(() => unanswered.promise);
		await call("", asked);
		// Its outcome is settled, and nobody knows whether the site has it.
		const told = await shop.next();
		shop.answer(() => new Response(null, { status: 204 }));
		await hub.reopen();
		expect(await shop.next()).toEqual(told);
		unanswered.resolve(new Response());
		expect(await call("/order-1")).toEqual(told.body);
		expect(await call("", asked)).toMatchObject({ payload: { correlation_id: "order-1", status: "queued" } });
		expect(hub.errors).toEqual([]);
	} finally {
		await close();
	}
});
