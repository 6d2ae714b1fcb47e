import { describe, expect, it, onTestFinished } from "vitest";
import { nodeCrypto } from "./host/crypto.ts";
import { remoteOf } from "./host/node/cell.ts";
import { openSqlite } from "./host/node/sqlite.ts";
import { exampleProgram, exampleSigning, minute, noon, openExample, openSender } from "./ledger/fixture.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { Outside } from "./model/outside.ts";
import { openNotary } from "./notary.ts";

/** A shard with its notary, and an outside that can be away. */
function open() {
	const sql = openSqlite(":memory:");
	onTestFinished(() => sql.close());
	const time = { now: noon };
	const clock = () => time.now;
	const program = exampleProgram();
	const ledger = remoteOf<Ledger>(sql, openExample({ sql, crypto: nodeCrypto, clock }));
	const files = new Map<string, Uint8Array>();
	const writes: string[] = [];
	const away = { now: false };
	const there = () => {
		if (away.now) throw new Error("the disk is away");
	};
	const outside: Outside = {
		put: async (name, bytes) => {
			there();
			writes.push(name);
			files.set(name, bytes);
		},
		get: async (name) => {
			there();
			return files.get(name) ?? null;
		},
		list: async (prefix, max) => {
			there();
			return [...files.keys()]
				.filter((name) => name.startsWith(prefix))
				.sort()
				.slice(0, max);
		},
	};
	const said: string[] = [];
	const log = {
		info: () => {},
		warn: (fact: string) => said.push(fact),
		error: (fact: string) => said.push(fact),
	};
	const send = openSender(program, nodeCrypto);
	let customers = 0;
	const grow = (events: number) =>
		ledger.record(
			Array.from({ length: events }, () =>
				send("opt_in", {}, { identities: { id: `customer-${customers++}` } }),
			),
		);
	const notary = openNotary({ ledger, outside, hub: exampleSigning.hub, shard: 0, clock, log });
	const sizes = () => [...files.keys()].map((name) => Number(/-(\d+)\.note$/.exec(name)?.[1]));
	return { notary, ledger, time, files, writes, away, said, grow, sizes };
}

describe("a notary", () => {
	it("keeps a checkpoint a minute after the first event, and none while nothing comes", async () => {
		const { notary, time, writes, grow, sizes } = open();
		await notary.compare();
		expect(await notary.tick()).toBeNull();
		await grow(3);
		expect(await notary.tick()).toBe(noon + minute);
		expect(sizes()).toEqual([]);
		time.now += minute;
		expect(await notary.tick()).toBeNull();
		expect(sizes()).toEqual([3]);
		time.now += minute;
		await notary.tick();
		expect((await notary.checkpoint())?.size).toBe(3);
		expect([sizes(), writes.length]).toEqual([[3], 1]);
	});

	it("keeps one at once when a thousand events came", async () => {
		const { notary, grow, sizes } = open();
		await notary.compare();
		await grow(999);
		await notary.tick();
		expect(sizes()).toEqual([]);
		await grow(1);
		await notary.tick();
		expect(sizes()).toEqual([1_000]);
	});

	it("keeps one in time after the clock was set back, though no event is recorded before another", async () => {
		const { notary, time, grow, sizes } = open();
		await notary.compare();
		time.now += 365 * 24 * 60 * minute;
		await grow(1);
		await notary.checkpoint();
		time.now = noon;
		await grow(3);
		expect(await notary.tick()).toBe(noon + minute);
		time.now += minute;
		await grow(1);
		expect(await notary.tick()).toBeNull();
		await grow(1_000);
		await notary.tick();
		expect(sizes()).toEqual([1, 5, 1_005]);
	});

	it("tries again what it could not keep, and says so once", async () => {
		const { notary, time, away, said, grow, sizes } = open();
		await notary.compare();
		await grow(3);
		time.now += minute;
		away.now = true;
		expect(await notary.tick()).toBe(time.now + 30_000);
		await notary.tick();
		expect(said).toEqual(["the newest checkpoint could not be kept outside"]);
		expect(await notary.troubles()).toEqual([
			"the newest checkpoint could not be kept outside: the disk is away",
		]);
		away.now = false;
		expect(await notary.tick()).toBeNull();
		expect(sizes()).toEqual([3]);
		expect(await notary.troubles()).toEqual([]);
	});

	it("says where nothing is kept outside of a ledger that was signed", async () => {
		const { notary, files, said, grow } = open();
		await notary.compare();
		await grow(3);
		await notary.checkpoint();
		await notary.compare();
		expect(said).toEqual([]);
		files.clear();
		await notary.compare();
		expect(said).toEqual([
			expect.stringMatching(/^no checkpoint is kept outside, though the ledger was signed/),
		]);
		expect(await notary.troubles()).toEqual([]);
	});

	it("compares later what it could not read at the start", async () => {
		const { notary, ledger, away, files, grow } = open();
		await grow(3);
		await notary.checkpoint();
		const name = [...files.keys()][0] ?? "";
		files.set(name, new TextEncoder().encode("something else\n"));
		away.now = true;
		await notary.compare();
		expect(await notary.troubles()).toEqual([
			expect.stringMatching(/^the checkpoints kept outside can not be read/),
		]);
		await grow(1);
		expect((await ledger.stats()).events).toBe(4);
		away.now = false;
		await notary.tick();
		expect(await notary.troubles()).toEqual([expect.stringContaining("can not be trusted")]);
		await grow(1);
		expect((await ledger.stats()).events).toBe(4);
	});

	it("takes the newest of what is kept, however many there are", async () => {
		const { notary, files, grow } = open();
		for (let events = 1; events <= 12; events++) {
			await grow(9);
			await notary.checkpoint();
		}
		expect([...files.keys()].sort()[0]).toMatch(/-108\.note$/);
		await notary.compare();
		expect(await notary.troubles()).toEqual([]);
		expect(await notary.verify([])).toMatchObject({ events: 108, checkpoints: 24, problems: [] });
	});

	it("finds what is kept outside to be of more events than there are", async () => {
		const { notary, files, grow } = open();
		await grow(1_500);
		await notary.checkpoint();
		const other = open();
		await other.grow(2_500);
		await other.notary.checkpoint();
		for (const [name, note] of other.files) files.set(name, note);
		expect((await notary.verify([])).problems).toEqual([
			"the checkpoint kept outside at 2500 events: there are only 1500; 1000 are missing",
		]);
	});
});
