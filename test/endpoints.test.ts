import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished } from "vitest";
import { testEndpoints } from "./endpoints.suite.ts";
import { outcomeOf } from "./segment.suite.ts";
import { delivery, type EndpointView, type Page, segmentEndpoint } from "./support/calls.ts";
import { openTestHub } from "./support/hub.ts";

testEndpoints("Node", openTestHub);

/** What could not be planned has another turn after this. */
const leaseMs = 30_000;

it("An endpoint that this version of the hub can not use keeps its senders waiting, and nothing else", async () => {
	let ahead = 0;
	const hub = await openTestHub(() => Date.now() + ahead);
	onTestFinished(() => hub.close());
	const shop = await segmentEndpoint(hub, "shop");
	const app = await segmentEndpoint(hub, "app");
	let sent = 0;
	const track = async ({ writeKey }: EndpointView): Promise<readonly [number, string | null]> => {
		const answered = await hub.fetch(
			new Request(`${hub.url}/v1/identify`, {
				method: "POST",
				headers: { "Content-Type": "application/json" },
				body: JSON.stringify({ writeKey, userId: "ada", messageId: `m-${sent++}` }),
			}),
		);
		return [answered.status, answered.headers.get("Retry-After")];
	};
	expect(await track(shop)).toEqual([200, null]);
	await hub.drained();
	const { data } = (await hub.call("GET", "/deliveries")) as Page<{ readonly id: string }>;
	const id = data[0]?.id ?? "";

	await hub.reopen(undefined, () => {
		const office = new DatabaseSync(join(hub.data, "office.db"));
		const later = '{"enrol":"signed_up","colour":"blue"}';
		office.prepare("UPDATE endpoint SET settings = ? WHERE id = ?").run(later, shop.id);
		office.close();
	});
	const unused = "this version of the hub does not take its settings: ";
	expect(await track(shop)).toEqual([503, "60"]);
	const url = `${hub.url}${new URL(shop.url).pathname}`;
	const webhook = await hub.fetch(new Request(url, { method: "POST", body: "{}" }));
	expect([webhook.status, webhook.headers.get("Retry-After")]).toEqual([503, "60"]);
	expect(await track(app)).toEqual([200, null]);
	expect(await hub.call("GET", `/endpoints/${shop.id}`)).toMatchObject({
		connector: "segment",
		health: { state: "refusing", why: expect.stringContaining(`${unused}Segment has no setting`) },
	});
	expect(await hub.call("GET", "/status")).toMatchObject({
		troubles: [expect.stringContaining(`the endpoint shop (${shop.id}) can not be used`)],
	});
	expect((await hub.ask("POST", `/endpoints/${shop.id}/test`, {})).status).toBe(409);

	// What it took before is kept until it can be read.
	await hub.call("POST", "/deliveries/replay", { ids: [id] });
	await expect
		.poll(() => hub.errors.join(), { timeout: 10_000 })
		.toContain("a delivery could not be planned");
	expect(outcomeOf(await delivery(hub, id))).toBe("pending");

	await hub.call("PATCH", `/endpoints/${shop.id}`, { settings: { enrol: "trait" } });
	ahead = leaseMs;
	expect(await track(shop)).toEqual([200, null]);
	await hub.drained();
	expect(outcomeOf(await delivery(hub, id))).toBe("profile not_a_member");
	expect(await hub.call("GET", `/endpoints/${shop.id}`)).toMatchObject({
		settings: { enrol: "trait" },
		health: { state: "healthy" },
	});
});
