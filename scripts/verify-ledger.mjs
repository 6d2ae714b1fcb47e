#!/usr/bin/env node
/**
 * Verifies a ledger without the hub: an export (`hub export ledger <folder>`), or one event's receipt
 * (`hub ledger proof <event> --out <folder>`). It needs Node 20 or newer and nothing else, and shares no code with the
 * hub, so that a mistake there is not made here too.
 *
 *   node verify-ledger.mjs <folder> [--key <verifier>]…
 *   node verify-ledger.mjs <event>.tlog-proof <event>.json --key <verifier>
 *
 * A folder has `ledger.ndjson`; every other file in it that ends with `.note` is compared too: checkpoints that
 * somebody kept. `--key` gives the keys that count, as `ledger checkpoint` prints them; without it the export's own
 * are taken, which shows only that it is consistent with itself.
 *
 * Exit 0: nothing was altered. 1: something was. 2: wrong usage.
 *
 * What is computed (SHA-256 throughout; integers have eight bytes, big-endian; every field stands behind its length in
 * four bytes; the texts are UTF-8):
 *
 *   body = H(salt ‖ timestamp ‖ data ‖ properties)             the salt alone has no length before it
 *   leaf = H(0x00 ‖ seq ‖ shard ‖ subject ‖ action ‖ recordedAt ‖ postings ‖ key ‖ body)   nor have 0x00 and body
 *   tree: RFC 6962 §2.1 · checkpoints: C2SP signed-note, tlog-checkpoint · receipts: C2SP tlog-proof
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const problems = [];
const problem = (sentence) => problems.push(sentence);

const sha256 = (...parts) => {
	const hash = createHash("sha256");
	for (const part of parts) hash.update(part);
	return hash.digest();
};
const nodeOf = (left, right) => sha256(Buffer.of(1), left, right);

const field = (bytes) => {
	const length = Buffer.alloc(4);
	length.writeUInt32BE(bytes.length);
	return Buffer.concat([length, bytes]);
};
const integer = (value) => {
	const bytes = Buffer.alloc(8);
	bytes.writeBigInt64BE(BigInt(value));
	return field(bytes);
};
const text = (value) => field(Buffer.from(value, "utf8"));
const hex = (value) => Buffer.from(value, "hex");

/** Of an erased body the export has the hash alone. */
const contentOf = ({ body, content }) =>
	body === null
		? hex(content ?? "")
		: sha256(hex(body.salt), integer(body.timestamp), text(body.data), text(body.properties));

function leafOf(event) {
	const { seq, shard, subject, action, recordedAt, postings, key } = event;
	const header = [integer(seq), integer(shard), field(hex(subject)), text(action), integer(recordedAt)];
	return sha256(Buffer.of(0), ...header, text(postings), field(hex(key)), contentOf(event));
}

/** A key as C2SP writes it: `name+id+base64(type ‖ key)`. */
function keyOf(verifier) {
	const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/.exec(verifier) ?? [];
	const bytes = Buffer.from(encoded ?? "", "base64");
	const named = name !== undefined && sha256(`${name}\n`, bytes).toString("hex").slice(0, 8) === id;
	if (!named || bytes.length !== 33 || bytes[0] !== 1) wrongUsage(`this is no verifier: ${verifier}`);
	const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytes.subarray(1)]);
	return { name, id, key: createPublicKey({ key: der, format: "der", type: "spki" }) };
}

/** The text of a note that one of the keys has signed; throws where none has. */
function opened(note, keys) {
	const end = note.lastIndexOf("\n\n");
	if (end < 0) throw new Error("it is not a signed note");
	const signed = note.slice(0, end + 1);
	for (const line of note.slice(end + 2).split("\n")) {
		const [, name, encoded] = /^— (\S+) (\S+)$/.exec(line) ?? [];
		const bytes = Buffer.from(encoded ?? "", "base64");
		const id = bytes.subarray(0, 4).toString("hex");
		const known = keys.filter((key) => key.name === name && key.id === id);
		if (known.length === 0) continue;
		if (known.some(({ key }) => verify(null, Buffer.from(signed), key, bytes.subarray(4)))) return signed;
		throw new Error(`its signature by ${name} is wrong`);
	}
	throw new Error("none of its signatures is by a known key");
}

function checkpointOf(note, keys) {
	const [origin, size, root] = opened(note, keys).split("\n");
	if (!/^\d+$/.test(size ?? "") || Buffer.from(root ?? "", "base64").length !== 32) {
		throw new Error("it is no checkpoint");
	}
	return { origin, size: Number(size), root: Buffer.from(root, "base64").toString("hex") };
}

/** Leaves, kept as the complete subtrees they make, the largest first. */
function openLog() {
	const peaks = [];
	return {
		size: 0,
		append(leaf) {
			let hash = leaf;
			for (let count = this.size; count % 2 === 1; count = (count - 1) / 2) hash = nodeOf(peaks.pop(), hash);
			peaks.push(hash);
			this.size += 1;
		},
		root() {
			const root = peaks.length === 0 ? sha256() : peaks.reduceRight((right, left) => nodeOf(left, right));
			return root.toString("hex");
		},
	};
}

/** What it says, null where it is no JSON object. */
function objectOf(line) {
	try {
		const value = JSON.parse(line);
		return typeof value === "object" ? value : null;
	} catch {
		return null;
	}
}

/** Each with the place where it stands; `damaged` hears of those that say nothing. */
async function* linesOf(path, damaged) {
	let number = 0;
	for await (const line of createInterface({
		input: createReadStream(path),
		crlfDelay: Number.POSITIVE_INFINITY,
	})) {
		number += 1;
		const read = objectOf(line);
		if (read === null) damaged(`${path}:${number}`);
		else yield [read, `${path}:${number}`];
	}
}

/** What its notes say comes after the events, so a folder is read twice: the notes first. */
async function verifyFolder(folder, pinned) {
	const path = join(folder, "ledger.ndjson");
	if (!existsSync(path)) wrongUsage(`there is no ${path}`);
	const shards = new Map();
	let current;
	let count = 1;
	// Both readings find the same damage, and the second says so.
	for await (const [line] of linesOf(path, () => {})) {
		if (line.kind === "ledger") {
			if (line.format !== 1)
				wrongUsage(`this is format ${line.format} of the export, and only 1 is known here`);
			if (shards.has(line.shard)) problem(`shard ${line.shard} is in the export twice`);
			const keys = pinned ?? line.verifiers.map(keyOf);
			// What older exports do not say is not missed.
			current = { keys, notes: [], acceptances: [], least: line.events ?? 0 };
			count = line.shards ?? 1;
			shards.set(line.shard, current);
		}
		if (line.kind === "checkpoint")
			current?.notes.push({ note: line.note, what: "a checkpoint of the export" });
		if (line.kind === "acceptance") current?.acceptances.push(line.note);
	}
	for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
		if (!name.endsWith(".note")) continue;
		const note = readFileSync(join(folder, name), "utf8");
		const shard = shards.get(Number(note.split("\n", 1)[0].split("/")[2]));
		if (shard === undefined) problem(`${name} is of no ledger in the export`);
		else shard.notes.push({ note, what: name });
	}

	if (shards.size < count) problem(`the export is cut off: it has ${shards.size} of ${count} shards`);

	const counts = { shards: shards.size, events: 0, erased: 0, checkpoints: 0, accepted: 0 };
	let shard;
	const damaged = (where) => problem(`${where} is not what an export has: it is damaged there`);
	for await (const [line, where] of linesOf(path, damaged)) {
		if (line.kind === "ledger") {
			if (shard !== undefined) ended(shard, counts);
			shard = begun(line.shard, shards.get(line.shard));
		}
		if (line.kind !== "event") continue;
		try {
			event(shard, line, counts);
		} catch {
			damaged(where);
		}
	}
	if (shard !== undefined) ended(shard, counts);
	return counts;
}

function begun(number, { keys, notes, acceptances, least }) {
	const checkpoints = [];
	for (const { note, what } of notes) {
		try {
			checkpoints.push({ ...checkpointOf(note, keys), what });
		} catch (error) {
			problem(`${what}: ${error.message}`);
		}
	}
	const accepted = [];
	for (const note of acceptances) {
		try {
			const said = opened(note, keys);
			const [, origin, size] = /^missing (\S+) (\d+) /m.exec(said) ?? [];
			const [, goesOn] = /^goes on \S+ (\d+) /m.exec(said) ?? [];
			accepted.push({ origin, from: Number(goesOn), to: Number(size) });
		} catch (error) {
			problem(`an acceptance: ${error.message}`);
		}
	}
	checkpoints.sort((a, b) => a.size - b.size);
	return { number, least, log: openLog(), checkpoints, accepted, next: 0, recordedAt: 0 };
}

function event(shard, line, counts) {
	const what = `event ${line.id} (shard ${line.shard}, seq ${line.seq})`;
	compared(shard, counts);
	counts.events += 1;
	if (line.shard !== shard.number) problem(`${what} is in another shard's log`);
	if (line.seq !== shard.log.size + 1) problem(`${what} stands where ${shard.log.size + 1} should be`);
	if (line.recordedAt < shard.recordedAt) problem(`${what} was recorded before the one that precedes it`);
	shard.recordedAt = Math.max(shard.recordedAt, line.recordedAt);
	const points = Object.values(JSON.parse(line.postings)).reduce((sum, one) => sum + one, 0);
	if (points !== 0) problem(`${what}: its postings do not sum to zero`);
	const id =
		Math.floor(line.recordedAt / 1_000)
			.toString(16)
			.padStart(8, "0") +
		line.shard.toString(16).padStart(4, "0") +
		line.seq.toString(16).padStart(12, "0");
	if (line.id !== id) problem(`${what} is called otherwise than its place says`);
	if (line.body === null) counts.erased += 1;
	if (leafOf(line).toString("hex") !== line.leaf) problem(`${what} is not what was recorded`);
	shard.log.append(hex(line.leaf));
}

/** Compares the log as it is with the checkpoints of its size. */
function compared(shard, counts) {
	for (
		let one = shard.checkpoints[shard.next];
		one?.size <= shard.log.size;
		one = shard.checkpoints[shard.next]
	) {
		shard.next += 1;
		counts.checkpoints += 1;
		if (one.size !== shard.log.size || one.root !== shard.log.root()) different(shard, one, counts);
	}
}

function ended(shard, counts) {
	compared(shard, counts);
	for (const one of shard.checkpoints.slice(shard.next)) {
		counts.checkpoints += 1;
		different(shard, one, counts);
	}
	const { number, log, least } = shard;
	if (log.size < least) problem(`shard ${number} is cut off: it has ${log.size} of at least ${least} events`);
	const newest = shard.checkpoints.findLast(({ size }) => size <= log.size)?.size ?? 0;
	// Without one nobody's word stands for any of them: whoever altered them left the checkpoints out.
	if (newest === 0 && log.size > 0) problem(`shard ${number}: no checkpoint is of its ${log.size} events`);
	else if (newest < log.size) {
		console.log(`shard ${number}: its last ${log.size - newest} events are under no checkpoint yet`);
	}
}

function different({ accepted, log }, { what, origin, size }, counts) {
	if (accepted.some((one) => one.origin === origin && size > one.from && size <= one.to))
		counts.accepted += 1;
	else if (size > log.size) problem(`${what}, of ${size} events: there are only ${log.size}`);
	else problem(`${what}, of ${size} events: these are not the events that were signed`);
}

/** RFC 9162 §2.1.3.2. */
function verifyReceipt(receipt, event, keys) {
	const leaf = leafOf(event);
	if (leaf.toString("hex") !== event.leaf) problem(`event ${event.id} is not what was recorded`);
	const end = receipt.indexOf("\n\n");
	const [first, ...lines] = receipt.slice(0, end).split("\n");
	const [index, ...path] = lines[0]?.startsWith("extra ") ? lines.slice(1) : lines;
	if (first !== "c2sp.org/tlog-proof@v1" || !/^index \d+$/.test(index ?? "")) {
		return problem("the receipt is none: it does not begin as C2SP tlog-proof does");
	}
	let checkpoint;
	try {
		checkpoint = checkpointOf(receipt.slice(end + 2), keys);
	} catch (error) {
		return problem(`the checkpoint in the receipt: ${error.message}`);
	}
	let at = Number(index.slice(6));
	if (at !== event.seq - 1)
		problem(`the receipt is for entry ${at}, and the event is entry ${event.seq - 1}`);
	let last = checkpoint.size - 1;
	let hash = leaf;
	if (at > last) return problem("the receipt's entry is behind its checkpoint");
	for (const encoded of path) {
		const sibling = Buffer.from(encoded, "base64");
		if (last === 0) return problem("the receipt's path is too long");
		if (at % 2 === 1 || at === last) {
			hash = nodeOf(sibling, hash);
			while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
		} else hash = nodeOf(hash, sibling);
		[at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
	}
	if (last !== 0 || hash.toString("hex") !== checkpoint.root) {
		problem("the receipt's path does not lead from the event to the root that was signed");
	}
	console.log(`event ${event.id}, entry ${event.seq - 1} of ${checkpoint.size} in ${checkpoint.origin}`);
}

function wrongUsage(sentence) {
	console.error(sentence);
	process.exit(2);
}

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { key: { type: "string", multiple: true } },
});
const pinned = values.key?.map(keyOf);
const [path, eventPath] = positionals;
if (path === undefined || !existsSync(path)) {
	wrongUsage(
		"usage: node verify-ledger.mjs <folder> [--key <verifier>]… | <file>.tlog-proof <event>.json --key <verifier>",
	);
}
if (statSync(path).isDirectory()) {
	const { shards, events, erased, checkpoints, accepted } = await verifyFolder(path, pinned);
	console.log(
		`${events} events in ${shards} shards, ${erased} of erased persons; ${checkpoints} checkpoints compared`,
	);
	if (accepted > 0) console.log(`${accepted} checkpoints are of what was accepted to be missing`);
	if (pinned === undefined) console.log("the keys are the export's own: give --key to say whose word counts");
} else {
	if (eventPath === undefined || pinned === undefined) wrongUsage("a receipt needs its event, and --key");
	verifyReceipt(readFileSync(path, "utf8"), JSON.parse(readFileSync(eventPath, "utf8")), pinned);
}
for (const sentence of problems.slice(0, 100)) console.log(sentence);
if (problems.length > 100) console.log(`and ${problems.length - 100} more`);
console.log(problems.length === 0 ? "nothing was altered" : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
