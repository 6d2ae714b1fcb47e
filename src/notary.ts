import type { Ledger } from "./ledger/ledger.ts";
import { checkpointFolder, readCheckpointName } from "./ledger/merkle/outside-name.ts";
import type { Accepted, Kept, Proof, Proofs, SignedCheckpoint } from "./ledger/proofs.ts";
import { nothingVerified, type Verification, verifyPageRows } from "./ledger/verify.ts";
import type { Remote } from "./model/cell.ts";
import type { Clock } from "./model/clock.ts";
import type { Log } from "./model/log.ts";
import type { Outside } from "./model/outside.ts";
import { invariant, type Result } from "./model/result.ts";

/** A shard of the ledger with what is kept of it outside, for those who ask about it. */
export interface Notary
	extends Remote<Pick<Ledger, "exported" | "checkpoints" | "acceptances" | "verifiers" | "consistency">> {
	/** The newest checkpoint, signed now and kept outside; null where nothing was recorded, or the shard is behind. */
	checkpoint(): Promise<SignedCheckpoint | null>;
	/** A receipt for an event; null where there is none of this id. */
	proof(id: string): Promise<Proof | null>;
	/** Verifies the whole shard against itself, what is kept outside, and the checkpoints that are given. */
	verify(given: readonly string[]): Promise<Verified>;
	/** Goes on though something is missing: see `Proofs`. */
	accept(by: string): Promise<Result<Accepted, string>>;
	/** What keeps the shard from recording, or from keeping its checkpoints; in sentences. */
	troubles(): Promise<readonly string[]>;
}

export type Verified = Omit<Verification, "done" | "frontier" | "recordedAt" | "seq">;

/** What a host does with a notary. */
export interface OpenNotary extends Notary {
	/** Compares the shard with what is kept outside: to be done before anything is recorded. */
	compare(): Promise<void>;
	/** Signs what is due, mends what failed, and says when that is to be done again; null where nothing is due. */
	tick(): Promise<number | null>;
}

type NotaryLedger = Remote<Pick<Ledger, keyof Proofs | "exported" | "verify">>;

export interface NotaryParts {
	readonly ledger: NotaryLedger;
	readonly outside: Outside;
	/** The hub's name in what it signs. */
	readonly hub: string;
	readonly shard: number;
	readonly clock: Clock;
	readonly log: Log;
}

/** Another folder on purpose is empty too, so that it is said and holds up nothing. */
const nothingOutside =
	"no checkpoint is kept outside, though the ledger was signed: whether events are missing can not be told, and erasures " +
	"that were noted there are not known to a restored backup; see whether HUB_CHECKPOINTS is the right place, and there";

/** What failed outside is tried again after this. */
const afterFailureMs = 30_000;

export function openNotary({ ledger, outside, hub, shard, clock, log }: NotaryParts): OpenNotary {
	/** What could not be done, by what it was; each is tried again until it is done. */
	const failures = new Map<"read" | "sign" | "write", string>();
	/** The newest that is surely outside. */
	let kept: string | null = null;
	/** One at a time: each looks at what the one before has kept. */
	let last: Promise<unknown> = Promise.resolve();
	const inTurn = <Value>(work: () => Promise<Value>): Promise<Value> => {
		const done = last.then(work);
		last = done.catch(() => {});
		return done;
	};

	/** Does `work`; where it fails, notes and logs that, and gives null. */
	async function tried<Value>(
		what: "read" | "sign" | "write",
		sentence: string,
		work: () => Promise<Value>,
	): Promise<Value | null> {
		try {
			const value = await work();
			failures.delete(what);
			return value;
		} catch (error) {
			if (!failures.has(what)) log.error(sentence, { shard, error: String(error) });
			failures.set(what, `${sentence}: ${error instanceof Error ? error.message : String(error)}`);
			return null;
		}
	}

	const compare = async (): Promise<void> => {
		const sentence =
			"the checkpoints kept outside can not be read, so nobody knows whether events are missing";
		await tried("read", sentence, async () => {
			const newest = await newestOutside();
			kept = newest?.name ?? null;
			if (newest === null && (await ledger.checkpoints(0, 1)).length > 0) log.warn(nothingOutside, { shard });
			const trouble = await ledger.compare(newest);
			if (trouble !== null)
				log.error("the ledger is not what was signed; nothing is recorded", { shard, trouble });
		});
	};

	/** The newest of this shard; where the hub has none at all, that of another hub, for then this is not its folder. */
	async function newestOutside(): Promise<Kept | null> {
		for (const folder of [checkpointFolder(hub, shard), checkpointFolder(hub), "checkpoints/"]) {
			const [name] = await outside.list(folder, 1);
			if (name === undefined) continue;
			return folder === checkpointFolder(hub) ? null : { name, note: await noteIn(name) };
		}
		return null;
	}

	async function noteIn(name: string): Promise<string> {
		const bytes = await outside.get(name);
		invariant(bytes !== null, `${name} is there, for it was listed`);
		return new TextDecoder().decode(bytes);
	}

	async function takeCheckpoint(): Promise<SignedCheckpoint | null> {
		if (failures.has("read")) await compare();
		const checkpoint = await tried("sign", "the ledger can not be signed", () => ledger.checkpoint());
		if (checkpoint === null || checkpoint.name === kept) return checkpoint;
		await tried("write", "the newest checkpoint could not be kept outside", async () => {
			for (const one of [...(await ledger.acceptances()), checkpoint]) await keep(one);
			kept = checkpoint.name;
		});
		return checkpoint;
	}

	const keep = ({ name, note }: Kept): Promise<void> => outside.put(name, new TextEncoder().encode(note));

	/** The checkpoints outside by their size, smallest first, each to be read when its turn comes. */
	async function checkpointsOutside(): Promise<readonly Comparison[]> {
		const names = await outside.list(checkpointFolder(hub, shard));
		return names.flatMap((name) => {
			const size = readCheckpointName(name)?.size;
			return size === undefined ? [] : [{ size, read: () => noteIn(name) }];
		});
	}

	async function verify(given: readonly string[]): Promise<Verified> {
		const all = [...(await checkpointsOutside()), ...given.map(comparisonOf)].sort((a, b) => a.size - b.size);
		let next = 0;
		const upTo = async (size: number): Promise<readonly string[]> => {
			const from = next;
			while ((all[next]?.size ?? Number.POSITIVE_INFINITY) <= size) next += 1;
			return Promise.all(all.slice(from, next).map(({ read }) => read()));
		};
		let found: Verification = nothingVerified;
		while (!found.done) {
			const before = found.events;
			found = await ledger.verify(found, await upTo(before + verifyPageRows));
		}
		const rest = await upTo(Number.MAX_SAFE_INTEGER);
		if (rest.length > 0) found = await ledger.verify(found, rest);
		const { events, erased, erasedEvents, checkpoints, accepted, problems, moreProblems } = found;
		return { events, erased, erasedEvents, checkpoints, accepted, problems, moreProblems };
	}

	const { exported, checkpoints, acceptances, verifiers, consistency } = ledger;
	return {
		exported,
		checkpoints,
		acceptances,
		verifiers,
		consistency,
		compare: () => inTurn(compare),
		tick: () =>
			inTurn(async () => {
				const due = await ledger.checkpointDue();
				if (failures.size > 0 || (due !== null && due <= clock())) await takeCheckpoint();
				return failures.size > 0 ? clock() + afterFailureMs : ledger.checkpointDue();
			}),
		checkpoint: () => inTurn(takeCheckpoint),
		proof: async (id) => {
			const found = await ledger.proof(id);
			if (found !== null) return found;
			await inTurn(takeCheckpoint);
			return ledger.proof(id);
		},
		verify,
		accept: (by) =>
			inTurn(async () => {
				const accepted = await ledger.accept(by);
				if (accepted.ok) {
					log.warn("a ledger that is not what was signed was accepted", { shard });
					kept = null;
					await takeCheckpoint();
				}
				return accepted;
			}),
		troubles: async () => {
			const behind = await ledger.trouble();
			return [...(behind === null ? [] : [`${behind}. ${remedy}`]), ...failures.values()];
		},
	};
}

interface Comparison {
	readonly size: number;
	read(): Promise<string>;
}

/** What its second line says; one that says nothing is compared first, and found to be nothing. */
const comparisonOf = (note: string): Comparison => {
	const size = Number(note.split("\n")[1]);
	return { size: Number.isSafeInteger(size) ? size : 0, read: async () => note };
};

const remedy =
	"Nothing is recorded, and what comes in is kept, until the newest database is put back, or an Administrator runs `ledger accept`";
