import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { projectRoot } from "../src/host/node/definitions.ts";
import type { Accepted, Proof, SignedCheckpoint } from "../src/ledger/proofs.ts";
import type { Verified } from "../src/notary.ts";
import { track } from "./segment.suite.ts";
import { type EndpointView, eventsOf, newestDelivery, type Page, segmentEndpoint } from "./support/calls.ts";
import { type NodeTestHub, openTestHub } from "./support/hub.ts";

const folder = (): string => {
	const made = mkdtempSync(join(tmpdir(), "hub-proofs-"));
	onTestFinished(() => rmSync(made, { recursive: true }));
	return made;
};

/** People who sign up, one event each. */
async function signUp(hub: NodeTestHub, endpoint: EndpointView, people: readonly string[]): Promise<void> {
	const batch = people.map((userId) => ({
		type: "track",
		messageId: `sign-up of ${userId}`,
		userId,
		event: "Signed Up",
	}));
	await track(hub, endpoint, "batch", JSON.stringify({ batch }));
	await hub.drained();
}

const checkpointOf = async (hub: NodeTestHub): Promise<SignedCheckpoint> => {
	const { data } = (await hub.call("POST", "/ledger/checkpoint")) as Page<SignedCheckpoint>;
	return data[0] as SignedCheckpoint;
};

/** What somebody without the hub computes. */
function verifier(...words: readonly string[]) {
	const script = join(projectRoot, "scripts", "verify-ledger.mjs");
	const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], { encoding: "utf8" });
	return { status, said: stdout + stderr };
}

describe("What the hub hands out", () => {
	let hub: NodeTestHub;
	let exported: string;
	let key: string;
	beforeAll(async () => {
		hub = await openTestHub();
		const endpoint = await segmentEndpoint(hub, "shop");
		await signUp(
			hub,
			endpoint,
			Array.from({ length: 300 }, (_, number) => `person-${number}`),
		);
		await checkpointOf(hub);
		await signUp(hub, endpoint, ["ada", "bea"]);
		exported = await (await hub.ask("GET", "/ledger/export")).text();
		({ verifier: key } = await checkpointOf(hub));
	});
	afterAll(() => hub.close());

	/** An export, with something done to its lines. */
	const exportWith = (change: (lines: string[]) => readonly string[]): string => {
		const path = folder();
		writeFileSync(join(path, "ledger.ndjson"), change(exported.split("\n")).join("\n"));
		return path;
	};
	const edited = (seq: number, change: (event: Record<string, unknown>) => object) =>
		exportWith((lines) =>
			lines.map((line) =>
				line.includes(`"seq":${seq},`)
					? JSON.stringify(change(JSON.parse(line) as Record<string, unknown>))
					: line,
			),
		);
	const body = (event: Record<string, unknown>) => event["body"] as Record<string, unknown>;

	it("verifies without the hub", () => {
		const { status, said } = verifier(
			exportWith((lines) => lines),
			"--key",
			key,
		);
		expect(said).toContain("302 events in 1 shards, 0 of erased persons; 2 checkpoints compared");
		expect([status, said.trimEnd().split("\n").at(-1)]).toEqual([0, "nothing was altered"]);
	});

	it.each([
		[
			"an attribute",
			() => edited(7, (event) => ({ ...event, body: { ...body(event), data: '{"email":"eve"}' } })),
		],
		["a time", () => edited(7, (event) => ({ ...event, recordedAt: Number(event["recordedAt"]) - 1 }))],
		["the customer", () => edited(7, (event) => ({ ...event, subject: "0".repeat(32) }))],
		[
			"the points",
			() => edited(7, (event) => ({ ...event, postings: '{"main/active":5,"main/issued":-5}' })),
		],
		["a leaf", () => edited(7, (event) => ({ ...event, body: null, leaf: "0".repeat(64) }))],
		["an event taken out", () => exportWith((lines) => lines.toSpliced(7, 1))],
		["an event put in", () => exportWith((lines) => lines.toSpliced(7, 0, lines[7] ?? ""))],
		[
			"two events that changed places",
			() => exportWith((lines) => lines.with(7, lines[8] ?? "").with(8, lines[7] ?? "")),
		],
		["the last event", () => exportWith((lines) => lines.toSpliced(302, 1))],
		["all after some event, cut off", () => exportWith((lines) => lines.slice(0, 200))],
		["all after the first line, cut off", () => exportWith((lines) => lines.slice(0, 1))],
		["all, cut off", () => exportWith(() => [])],
		["the first line", () => exportWith((lines) => lines.slice(1))],
		["all checkpoints, taken out", () => exportWith((lines) => lines.filter((line) => !line.includes("— ")))],
		["a line that is nothing", () => exportWith((lines) => lines.with(7, "null"))],
		["a line that is cut", () => exportWith((lines) => lines.with(7, (lines[7] ?? "").slice(0, 80)))],
		[
			"a checkpoint",
			() => exportWith((lines) => lines.map((line) => line.replace("\\n300\\n", "\\n299\\n"))),
		],
	])("shows that %s was altered", (_what, make) => {
		const { status, said } = verifier(make(), "--key", key);
		expect([status, said]).toEqual([1, expect.stringMatching(/^\d+ problems$/m)]);
	});

	it("verifies an event whose person is erased by the hash that is kept of its content", () => {
		const number = (value: unknown) => {
			const bytes = Buffer.alloc(12);
			bytes.writeUInt32BE(8);
			bytes.writeBigInt64BE(BigInt(Number(value)), 4);
			return bytes;
		};
		const text = (value: unknown) => {
			const bytes = Buffer.from(String(value));
			const length = Buffer.alloc(4);
			length.writeUInt32BE(bytes.length);
			return Buffer.concat([length, bytes]);
		};
		const erased = (event: Record<string, unknown>) => {
			const { salt, timestamp, data, properties } = body(event);
			const parts = [Buffer.from(String(salt), "hex"), number(timestamp), text(data), text(properties)];
			return {
				...event,
				body: null,
				content: createHash("sha256").update(Buffer.concat(parts)).digest("hex"),
			};
		};
		const { status, said } = verifier(edited(7, erased), "--key", key);
		expect([status, said]).toEqual([
			0,
			expect.stringContaining("302 events in 1 shards, 1 of erased persons"),
		]);
		const altered = edited(7, (event) => ({ ...erased(event), action: "reward" }));
		expect(verifier(altered, "--key", key).status).toBe(1);
	});

	it("does not vouch for a ledger that another key has signed", () => {
		const other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
		const { status, said } = verifier(
			exportWith((lines) => lines),
			"--key",
			other,
		);
		expect([status, said]).toEqual([1, expect.stringContaining("none of its signatures is by a known key")]);
	});

	it("shows that the end was cut off, by a checkpoint that somebody kept", () => {
		const kept = readdirSync(join(hub.data, "checkpoints"), { recursive: true, encoding: "utf8" }).find(
			(name) => name.endsWith("-302.note"),
		);
		const cut = exportWith((lines) =>
			lines
				.filter((line) => !/"seq":30[12],|\\n302\\n/.test(line))
				.map((line) => line.replace('"events":302', '"events":300')),
		);
		expect(verifier(cut, "--key", key).status).toBe(0);
		copyFileSync(join(hub.data, "checkpoints", kept ?? ""), join(cut, "kept.note"));
		const { status, said } = verifier(cut, "--key", key);
		expect([status, said]).toEqual([
			1,
			expect.stringContaining("kept.note, of 302 events: there are only 300"),
		]);
	});

	it("proves one event by a receipt, and no other by it", async () => {
		const [first, second] = await eventsOf(hub);
		const proof = (await hub.call("GET", `/events/${first?.id}/proof`)) as Proof;
		const path = folder();
		const write = (name: string, text: string): string => {
			writeFileSync(join(path, name), text);
			return join(path, name);
		};
		const receipt = write("a.tlog-proof", proof.receipt);
		const event = write("a.json", JSON.stringify(proof.event));
		expect(verifier(receipt, event, "--key", proof.verifier)).toMatchObject({ status: 0 });

		const other = (await hub.call("GET", `/events/${second?.id}/proof`)) as Proof;
		const wrong = [
			[receipt, write("b.json", JSON.stringify(other.event))],
			[receipt, write("c.json", JSON.stringify({ ...proof.event, action: "reward" }))],
			[write("d.tlog-proof", proof.receipt.replace("index 102", "index 103")), event],
			[write("e.tlog-proof", proof.receipt.replace(/\n[^\n]{44}\n/, "\n")), event],
			[write("f.tlog-proof", other.receipt), event],
		] as const;
		for (const [one, about] of wrong) {
			expect(verifier(one, about, "--key", proof.verifier).status, one).toBe(1);
		}
	});

	it("proves no event that there is not", async () => {
		expect(await hub.call("GET", `/events/${"0".repeat(24)}/proof`)).toBeNull();
		expect(await hub.call("GET", "/events/x/proof")).toBeNull();
	});

	it("verifies itself, with checkpoints that somebody kept", async () => {
		const { note } = await checkpointOf(hub);
		const forged = note.replace("\n302\n", "\n303\n");
		const verified = (await hub.call("POST", "/ledger/verify", {
			checkpoints: [note, forged, "x"],
		})) as Verified;
		expect(verified).toMatchObject({ events: 302, checkpoints: 5 });
		expect(verified.problems.toSorted()).toEqual([
			expect.stringMatching(
				/^a checkpoint kept outside, of "[0-9a-f]{16}\/ledger\/0": its signature by .* is wrong$/,
			),
			'a checkpoint kept outside, of "x": it is of another log',
		]);
	});
});

describe("A ledger that is not what was signed", { timeout: 30_000 }, () => {
	/** A hub whose database was put back to what it was when it had one event of three. */
	async function setBack() {
		const hub = await openTestHub();
		onTestFinished(() => hub.close());
		const endpoint = await segmentEndpoint(hub, "shop");
		await signUp(hub, endpoint, ["ada"]);
		const file = join(hub.data, "ledger.db");
		const old = join(hub.data, "old.db");
		await hub.reopen(undefined, () => copyFileSync(file, old));
		await signUp(hub, endpoint, ["bea", "cleo"]);
		await hub.reopen(undefined, () => {
			copyFileSync(old, file);
			for (const tail of ["-wal", "-shm"]) rmSync(file + tail, { force: true });
		});
		return { hub, endpoint };
	}
	const ready = async (hub: NodeTestHub) => (await hub.fetch(new Request(`${hub.url}/readyz`))).status;
	const troubles = async (hub: NodeTestHub) =>
		((await hub.call("GET", "/status")) as { troubles: readonly string[] }).troubles;

	it("is only read: what comes in is kept, and recorded when an Administrator has accepted what is missing", async () => {
		const { hub, endpoint } = await setBack();
		expect(await ready(hub)).toBe(503);
		expect(await troubles(hub)).toEqual([
			expect.stringMatching(
				/^the ledger has 1 events, but 3 were signed: 2 are missing\. Nothing is recorded/,
			),
		]);
		const body = JSON.stringify({ messageId: "m", userId: "dora", event: "Signed Up" });
		expect((await track(hub, endpoint, "track", body)).status).toBe(200);
		// Its first turn was answered with nothing; that it waits for another shows that it had one.
		await expect
			.poll(async () => (await newestDelivery(hub)).messageViews[0]?.attempts ?? 0)
			.toBeGreaterThan(0);
		expect((await newestDelivery(hub)).outcome).toBe("pending");
		expect((await eventsOf(hub)).map(({ customer }) => customer)).toEqual(["ada"]);
		expect(hub.errors.filter((line) => line.includes("nothing is recorded"))).toHaveLength(1);

		const { data, reopened } = (await hub.call("POST", "/ledger/accept")) as Page<Accepted> & {
			reopened: number;
		};
		const { name, note } = data[0]?.acceptance ?? { name: "", note: "" };
		expect(readFileSync(join(hub.data, "checkpoints", name), "utf8")).toBe(note);
		expect(note).toMatch(/\nmissing \S+ 3 \S+\nholds 1\ngoes on \S+ 1 \S+\nat .*\nby "command line"\n/);
		const { data: audit } = (await hub.call("GET", "/audit")) as Page<{ act: string; subject: string }>;
		expect(audit).toContainEqual(
			expect.objectContaining({ act: "accepted what a ledger lost", subject: name }),
		);

		expect(reopened).toBe(2);
		await hub.drained();
		const recorded = (await eventsOf(hub)).map(({ customer }) => customer);
		expect(recorded.toSorted()).toEqual(["ada", "bea", "cleo", "dora"]);
		expect(await ready(hub)).toBe(200);
		await hub.reopen();
		expect(await ready(hub)).toBe(200);
		expect(await hub.call("POST", "/ledger/verify", {})).toMatchObject({ problems: [], accepted: 1 });
		expect((await hub.ask("POST", "/ledger/accept")).status).toBe(409);
	});

	it("is sent again what it lost before it was signed, as a damaged write-ahead log loses it", async () => {
		const hub = await openTestHub();
		onTestFinished(() => hub.close());
		const endpoint = await segmentEndpoint(hub, "shop");
		await signUp(hub, endpoint, ["ada"]);
		const file = join(hub.data, "ledger.db");
		await hub.reopen(undefined, () => copyFileSync(file, `${file}.old`));
		await signUp(hub, endpoint, ["bea", "cleo"]);
		await hub.reopen(undefined, () => {
			copyFileSync(`${file}.old`, file);
			for (const tail of ["-wal", "-shm"]) rmSync(file + tail, { force: true });
			const outside = join(hub.data, "checkpoints");
			for (const name of readdirSync(outside, { recursive: true, encoding: "utf8" }))
				if (name.endsWith("-3.note")) rmSync(join(outside, name));
		});
		await hub.drained();
		expect((await eventsOf(hub)).map(({ customer }) => customer).toSorted()).toEqual(["ada", "bea", "cleo"]);
		expect(await ready(hub)).toBe(200);
		expect(await hub.call("POST", "/ledger/verify", {})).toMatchObject({ problems: [], events: 3 });
	});

	it("is noticed when the whole folder was lost, and another hub begins beside its checkpoints", async () => {
		const hub = await openTestHub();
		onTestFinished(() => hub.close());
		await signUp(hub, await segmentEndpoint(hub, "shop"), ["ada"]);
		await hub.reopen(undefined, () => {
			for (const file of readdirSync(hub.data))
				if (file !== "checkpoints") rmSync(join(hub.data, file), { recursive: true });
		});
		expect(await troubles(hub)).toEqual([expect.stringMatching(/can not be trusted: it is of the log/)]);
	});

	it("goes on where checkpoints can not be kept, says so, and keeps them when they can", async () => {
		const hub = await openTestHub();
		onTestFinished(() => hub.close());
		const endpoint = await segmentEndpoint(hub, "shop");
		const outside = join(hub.data, "checkpoints");
		rmSync(outside, { recursive: true, force: true });
		writeFileSync(outside, "a file where a folder should be");
		await signUp(hub, endpoint, ["ada"]);
		expect(await checkpointOf(hub)).toMatchObject({ size: 1 });
		expect(await troubles(hub)).toEqual([
			expect.stringMatching(/^the newest checkpoint could not be kept outside: E/),
		]);
		expect(await ready(hub)).toBe(503);
		await signUp(hub, endpoint, ["bea"]);
		expect(await eventsOf(hub)).toHaveLength(2);
		rmSync(outside);
		mkdirSync(outside);
		expect(await checkpointOf(hub)).toMatchObject({ size: 2 });
		expect(await ready(hub)).toBe(200);
	});
});
