import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DeliveryView } from "../src/inbox/inbox.ts";
import {
	type EndpointView,
	eventsOf,
	newestDelivery,
	segmentEndpoint,
	type TestHub,
} from "./support/calls.ts";

/** The life of a mapping in a whole hub, on whichever host. `open` gives an empty hub with the shipped presets. */
export function testMappingLife(host: string, open: () => Promise<TestHub>): void {
	let hub: TestHub;
	let endpoint: EndpointView;
	beforeEach(async () => {
		hub = await open();
		endpoint = await segmentEndpoint(hub, "shop");
		await send(hub, endpoint, "Signed Up", {});
	});
	afterEach(() => hub.close());

	describe(`A mapping that is uploaded, on ${host}`, patience, () => {
		it("maps what comes from then on, and is named by its events", async () => {
			expect(await became(hub, endpoint, "Video Watched", { video: "v-1" })).toEqual(["unmatched"]);
			const { version } = await put(hub, "shop/video", video("product_id: $.properties.video"));
			expect(await became(hub, endpoint, "Video Watched", { video: "v-2" })).toEqual(["appended"]);

			const [plan] = (await newestDelivery(hub)).messageViews.flatMap((message) => message.plan ?? []);
			expect(plan).toMatchObject({ mapping: "shop/video", version });
			const event = (await eventsOf(hub)).at(-1);
			expect(event).toMatchObject({ action: "product_view", properties: { product_id: "v-2" } });
			expect(JSON.stringify(event)).toContain(version);
		});

		it("replaces a preset of its name whole, until it is taken away", async () => {
			const view = { product_id: "p-1" };
			expect(await became(hub, endpoint, "Product Viewed", view)).toEqual(["appended"]);
			await put(hub, preset, video("product_id: $.properties.product_id"));
			expect(await became(hub, endpoint, "Product Viewed", view)).toEqual(["unmatched"]);
			expect(await listed(hub, preset)).toMatchObject({ origin: "upload", replaces: ["preset"], live: true });

			expect((await hub.ask("DELETE", `/mappings/${preset}`)).status).toBe(200);
			expect(await became(hub, endpoint, "Product Viewed", view)).toEqual(["appended"]);
			expect(await listed(hub, preset)).toMatchObject({ origin: "preset", replaces: [], live: true });
			expect((await hub.ask("DELETE", `/mappings/${preset}`)).status).toBe(404);
		});

		it("may switch a preset off", async () => {
			await put(
				hub,
				preset,
				`active: false\n${video("product_id: $.properties.product_id", "Product Viewed")}`,
			);
			expect(await became(hub, endpoint, "Product Viewed", { product_id: "p-1" })).toEqual(["ignored"]);
		});

		it("is refused with all that is wrong, drawn, and changes nothing", async () => {
			await put(hub, "shop/video", video("product_id: $.properties.video"));
			const before = await hub.call("GET", "/mappings");
			const wrong = video("product_id: { $frist: [$.properties.video] }\n    price: many");
			const refused = await hub.ask("PUT", "/mappings/shop/video", wrong);
			expect(refused.status).toBe(422);
			const { error, problems } = (await refused.json()) as Refusal;
			expect(error).toBe("the mappings have 2 errors, and stay as they are");
			expect(problems.map(({ drawn }) => drawn)).toEqual([
				"upload:shop/video:8:19  error: no operator is called `$frist`; did you mean `$first`?\n" +
					"        product_id: { $frist: [$.properties.video] }\n" +
					"                      ^",
				"upload:shop/video:9:12  error: `price` of `product_view` is a number, and this is a text; a path is written `$.many`\n" +
					"        price: many\n" +
					"               ^",
			]);
			expect(await hub.call("GET", "/mappings")).toEqual(before);
			expect(await became(hub, endpoint, "Video Watched", { video: "v-1" })).toEqual(["appended"]);
		});

		it("is refused where its own test fails", async () => {
			const tested = `${video("product_id: $.properties.video")}
tests:
  - it: takes the video
    message: { type: track, event: Video Watched, userId: ada, properties: { video: v-1 } }
    gives: [{ action: product_view, customer: [{ id: ada }], data: { product_id: v-2 } }]
`;
			expect((await hub.ask("PUT", "/mappings/shop/video", tested)).status).toBe(422);
			expect((await hub.ask("PUT", "/mappings/shop/video", tested.replace("v-2", "v-1"))).status).toBe(200);
		});

		it("has a name that a file could have", async () => {
			for (const name of ["Shop", "shop//video", "../video", "shop/versions", "a b", "x".repeat(129)]) {
				const path = `/mappings/${name.split("/").map(encodeURIComponent).join("/")}`;
				const { status } = await hub.ask("PUT", path, video("product_id: p"));
				expect([name, status >= 400 && status < 500]).toEqual([name, true]);
			}
			expect(await hub.call("GET", "/mappings/shop")).toBeNull();
		});

		it("keeps its versions, with author, time and what changed", async () => {
			const first = await put(hub, "shop/video", video("product_id: $.properties.video"));
			const second = await put(hub, "shop/video", video("product_id: $.properties.id"));
			await hub.ask("DELETE", "/mappings/shop/video");
			const { data } = (await hub.call("GET", "/mappings/shop/video/versions")) as Page<VersionView>;
			expect(data.map(({ version }) => version)).toEqual([null, second.version, first.version]);
			for (const { author, since } of data) {
				expect(author).not.toBe("files");
				expect(Math.abs(Date.parse(since) - Date.now())).toBeLessThan(60_000);
			}
			const path = `/mappings/shop/video/versions/${second.version}`;
			const { diff, text } = (await hub.call("GET", path)) as { diff: string; text: string };
			expect(text).toBe(video("product_id: $.properties.id"));
			expect(diff.split("\n").filter((line) => /^[-+] /.test(line))).toEqual([
				"-    product_id: $.properties.video",
				"+    product_id: $.properties.id",
			]);
			const presets = (await hub.call("GET", `/mappings/${preset}/versions`)) as Page<VersionView>;
			expect(presets.data.map(({ author, path }) => [author, path])).toEqual([
				["files", `mappings/${preset}.yaml`],
			]);
		});
	});

	describe(`What was received before, on ${host}`, patience, () => {
		it("is mapped by a replay, once", async () => {
			await became(hub, endpoint, "Video Watched", { video: "v-1" });
			await became(hub, endpoint, "Product Viewed", { product_id: "p-1" });
			await put(hub, "shop/video", video("product_id: $.properties.video"));
			const before = await eventsOf(hub);

			const everything = { filter: { endpoint: endpoint.id } };
			expect(await replay(hub, { ...everything, dryRun: true })).toMatchObject({
				messages: 3,
				events: { new: 1, duplicate: 2 },
			});
			expect(await eventsOf(hub)).toEqual(before);

			expect(await replay(hub, everything)).toMatchObject({ messages: 3 });
			await hub.drained();
			const after = await eventsOf(hub);
			expect(after.slice(0, before.length)).toEqual(before);
			expect(after.slice(before.length).map(({ properties }) => properties)).toEqual([{ product_id: "v-1" }]);

			await replay(hub, everything);
			await hub.drained();
			expect(await eventsOf(hub)).toEqual(after);
			expect(await replay(hub, { filter: { outcome: "unmatched" }, dryRun: true })).toMatchObject({
				messages: 0,
			});
		});

		it("stays as it is recorded where a mapping says something else today", async () => {
			await became(hub, endpoint, "Product Viewed", { product_id: "p-1", name: "Tea" });
			const { id } = await newestDelivery(hub);
			const before = await eventsOf(hub);
			await put(hub, preset, video("product_id: $.properties.name", "Product Viewed"));
			expect(await replay(hub, { ids: [id], dryRun: true })).toMatchObject({ events: { conflict: 1 } });
			await replay(hub, { ids: [id] });
			await hub.drained();
			expect(await eventsOf(hub)).toEqual(before);
			expect((await newestDelivery(hub)).outcome).toBe("conflict");
		});

		it("shows its recorded event though no mapping reads it any more", async () => {
			await became(hub, endpoint, "Product Viewed", { product_id: "p-1" });
			const { id, messageViews } = await newestDelivery(hub);
			await put(hub, preset, video("product_id: $.properties.video"));
			await replay(hub, { ids: [id] });
			await hub.drained();
			const after = await newestDelivery(hub);
			expect(after.messageViews.map(({ plan }) => plan)).toEqual(messageViews.map(({ plan }) => plan));
			expect(after.messageViews[0]?.reason).toContain("no mapping");
		});

		it("is shown as another text would map it, field by field", async () => {
			await became(hub, endpoint, "Product Viewed", { product_id: "p-1", name: "Tea", price: "3.10" });
			const viewed = await newestDelivery(hub);
			await became(hub, endpoint, "Video Watched", { product_id: "v-1" });
			const watched = await newestDelivery(hub);
			const text = video(
				"product_id: $.properties.product_id\n    price: { $number: $.properties.price }",
				"[Product Viewed, Video Watched]",
			);
			const shown = await hub.call("POST", "/mappings/preview", { mappings: [{ name: preset, text }] });
			expect(shown).toMatchObject({
				deliveries: 3,
				messages: 3,
				counts: { same: 1, changed: 1, newly_failing: 1, newly_mapped: 0, no_longer_mapped: 0, mended: 0 },
				recorded: 1,
				differences: [
					{ delivery: watched.id, kind: "newly_failing", recorded: [] },
					{
						delivery: viewed.id,
						kind: "changed",
						fields: [{ field: "product_view data.product_name", before: "Tea" }],
						recorded: [eventOf(viewed)],
					},
				],
			});
		});
	});

	it(`is checked and tried without being stored, on ${host}`, patience, async () => {
		const text = video("product_id: { $frist: [$.properties.video] }");
		const checked = (await hub.call("POST", "/mappings/check", {
			mappings: [{ name: "shop/video", text }],
		})) as Refusal;
		expect(
			checked.problems.filter(({ file }) => file === "upload:shop/video").map(({ code }) => code),
		).toEqual(["unknown-operator"]);
		// Numbers keep the digits that they were sent with.
		const message = `{ "type": "track", "event": "Video Watched", "userId": "ada", "properties": { "video": 9007199254740993 } }`;
		const good = JSON.stringify(video("product_id: { $string: $.properties.video }"));
		const tried = await hub.ask(
			"POST",
			"/mappings/try",
			`{ "name": "shop/video", "text": ${good}, "message": ${message} }`,
		);
		expect(await tried.json()).toMatchObject({ events: [{ data: { product_id: "9007199254740993" } }] });
		expect(await hub.call("GET", "/mappings/shop/video")).toBeNull();
	});

	it(
		`is drafted from messages that were received, and told what nothing reads, on ${host}`,
		patience,
		async () => {
			await became(hub, endpoint, "Video Watched", { product_id: "v-1", video_length: 95, "odd name": true });
			const message = `{ "type": "track", "event": "Video Watched", "userId": "ada", "properties": { "product_id": "v-1" } }`;
			const drafted = await hub.ask(
				"POST",
				"/mappings/suggest",
				`{ "messages": [${message}], "action": "product_view", "connector": "segment" }`,
			);
			const { yaml } = (await drafted.json()) as { readonly yaml: string };
			expect(yaml).toContain("product_id: $.properties.product_id");
			await put(hub, "shop/video", yaml);
			expect(await became(hub, endpoint, "Video Watched", { product_id: "v-2" })).toEqual(["appended"]);

			const coverage = (await hub.call("GET", "/mappings/coverage?connector=segment")) as {
				readonly data: readonly { readonly field: string; readonly mappings: readonly string[] }[];
				readonly new: readonly { readonly field: string; readonly messages: number }[];
			};
			const read = new Map(coverage.data.map(({ field, mappings }) => [field, mappings]));
			expect(read.get("$.properties.product_id")).toContain("shop/video");
			expect(read.get("$.properties.video_length")).toEqual([]);
			expect(coverage.new.map(({ field, messages }) => [field, messages])).toEqual([
				["$.properties.video_length", 1],
				["$.properties.'odd name'", 1],
			]);
			expect(JSON.stringify(coverage)).not.toContain("v-1");
		},
	);
}

/** Workers' objects start anew for each test. */
const patience = { timeout: 60_000 };

const preset = "segment/product-viewed";

/** A mapping of eight lines; `data` is on the last. */
const video = (data: string, event = "Video Watched"): string => `title: A customer looks at something
from: segment
when: { type: track, event: ${event} }
event:
  action: product_view
  customer: $.userId
  data:
    ${data}
`;

interface Refusal {
	readonly error: string;
	readonly problems: readonly { readonly file: string; readonly code: string; readonly drawn: string }[];
}

interface Page<Item> {
	readonly data: readonly Item[];
}

interface VersionView {
	readonly version: string | null;
	readonly path: string;
	readonly author: string;
	readonly since: string;
}

async function put(hub: TestHub, name: string, text: string): Promise<{ readonly version: string }> {
	return (await hub.call("PUT", `/mappings/${name}`, text)) as { version: string };
}

const replay = (hub: TestHub, asked: object): Promise<unknown> =>
	hub.call("POST", "/deliveries/replay", asked);

async function listed(hub: TestHub, name: string): Promise<unknown> {
	const { data } = (await hub.call("GET", "/mappings")) as Page<{ readonly name: string }>;
	return data.find((one) => one.name === name);
}

async function send(
	hub: TestHub,
	{ writeKey }: EndpointView,
	event: string,
	properties: object,
): Promise<void> {
	const { status } = await hub.fetch(
		new Request(`${hub.url}/v1/track`, {
			method: "POST",
			headers: { Authorization: `Basic ${btoa(`${writeKey}:`)}` },
			body: JSON.stringify({ messageId: crypto.randomUUID(), userId: "ada", event, properties }),
		}),
	);
	expect(status).toBe(200);
	await hub.drained();
}

/** What becomes of a track of ada's: of each planned event, or of the message. */
async function became(
	hub: TestHub,
	endpoint: EndpointView,
	event: string,
	properties: object,
): Promise<readonly string[]> {
	await send(hub, endpoint, event, properties);
	const { messageViews } = await newestDelivery(hub);
	return messageViews.flatMap(
		({ state, plan }) => plan?.map(({ outcome }) => outcome?.kind ?? "pending") ?? [state],
	);
}

function eventOf({ messageViews }: DeliveryView): string | null | undefined {
	const outcome = messageViews[0]?.plan?.[0]?.outcome;
	return outcome?.kind === "appended" ? outcome.event : undefined;
}
