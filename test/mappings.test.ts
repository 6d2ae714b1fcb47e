import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { mappingFileOf, readMappings, watchDefinitions } from "../src/host/node/definitions.ts";
import type { MappingFile } from "../src/model/mapping-file.ts";
import { testMappingLife } from "./mappings.suite.ts";
import {
	delivery,
	type EndpointView,
	eventsOf,
	newestDelivery,
	type Page,
	segmentEndpoint,
} from "./support/calls.ts";
import { type NodeTestHub, openTestHub, shipped, shippedWith } from "./support/hub.ts";

testMappingLife("Node", () => openTestHub());

const day = 24 * 60 * 60_000;

let now: number;
let hub: NodeTestHub;
let endpoint: EndpointView;
beforeEach(async () => {
	now = Date.now();
	hub = await openTestHub(() => now);
	endpoint = await segmentEndpoint(hub, "shop");
	await track({ event: "Signed Up" });
	await hub.drained();
});
afterEach(() => hub.close());

async function track(...messages: readonly object[]): Promise<string> {
	const batch = messages.map((message) => ({
		type: "track",
		userId: "ada",
		messageId: crypto.randomUUID(),
		...message,
	}));
	const response = await hub.fetch(
		new Request(`${hub.url}/v1/batch`, {
			method: "POST",
			headers: { Authorization: `Basic ${btoa(`${endpoint.writeKey}:`)}` },
			body: JSON.stringify({ batch }),
		}),
	);
	expect(response.status).toBe(200);
	return (await newestDelivery(hub)).id;
}

const actionsOf = async (): Promise<readonly string[]> => (await eventsOf(hub)).map(({ action }) => action);

const local = (name: string, text: string): MappingFile =>
	mappingFileOf({ path: `mappings/local/${name}.yaml`, text });

const video = (event: string, product = "$.properties.video"): string => `title: A customer watches
from: segment
when: { type: track, event: ${event} }
event: { action: product_view, customer: $.userId, data: { product_id: ${product} } }
`;

describe("A broken file", () => {
	const broken = video("Video Watched").replace("product_view", "produkt_view");

	it("keeps only those messages waiting that nothing else reads, until it is mended", async () => {
		await hub.reopen(shippedWith({ mappings: [local("shop/video", broken)] }));
		const id = await track(
			{ event: "Video Watched", properties: { video: "v-1" } },
			{ event: "Product Viewed", properties: { product_id: "p-1" } },
			{ event: "Something Else" },
		);
		await vi.waitFor(async () => {
			const { messageViews } = await delivery(hub, id);
			expect(messageViews.map(({ outcome }) => outcome)).toEqual(["pending", "appended", "unmatched"]);
			expect(messageViews[0]?.reason).toBe("waits for the mapping shop/video, which has errors");
		});

		await hub.reopen(shippedWith({ mappings: [local("shop/video", video("Video Watched"))] }));
		now += 60_000;
		await hub.drained();
		expect(await actionsOf()).toEqual(["opt_in", "product_view", "product_view"]);
	});

	it("leaves the last good text of its name live, over a restart too", async () => {
		const good = local("shop/video", video("Video Watched"));
		await hub.reopen(shippedWith({ mappings: [good] }));
		await hub.reopen(shippedWith({ mappings: [local("shop/video", broken)] }));
		await track({ event: "Video Watched", properties: { video: "v-1" } });
		await hub.drained();
		const [plan] = (await newestDelivery(hub)).messageViews.flatMap((message) => message.plan ?? []);
		expect(plan).toMatchObject({
			mapping: "shop/video",
			version: good.version,
			outcome: { kind: "appended" },
		});
		expect((await hub.fetch(new Request(`${hub.url}/readyz`))).status).toBe(503);
	});

	it("does not keep an upload out that is good itself, and lets nobody make things worse", async () => {
		await hub.reopen(shippedWith({ mappings: [local("shop/video", broken)] }));
		const worse = await hub.ask(
			"PUT",
			"/mappings/shop/other",
			video("Other Watched").replace("$.userId", "$userId.x"),
		);
		expect(worse.status).toBe(422);
		const { token } = (await hub.call("POST", "/tokens", { name: "alice", role: "Administrator" })) as {
			token: string;
		};
		const answer = await hub.fetch(
			new Request(`${hub.url}/api/mappings/shop/other`, {
				method: "PUT",
				headers: { Authorization: `Bearer ${token}` },
				body: video("Other Watched"),
			}),
		);
		const put = await answer.json();
		expect(put).toMatchObject({ live: false });
		expect(JSON.stringify(put)).toContain("no action is called `produkt_view`");
		// An upload replaces the broken file, and the set is whole again.
		const cure = await hub.call("PUT", "/mappings/shop/video", video("Video Watched"));
		expect(cure).toMatchObject({ live: true });
		const { data } = (await hub.call("GET", "/mappings/shop/other/versions")) as Page<{ author: string }>;
		expect(data.map(({ author }) => author)).toEqual(["alice"]);
		expect((await hub.fetch(new Request(`${hub.url}/readyz`))).status).toBe(200);
	});

	it("that is the whole set keeps everything waiting, and nothing is lost", async () => {
		await hub.close();
		hub = await openTestHub(() => now, {
			...shipped,
			files: { ...shipped.files, mappings: [local("shop/video", broken)] },
		});
		endpoint = await segmentEndpoint(hub, "shop");
		await track({ event: "Signed Up" });
		expect((await newestDelivery(hub)).outcome).toBe("pending");
		await hub.reopen();
		await hub.drained();
		expect(await actionsOf()).toEqual(["opt_in"]);
	});
});

describe("A replay", () => {
	it("counts a message without an id once, long after its sender could have sent it again", async () => {
		const webhook = await segmentEndpoint(hub, "hook", { settings: { unsigned: "accept" } });
		const body = JSON.stringify({
			type: "track",
			event: "Product Viewed",
			userId: "ada",
			properties: { product_id: "p" },
		});
		const request = () =>
			new Request(webhook.url, { method: "POST", body, headers: { "Content-Type": "application/json" } });
		expect((await hub.fetch(request())).status).toBe(200);
		await hub.drained();
		const before = await actionsOf();
		expect(before).toEqual(["opt_in", "product_view"]);
		now += 30 * day;
		const filter = { endpoint: webhook.id };
		expect(await hub.call("POST", "/deliveries/replay", { filter, dryRun: true })).toMatchObject({
			events: { duplicate: 1 },
		});
		await hub.call("POST", "/deliveries/replay", { filter });
		await hub.drained();
		expect(await actionsOf()).toEqual(before);
	});
});

describe("A mapping whose file changes while the hub runs", () => {
	it("maps what comes from then on; no delivery is lost, none is mapped half by each", {
		timeout: 60_000,
	}, async () => {
		const root = mkdtempSync(join(tmpdir(), "hub-mappings-"));
		onTestFinished(() => rmSync(root, { recursive: true }));
		const write = (path: string, text: string): void => {
			mkdirSync(dirname(join(root, path)), { recursive: true });
			writeFileSync(join(root, path), text);
		};
		const { actions, mappings } = shipped.files;
		for (const { path, text } of [...actions, ...mappings]) write(path, text);
		const path = "mappings/local/shop/video.yaml";
		write(path, video("Video Watched", "before"));
		await hub.reopen({ ...shipped, files: { actions, mappings: readMappings(root) } });
		const offered: (readonly string[])[] = [];
		const unexpected = (error: unknown): void => expect.unreachable(String(error));
		const watched = watchDefinitions(
			root,
			async (files) => {
				offered.push(await hub.offer(files));
			},
			unexpected,
		);
		onTestFinished(() => watched.close());

		const sent: string[] = [];
		const send = async (): Promise<void> => {
			sent.push(await track(...Array.from({ length: 250 }, () => ({ event: "Video Watched" }))));
		};
		for (let round = 0; round < 4; round++) await send();
		write(path, video("Video Watched", "after"));
		while (offered.length < 1) await send();
		await send();
		write(path, video("Video Watched", "{ $frist: [after] }"));
		while (offered.length < 2) await send();
		await send();
		await hub.drained();

		expect(offered).toEqual([[], [expect.stringContaining("no operator is called `$frist`")]]);
		const products: string[] = [];
		for (const id of sent) {
			const { messageViews } = await delivery(hub, id);
			expect(messageViews).toHaveLength(250);
			expect(new Set(messageViews.map(({ outcome }) => outcome))).toEqual(new Set(["appended"]));
			const said = new Set(
				messageViews.flatMap(({ plan }) => plan?.map(({ command }) => command?.data["product_id"])),
			);
			expect(said.size).toBe(1);
			products.push(String([...said][0]));
		}
		expect(products[0]).toBe("before");
		expect(products.at(-1)).toBe("after");
		expect(products.indexOf("after")).toBeGreaterThan(products.lastIndexOf("before"));
		expect(hub.errors).toEqual([]);
	});
});
