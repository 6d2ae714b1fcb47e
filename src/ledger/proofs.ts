import { base64Of, equalBytes } from "../model/bytes.ts";
import type { Clock } from "../model/clock.ts";
import type { Crypto } from "../model/crypto.ts";
import { bad, good, Invariant, invariant, type Result } from "../model/result.ts";
import type { Sql } from "../model/sql.ts";
import { placeOfEvent } from "./event-id.ts";
import { type ExportedEvent, readExported } from "./exported.ts";
import { readHead } from "./log.ts";
import { acceptanceText } from "./merkle/acceptance.ts";
import { type Checkpoint, checkpointText, readCheckpoint } from "./merkle/checkpoint.ts";
import { openNote, signNote, verifierOf, verifierText } from "./merkle/note.ts";
import { acceptanceName, checkpointName, readCheckpointName } from "./merkle/outside-name.ts";
import { receiptText } from "./merkle/receipt.ts";
import {
	type LogPlace,
	originOf,
	placeOfOrigin,
	type Signing,
	signerOf,
	verifiersOf,
} from "./merkle/signing.ts";
import { openStoredTree } from "./merkle/stored-tree.ts";
import { consistencyPath, inclusionPath, rootOf, verifyConsistency, verifyInclusion } from "./merkle/tree.ts";

/** What is to be kept outside the database, under a name that says what it is. */
export interface Kept {
	readonly name: string;
	/** A signed note. */
	readonly note: string;
}

export interface SignedCheckpoint extends Kept {
	readonly origin: string;
	/** How many events it stands for. */
	readonly size: number;
	/** By what anybody verifies it: C2SP's `name+id+key`. */
	readonly verifier: string;
}

/** An event with what proves that it is in the log. */
export interface Proof {
	readonly event: ExportedEvent;
	/** A `.tlog-proof` file. */
	readonly receipt: string;
	readonly verifier: string;
}

/** What a shard's log can say for itself. */
export interface Proofs {
	/** The newest checkpoint: signed now where events came since. Null while there is none, or the log is behind. */
	checkpoint(): SignedCheckpoint | null;
	/** When the next is due, unix milliseconds; null where nothing came since the last. */
	checkpointDue(): number | null;
	/** Against the newest checkpoint; null where no event has this id, or no checkpoint covers it yet. */
	proof(id: string): Proof | null;
	/** Hashes in base64 that show that the log of size `to` begins with that of size `from`; null where it is shorter. */
	consistency(from: number, to: number): readonly string[] | null;
	/**
	 * Compares the log with the newest note that is kept outside, and says in a sentence what is wrong; from then on
	 * nothing is recorded here. Null where all is well.
	 */
	compare(newest: Kept | null): string | null;
	/** What `compare` found. */
	trouble(): string | null;
	/** Those that were signed, oldest first, after so many. */
	checkpoints(after: number, limit: number): readonly Kept[];
	/** By what anybody verifies all that was ever signed of this shard: C2SP's `name+id+key`. */
	verifiers(): readonly string[];
	/** What was accepted, oldest first: what is kept outside must have all of it. */
	acceptances(): readonly Kept[];
	/** Goes on as another log, though something is missing. Refused where nothing is. */
	accept(by: string): Result<Accepted, string>;
}

export interface Accepted {
	/** Signed: what was missing, with what the log goes on, who accepted it and when. */
	readonly acceptance: Kept;
	/** The first of the log that goes on. */
	readonly checkpoint: SignedCheckpoint;
}

export interface ProofsParts {
	readonly sql: Sql;
	readonly crypto: Crypto;
	readonly clock: Clock;
	readonly signing: Signing;
	readonly shard: number;
}

interface Behind {
	/** A sentence. */
	readonly trouble: string;
	/** What the newest note outside is called, and what it says where it could be read. */
	readonly name: string;
	readonly missing: Checkpoint | null;
}

/** So much may be lost unnoticed when somebody replaces the database: a minute, or a thousand events. */
const unsignedMsMax = 60_000;
const unsignedEventsMax = 1_000;

export function openProofs({ sql, crypto, clock, signing, shard }: ProofsParts): Proofs {
	const tree = openStoredTree(sql, crypto);
	/** What is wrong with the log, and the checkpoint that says so where it could be read. */
	let behind: Behind | null = null;
	/** Since when there surely is something to sign: the times of events do not go back with a clock that was ahead. */
	let unsignedSince: number | null = null;

	const place = (): LogPlace => {
		const [row] = sql.query("SELECT coalesce(max(generation), 0) AS generation FROM acceptance");
		return { shard, generation: Number(row?.["generation"]) };
	};

	/** The newest of this generation, whose signature must be ours. */
	const newestNote = ({ generation }: LogPlace): string | undefined => {
		const [row] = sql.query(
			"SELECT note FROM checkpoint WHERE generation = ? ORDER BY size DESC LIMIT 1",
			generation,
		);
		return row === undefined ? undefined : String(row["note"]);
	};

	const read = (note: string, at: LogPlace): Result<Checkpoint, string> => {
		const opened = openNote(crypto, note, verifiersOf(crypto, signing, at));
		if (!opened.ok) return opened;
		const checkpoint = readCheckpoint(opened.value);
		return checkpoint?.origin === originOf(signing, at) ? good(checkpoint) : bad("it is of another log");
	};

	const signedOf = (note: string, size: number, at: LogPlace): SignedCheckpoint => ({
		name: checkpointName(signing.hub, { ...at, size }),
		note,
		origin: originOf(signing, at),
		size,
		verifier: verifierText(crypto, verifierOf(crypto, signerOf(signing, at))),
	});

	/** Signs the log as it is and keeps it. */
	const sign = (size: number, root: Uint8Array, at: LogPlace): SignedCheckpoint => {
		const text = checkpointText({ origin: originOf(signing, at), size, root });
		const note = signNote(crypto, text, signerOf(signing, at));
		unsignedSince = null;
		sql.query("INSERT INTO checkpoint (generation, size, note) VALUES (?, ?, ?)", at.generation, size, note);
		return signedOf(note, size, at);
	};

	const last = (at: LogPlace): (Checkpoint & { readonly note: string }) | undefined => {
		const note = newestNote(at);
		if (note === undefined) return undefined;
		const found = read(note, at);
		invariant(found.ok, `the newest checkpoint is ours${found.ok ? "" : `: ${found.failure}`}`);
		return { ...found.value, note };
	};

	/** How many events were signed for in this generation, whoever can read by what key. */
	const sizeSigned = ({ generation }: LogPlace): number => {
		const [signed] = sql.query(
			"SELECT coalesce(max(size), 0) AS size FROM checkpoint WHERE generation = ?",
			generation,
		);
		return Number(signed?.["size"]);
	};

	function checkpoint(): SignedCheckpoint | null {
		if (behind !== null) return null;
		const at = place();
		const { seq: size } = readHead(sql);
		const before = last(at);
		if (before?.size === size) return signedOf(before.note, size, at);
		if (size === 0) return null;
		const root = rootOf(tree, size);
		if (before !== undefined) {
			const from = before.size;
			const shown =
				from < size &&
				verifyConsistency(tree.node, {
					from,
					to: size,
					fromRoot: before.root,
					toRoot: root,
					path: consistencyPath(tree, from, size),
				});
			invariant(shown, `the log of ${size} events begins with the ${from} that were signed before`);
		}
		return sign(size, root, at);
	}

	function checkpointDue(): number | null {
		if (behind !== null) return null;
		const now = clock();
		const { seq: size, recordedAt } = readHead(sql);
		const unsigned = size - sizeSigned(place());
		if (unsigned === 0) return null;
		if (unsigned >= unsignedEventsMax) return Math.min(recordedAt, now);
		unsignedSince = Math.min(unsignedSince ?? now, now);
		const [first] = sql.query("SELECT recorded_at FROM event WHERE seq = ?", size - unsigned + 1);
		return Math.min(Number(first?.["recorded_at"]), unsignedSince) + unsignedMsMax;
	}

	function proof(id: string): Proof | null {
		const named = placeOfEvent(id);
		const newest = last(place());
		if (named === undefined || named.shard !== shard || newest === undefined) return null;
		const { seq } = named;
		if (seq > newest.size) return null;
		const [event] = readExported(sql, { shard, after: seq - 1, limit: 1 });
		if (event?.id !== id) return null;
		const index = seq - 1;
		const path = inclusionPath(tree, index, newest.size);
		const [leaf] = tree.read(0, index, seq);
		const inclusion = { index, size: newest.size, path, root: newest.root };
		invariant(
			leaf !== undefined && verifyInclusion(tree.node, { ...inclusion, leaf }),
			`event ${id} leads to the root that was signed`,
		);
		const { verifier } = signedOf(newest.note, newest.size, place());
		return { event, receipt: receiptText({ index, path, note: newest.note }), verifier };
	}

	function consistency(from: number, to: number): readonly string[] | null {
		const { seq: size } = readHead(sql);
		if (from > to || to > size) return null;
		return consistencyPath(tree, from, to).map(base64Of);
	}

	/** What is wrong, with the checkpoint that says so where it could be read. */
	function differenceFrom({ name, note }: Kept): Behind | null {
		const unreadable = (why: string): Behind => ({
			trouble: `the newest checkpoint outside, ${name}, can not be trusted: ${why}`,
			name,
			missing: null,
		});
		const origin = note.split("\n", 1)[0] ?? "";
		const at = placeOfOrigin(signing, origin);
		if (at === undefined || at.shard !== shard) {
			return unreadable(
				`it is of the log ${JSON.stringify(origin.slice(0, 80))}, and this is ${originOf(signing, place())}`,
			);
		}
		const found = read(note, at);
		if (!found.ok) return unreadable(found.failure);
		const missing = found.value;
		const { seq: size } = readHead(sql);
		const { generation } = place();
		if (at.generation > generation) {
			return {
				trouble: `the ledger is older than what was accepted outside: ${origin} is not in it`,
				name,
				missing,
			};
		}
		// What an Administrator has accepted since is no longer compared.
		if (at.generation < generation) return null;
		if (missing.size > size) {
			const lost = missing.size - size;
			return {
				trouble: `the ledger has ${size} events, but ${missing.size} were signed: ${lost} are missing`,
				name,
				missing,
			};
		}
		const root = headAt(missing.size);
		return root !== null && equalBytes(root, missing.root)
			? null
			: { trouble: `the first ${missing.size} events are not those that were signed`, name, missing };
	}

	/** The root at this size; null where leaves or nodes that it needs are gone. */
	function headAt(size: number): Uint8Array | null {
		try {
			return rootOf(tree, size);
		} catch (error) {
			if (error instanceof Invariant) return null;
			throw error;
		}
	}

	function accept(by: string): Result<Accepted, string> {
		if (behind === null) return bad("nothing is missing in this ledger: there is nothing to accept");
		const { missing, name } = behind;
		const before = place();
		const holds = sizeSigned(before);
		const generation = Math.max(before.generation, readCheckpointName(name)?.generation ?? 0) + 1;
		const at = { shard, generation };
		const { seq: size } = readHead(sql);
		const root = headAt(size);
		if (root === null) return bad("the ledger has lost events out of its middle: restore a backup of it");
		const goesOn = { origin: originOf(signing, at), size, root };
		const text = acceptanceText({ missing, holds, goesOn, at: new Date(clock()).toISOString(), by });
		const note = signNote(crypto, text, signerOf(signing, at));
		sql.query("INSERT INTO acceptance (generation, note) VALUES (?, ?)", generation, note);
		const checkpoint = sign(size, root, at);
		behind = null;
		return good({ acceptance: { name: acceptanceName(signing.hub, at), note }, checkpoint });
	}

	return {
		checkpoint,
		checkpointDue,
		proof,
		consistency,
		compare: (newest) => {
			behind = newest === null ? null : differenceFrom(newest);
			return behind?.trouble ?? null;
		},
		trouble: () => behind?.trouble ?? null,
		checkpoints: (after, limit) =>
			sql
				.query(
					"SELECT generation, size, note FROM checkpoint ORDER BY generation, size LIMIT ? OFFSET ?",
					limit,
					after,
				)
				.map((row) => {
					const at = { shard, generation: Number(row["generation"]), size: Number(row["size"]) };
					return { name: checkpointName(signing.hub, at), note: String(row["note"]) };
				}),
		verifiers: () =>
			Array.from({ length: place().generation + 1 }, (_, generation) => ({ shard, generation }))
				.flatMap((at) => verifiersOf(crypto, signing, at))
				.map((verifier) => verifierText(crypto, verifier)),
		acceptances: () =>
			sql.query("SELECT generation, note FROM acceptance ORDER BY generation").map((row) => ({
				name: acceptanceName(signing.hub, { shard, generation: Number(row["generation"]) }),
				note: String(row["note"]),
			})),
		accept,
	};
}
