import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Streamed } from "../../src/kit/stream.ts";
import type { Json } from "../../src/model/json.ts";
import { consumer, type FakeSalesforce, openFakeSalesforce } from "../../test/support/salesforce.ts";
import { salesforce } from "./index.ts";

let fake: FakeSalesforce;
let now: number;
let ending: AbortController;
beforeEach(async () => {
	fake = await openFakeSalesforce();
	ending = new AbortController();
	now = 1_000_000_000_000;
});
afterEach(async () => {
	ending.abort();
	await fake.close();
});

const leads = "/data/LeadChangeEvent";
const orders = "/event/Order_Placed__e";
const secrets = { consumerKey: [consumer.consumerKey], consumerSecret: [consumer.consumerSecret] };
const allSecrets = new Set(Object.keys(secrets));

const streamOf = (settings: { readonly [name: string]: Json } = {}) => {
	const configured = salesforce.configure({ myDomain: fake.url, channels: [leads, orders], ...settings });
	if (!configured.ok || configured.value.stream === undefined) throw new Error("it streams");
	return configured.value.stream;
};

/** Reads until it is told to end; `taking` happens with each page. */
function read({
	cursor = null,
	settings = {},
	given = secrets,
	taking = async () => {},
}: {
	readonly cursor?: Json;
	readonly settings?: { readonly [name: string]: Json };
	readonly given?: typeof secrets;
	readonly taking?: (page: Streamed) => Promise<void>;
} = {}) {
	const pages: Streamed[] = [];
	let isOver = false;
	const over = streamOf(settings).read(
		{ secrets: given, cursor, clock: () => now, ending: ending.signal },
		async (page) => {
			// As the hub does.
			if (isOver) throw new Error("the stream is over");
			await taking(page);
			pages.push(page);
		},
	);
	void over.then(() => {
		isOver = true;
	});
	const names = () =>
		pages.flatMap(({ body }) => (body === null ? [] : (body as unknown as readonly Named[]).map(nameOf)));
	return { pages, over, names, cursor: () => pages.at(-1)?.cursor };
}

interface Named {
	readonly channel: string;
	readonly data: {
		readonly payload: { readonly name: string };
		readonly event: { readonly replayId: number };
	};
}
const nameOf = ({ channel, data }: Named): string => `${channel} ${data.payload.name} ${data.event.replayId}`;
const named = (name: string) => ({ schema: "s", payload: { name } });
const until = (found: () => void): Promise<void> => vi.waitFor(found, { timeout: 10_000, interval: 10 });

describe("Salesforce's streams", () => {
	it("give a page when all channels are listened to, and then what comes, with its channel", async () => {
		const { pages, cursor, names } = read();
		await until(() => expect(pages).toEqual([{ body: null, cursor: {}, gap: null }]));
		expect(fake.streams.asked.toSorted()).toEqual([`${leads} from -2`, `${orders} from -2`]);
		fake.streams.publish(leads, named("a"));
		fake.streams.publish(orders, { ...named("b"), event: { EventUuid: "u-1" } });
		await until(() => expect(names()).toEqual([`${leads} a 70001`, `${orders} b 70002`]));
		expect(pages.at(-1)?.body).toContainEqual({
			channel: orders,
			data: { ...named("b"), event: { EventUuid: "u-1", replayId: 70002 } },
		});
		expect(cursor()).toEqual({ [leads]: 70001, [orders]: 70002, heardAt: now });
	});

	it("go on behind the cursor, channel by channel, and begin where the settings say elsewhere", async () => {
		for (const name of ["a", "b", "c"]) fake.streams.publish(leads, named(name));
		fake.streams.publish(orders, named("d"));
		const { names, cursor } = read({ cursor: { [leads]: 70002 } });
		await until(() => expect(names().toSorted()).toEqual([`${leads} c 70003`, `${orders} d 70004`]));
		expect(fake.streams.asked.toSorted()).toEqual([`${leads} from 70002`, `${orders} from -2`]);
		expect(JSON.stringify(cursor())).toBe(JSON.stringify({ [leads]: 70003, [orders]: 70004, heardAt: now }));
		ending.abort();

		ending = new AbortController();
		const later = read({ cursor: { [leads]: 70003 }, settings: { replay: "new" } });
		await until(() => expect(later.pages).toHaveLength(1));
		fake.streams.publish(orders, named("e"));
		await until(() => expect(later.names()).toEqual([`${orders} e 70005`]));
		expect(later.cursor()).toEqual({ [leads]: 70003, [orders]: 70005, heardAt: now });
	});

	it("take many in pages, one at a time, and ask for no more before these are taken", async () => {
		for (let number = 0; number < 1_203; number++) fake.streams.publish(leads, named(String(number)));
		const sizes: number[] = [];
		let open = () => {};
		const gate = new Promise<void>((resolve) => {
			open = resolve;
		});
		let underWay = 0;
		const { names, pages } = read({
			taking: async ({ body }) => {
				expect(++underWay).toBe(1);
				if (body !== null) {
					sizes.push((body as readonly Json[]).length);
					await gate;
				}
				underWay -= 1;
			},
		});
		await until(() => expect(sizes).toEqual([500]));
		// What is told meanwhile waits at Salesforce, which has time enough to be asked for it.
		fake.streams.publish(leads, named("later"));
		for (let time = 0; time < 10; time++) await fetch(fake.url);
		expect(fake.streams.waiting()).toBe(0);
		open();
		await until(() => expect(names()).toHaveLength(1_204));
		expect(names()).toEqual(names().toSorted((a, b) => Number(a.split(" ")[2]) - Number(b.split(" ")[2])));
		expect(sizes).toEqual([500, 500, 203, 1]);
		expect(pages.at(-1)?.cursor).toEqual({ [leads]: 71204, heardAt: now });
	});

	it("end when they are told to, and say so to Salesforce", async () => {
		const { pages, over } = read();
		await until(() => expect(pages).toHaveLength(1));
		expect(fake.streams.listeners()).toBe(1);
		ending.abort();
		await over;
		await until(() => expect(fake.streams.listeners()).toBe(0));
		fake.streams.publish(leads, named("a"));
		expect(pages).toHaveLength(1);
	});

	it("end where a page is not taken, without what comes after it", async () => {
		let tries = 0;
		const { over } = read({
			taking: async ({ body }) => {
				if (body !== null && ++tries > 0) throw new Error("the disk is full");
			},
		});
		await until(() => expect(fake.streams.asked).toHaveLength(2));
		fake.streams.publish(leads, named("a"));
		fake.streams.publish(leads, named("b"));
		expect(await over).toContain("the disk is full");
		expect(tries).toBe(1);
	});

	it("end where the session has, the server dies or nobody answers, and are not tried behind one's back", async () => {
		const first = read();
		await until(() => expect(first.pages).toHaveLength(1));
		fake.streams.publish(leads, named("a"));
		await until(() => expect(first.names()).toEqual([`${leads} a 70001`]));
		fake.streams.endSessions();
		fake.streams.publish(leads, named("b"));
		expect(await first.over).toBe("Salesforce: 401::Authentication invalid");

		const second = read({ cursor: first.cursor() ?? null });
		await until(() => expect(second.cursor()).toMatchObject({ [leads]: 70002 }));
		// By the one or the other, as it happened.
		expect([...first.names(), ...second.names()]).toEqual([`${leads} a 70001`, `${leads} b 70002`]);
		await fake.die();
		expect(await second.over).toBe("Salesforce: the connection was lost");
		expect(await read().over).toContain("FetchError");

		await fake.rise();
		fake.streams.publish(leads, named("c"));
		const third = read({ cursor: second.cursor() ?? null });
		await until(() => expect(third.names()).toEqual([`${leads} c 70003`]));
		// Those who were lost are gone for good.
		expect(fake.streams.listeners()).toBe(1);
	});

	it.each([
		["retained", 71, -2, "all that Salesforce still has"],
		["new", 71, -1, "what comes from now on"],
		["new", 1, -1, "what comes from now on"],
		["retained", 69, -2, null],
	])(
		"forget a place that Salesforce has not, and say what is missing (%s, after %i hours)",
		async (replay, hours, from, said) => {
			for (const name of ["a", "b", "c"]) fake.streams.publish(leads, named(name));
			fake.streams.forget(70002);
			const cursor = { [leads]: 70001, [orders]: 70003, heardAt: now };
			now += hours * 3_600_000;
			const { over, pages } = read({ cursor, settings: { replay } });
			expect(await over).toContain("The replayId {70001} you provided was invalid");
			const lost = pages.at(-1);
			expect(lost).toMatchObject({ body: null, cursor: { [orders]: 70003, heardAt: cursor.heardAt } });
			if (said === null) expect(lost?.gap).toBeNull();
			else expect(lost?.gap).toMatch(new RegExp(`^Salesforce no longer has .* ${leads} .*${said}`));
			const again = read({ cursor: lost?.cursor ?? null, settings: { replay } });
			await until(() => expect(again.pages.length).toBeGreaterThan(0));
			expect(fake.streams.asked).toContain(`${leads} from ${from}`);
			expect(again.pages.every((page) => page.gap === null)).toBe(true);
		},
	);

	it("say what is missing in one channel also where another brings something meanwhile", async () => {
		for (const name of ["a", "b"]) fake.streams.publish(leads, named(name));
		fake.streams.forget(70001);
		const cursor = { [orders]: 70001, heardAt: now };
		now += 71 * 3_600_000;
		const release = fake.streams.holdBack(orders);
		// So many that they are not subscribed to at once.
		const others = Array.from({ length: 40 }, (_, number) => `/event/Other_${number}__e`);
		const { pages, names, over } = read({ cursor, settings: { channels: [leads, ...others, orders] } });
		await until(() => expect(names()).toEqual([`${leads} b 70002`]));
		release();
		expect(await over).toContain("The replayId {70001} you provided was invalid");
		expect(pages.at(-1)).toMatchObject({
			cursor: { [leads]: 70002, heardAt: cursor.heardAt },
			gap: expect.stringContaining(orders),
		});
	});

	it("keep once an hour that nothing was missed, where nothing comes", async () => {
		const { pages } = read({ cursor: { [leads]: 70001, heardAt: now } });
		await until(() => expect(pages).toHaveLength(1));
		now += 3_599_999;
		fake.streams.idle();
		fake.streams.publish(orders, named("a"));
		await until(() => expect(pages).toHaveLength(2));
		now += 3_600_000;
		await until(() => {
			fake.streams.idle();
			expect(pages).toHaveLength(3);
		});
		expect(pages.at(-1)).toEqual({
			body: null,
			cursor: { [leads]: 70001, [orders]: 70001, heardAt: now },
			gap: null,
		});
	});

	it("end with what Salesforce says of a channel that there is not, and of who may not come in", async () => {
		const unknown = await read({ settings: { channels: ["/data/UnknownChangeEvent"] } }).over;
		expect(unknown).toContain("404::The channel you requested to subscribe to does not exist");
		const wrong = await read({ given: { ...secrets, consumerSecret: ["wr0ng"] } }).over;
		expect(wrong).toContain("invalid client");
		expect(wrong).not.toContain("wr0ng");
		fake.fail({ path: /token/, status: 200, body: '{"access_token":"stale"}' });
		expect(await read().over).toBe("Salesforce: 403::Handshake denied (401::Authentication invalid)");
		fake.fail({ path: /cometd/, status: 503, body: '[{"errorCode":"SERVER_UNAVAILABLE"}]' });
		expect(await read().over).toBe("Salesforce: an answer that is not CometD's");
		fake.fail({ path: /cometd/, status: 502, body: "<html>" });
		expect(await read().over).toBe("Salesforce: the connection was lost");
	});

	it("are on where channels are set and all that asking needs, and then the hub does not pull", () => {
		expect(streamOf().isOn(allSecrets)).toBe(true);
		expect(streamOf().isOn(new Set(["consumerKey"]))).toBe(false);
		expect(streamOf({ myDomain: "" }).isOn(allSecrets)).toBe(false);
		expect(streamOf({ channels: [] }).isOn(allSecrets)).toBe(false);
		expect([streamOf().isWanted, streamOf({ channels: [] }).isWanted]).toEqual([true, false]);
		const configured = salesforce.configure({ myDomain: fake.url, channels: `${leads},${orders}` });
		expect(configured.ok && configured.value.pull?.isOn(allSecrets)).toBe(false);
		for (const channel of ["LeadChangeEvent", "/topic/Leads", "/data/*", "/event/A/B"])
			expect(salesforce.configure({ channels: [channel] }).ok).toBe(false);
	});
});
