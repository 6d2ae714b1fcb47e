import { describe, expect, it } from "vitest";
import { segment } from "../connectors/segment/index.ts";
import { type ErasureParts, erasingEverywhere } from "./erasure.ts";
import { nodeCrypto } from "./host/crypto.ts";
import { openSqlite } from "./host/node/sqlite.ts";
import { openInbox, type Pin } from "./inbox/inbox.ts";
import { ada, delivery, grace, noon, pin } from "./inbox/testing.ts";
import type { Erased, Recorder } from "./ledger/recorder.ts";
import type { Remote } from "./model/cell.ts";
import type { Files } from "./model/files.ts";
import { invariant } from "./model/result.ts";
import { keptBody } from "./stored.ts";

const configured = segment.configure({});
invariant(configured.ok, "everything has defaults");
const connection = configured.value;

/** What a process can do that dies after so many acts: of the inbox, the files and whatever else it is given. */
function mortal(acts: number) {
	let left = acts;
	return <Parts extends object>(parts: Parts): Remote<Parts> =>
		Object.fromEntries(
			Object.entries(parts).map(([name, act]) => [
				name,
				async (...args: readonly unknown[]) => {
					if (left === 0) throw new Error("the process died");
					left -= 1;
					return act(...args);
				},
			]),
		) as Remote<Parts>;
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What a hub has stored outside its ledger: three batches of Ada's and Grace's messages, the last of which is in a file. */
async function stored() {
	const inbox = openInbox({ sql: openSqlite(":memory:"), clock: () => noon, shard: 0 });
	const onDisk = new Map<string, Uint8Array>();
	const files: Files = {
		put: async (name, bytes) => void onDisk.set(name, bytes),
		get: async (name) => onDisk.get(name) ?? null,
		remove: async (name) => void onDisk.delete(name),
	};
	const ids: string[] = [];
	for (const [n, length] of [10, 10, 600_000].entries()) {
		const notes = ["canary", "grace's", "canary"].map((note) => ({
			type: "track",
			note: note.padEnd(length),
		}));
		const body = await keptBody({ files, crypto: nodeCrypto }, String(n), bytesOf(JSON.stringify(notes)));
		const { delivery: id } = inbox.receive({ ...delivery(n), body });
		const messages = [ada, grace, ada].map(
			(person, position): Pin => ({
				...pin(position, null),
				state: "unmatched",
				persons: [person],
			}),
		);
		inbox.pin([{ delivery: id, messages }]);
		ids.push(id);
	}
	const bodies = (): readonly string[] =>
		inbox
			.read(ids)
			.map(({ stored: { body } }) =>
				textOf("inline" in body ? body.inline : (onDisk.get(body.file) ?? bytesOf("lost"))),
			);
	return { inbox, files, onDisk, bodies };
}

const erased: Erased = { key: "ab".repeat(16), shard: 0, hashes: [ada], at: noon };

describe("An erasure", () => {
	/** What of it happens in one life of the process; false where that ends before the erasure does. */
	async function attempt(hub: Awaited<ReturnType<typeof stored>>, acts: number): Promise<boolean> {
		const live = mortal(acts);
		const inbox = live(hub.inbox);
		let finished = false;
		const finish = (): void => {
			finished = true;
		};
		const parts = {
			door: { directory: async () => ({ byId: () => ({ configured: connection }) }) },
			inboxes: { count: 1, at: () => inbox },
			files: live(hub.files),
			crypto: nodeCrypto,
			scrub: async () => {},
			ledger: live({ finish }),
			outside: live({ put: () => {} }),
		} as unknown as ErasureParts;
		const recorder = { resume: async () => [erased] } as unknown as Recorder;
		await erasingEverywhere(recorder, () => parts)
			.resume()
			.catch(() => {});
		return finished;
	}

	it("that dies anywhere is ended by the next, and leaves nothing of the person", async () => {
		let deaths = 0;
		for (; ; deaths++) {
			const hub = await stored();
			if (await attempt(hub, deaths)) break;
			expect(await attempt(hub, Number.POSITIVE_INFINITY)).toBe(true);
			// Short, so that a failure can be read.
			expect(hub.bodies().map((body) => body.replaceAll(/ +/g, " "))).toEqual(
				Array(3).fill('[{},{"type":"track","note":"grace\'s "},{}]'),
			);
			expect(hub.onDisk.size).toBe(1);
		}
		// Noted, asked for, three times cut, once from file to file, and said to be finished: more ways to die than eight.
		expect(deaths).toBeGreaterThanOrEqual(9);
	});
});
