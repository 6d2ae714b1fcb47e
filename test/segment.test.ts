import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { projectRoot, readMappings } from "../src/host/node/definitions.ts";
import { everything, sendAgain, shop, testSegment, track } from "./segment.suite.ts";
import { customer, eventsOf, segmentEndpoint } from "./support/calls.ts";
import { openTestHub, shipped } from "./support/hub.ts";

const folder = join(projectRoot, "connectors", "segment", "samples");
const samples = new Map(
	readdirSync(folder).map((file): [string, string] => [file, readFileSync(join(folder, file), "utf8")]),
);

testSegment("Node", openTestHub, samples);

describe("An event", () => {
	it("says from which address it came", async () => {
		const hub = await openTestHub();
		const endpoint = await segmentEndpoint(hub, "server");
		await track(hub, endpoint, "track", JSON.stringify({ userId: "ada", event: "Signed Up" }));
		await hub.drained();
		expect(await eventsOf(hub)).toMatchObject([{ action: "opt_in", ip_address: "127.0.0.1" }]);
		await hub.close();
	});
});

describe("What was recorded once", () => {
	it("is not recorded again after its mapping has got another name", async () => {
		const hub = await openTestHub();
		const { bodies, endpoint } = await shop(hub);
		const before = await everything(hub);

		const renamed = readMappings(projectRoot).map((file) =>
			file.name === "segment/order-completed" ? { ...file, name: "segment/what-was-paid" } : file,
		);
		await hub.reopen({ ...shipped, files: { ...shipped.files, mappings: renamed } });
		const { data: mappings } = z
			.object({ data: z.array(z.looseObject({ name: z.string() })) })
			.parse(await hub.call("GET", "/mappings"));
		expect(mappings.map(({ name }) => name)).toContain("segment/what-was-paid");
		await sendAgain(hub, endpoint, bodies);
		expect(await everything(hub)).toEqual(before);
		await hub.close();
	});
});

describe("Somebody who is not a member yet", () => {
	const hourMs = 3_600_000;
	const order = { userId: "ada", event: "Order Completed", properties: { order_id: "1", revenue: 10 } };
	const signUp = { userId: "ada", event: "Signed Up" };

	/** An order, and so many hours later a sign-up. */
	const orderThenSignUp = async (hours: number) => {
		let now = Date.now();
		const hub = await openTestHub(() => now);
		const endpoint = await segmentEndpoint(hub, "server");
		await track(hub, endpoint, "track", JSON.stringify(order));
		await hub.drained();
		now += hours * hourMs;
		await track(hub, endpoint, "track", JSON.stringify(signUp));
		await hub.drained();
		const actions = (await eventsOf(hub)).map(({ action }) => action);
		expect(await customer(hub, "ada")).not.toBeNull();
		await hub.close();
		return actions;
	};

	it("gets the orders of several deliveries oldest first", async () => {
		const hub = await openTestHub();
		const endpoint = await segmentEndpoint(hub, "server");
		const kept = [
			{ userId: "ada", order_id: "second", minutes: 20 },
			{ userId: "ada", order_id: "third", minutes: 10 },
			{ anonymousId: "ada's browser", order_id: "first", minutes: 30 },
		];
		for (const { order_id, minutes, ...who } of kept) {
			const timestamp = new Date(Date.now() - minutes * 60_000).toISOString();
			const properties = { order_id, revenue: 1 };
			const message = { ...who, event: "Order Completed", timestamp, properties };
			await track(hub, endpoint, "track", JSON.stringify(message));
			await hub.drained();
		}
		await track(hub, endpoint, "track", JSON.stringify({ ...signUp, anonymousId: "ada's browser" }));
		await hub.drained();
		const recorded = (await eventsOf(hub)).map(({ properties }) => properties["transaction_id"]);
		expect(recorded).toEqual([undefined, "first", "second", "third"]);
		await hub.close();
	});

	it("gets an order of 23 hours before the sign-up", async () => {
		expect(await orderThenSignUp(23)).toEqual(["opt_in", "checkout"]);
	});

	it("gets an order of 25 hours before the sign-up only by a replay", async () => {
		expect(await orderThenSignUp(25)).toEqual(["opt_in"]);
	});
});
