import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { drawnDelivery } from "../src/cli/delivery.ts";
import { track } from "./segment.suite.ts";
import { customer, delivery, newestDelivery, segmentEndpoint } from "./support/calls.ts";
import { openTestHub } from "./support/hub.ts";

const dayMs = 86_400_000;

/** The files of bodies that are too large for a row. */
const bodiesIn = (data: string): readonly string[] =>
	readdirSync(join(data, "files"), { recursive: true, withFileTypes: true })
		.filter((file) => file.isFile())
		.map(({ name }) => name);

it("keeps bodies for as long as the program says, and then what became of them", async () => {
	let now = Date.now();
	const hub = await openTestHub(() => now);
	const endpoint = await segmentEndpoint(hub, "server", { settings: { unsigned: "accept" } });
	const send = async (message: object) => {
		await track(hub, endpoint, "track", JSON.stringify({ userId: "ada", ...message }));
		await hub.drained();
		return newestDelivery(hub);
	};
	const read = await send({ event: "Signed Up", properties: { first_name: "Ada" } });
	// Too large for a row: a file.
	const notes = Array.from({ length: 30 }, () => "unread".padEnd(30_000));
	const views = notes.map((note) => ({ type: "track", userId: "ada", event: "Door Opened", note }));
	await hub.fetch(new Request(endpoint.url, { method: "POST", body: JSON.stringify(views) }));
	await hub.drained();
	const unread = await newestDelivery(hub);
	expect(unread.outcome).toBe("unmatched");
	expect(bodiesIn(hub.data)).toHaveLength(1);

	const isGone = async (id: string) => (await delivery(hub, id)).expiredAt !== null;
	const patience = { timeout: 20_000, interval: 100 };
	now += 7 * dayMs;
	await expect.poll(() => isGone(unread.id), patience).toBe(true);
	await expect.poll(() => bodiesIn(hub.data), patience).toEqual([]);
	expect(await isGone(read.id)).toBe(false);
	now += 83 * dayMs;
	await expect.poll(() => isGone(read.id), patience).toBe(true);

	const shown = await delivery(hub, read.id);
	expect(shown.outcome).toBe("appended");
	expect(drawnDelivery(shown)).toContain(
		`its body is gone: it was kept until ${new Date(now).toISOString()}`,
	);
	expect(await hub.call("POST", "/deliveries/replay", { ids: [read.id], dryRun: true })).toMatchObject({
		deliveries: 0,
		messages: 0,
	});
	expect(await customer(hub, "ada")).toMatchObject({ profile: { first_name: "Ada" } });
	await hub.close();
	expect(hub.errors).toEqual([]);
});
