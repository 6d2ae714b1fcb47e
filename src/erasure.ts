import { inboxesOf } from "./deliveries.ts";
import type { Hub } from "./hub.ts";
import type { Inbox, StoredDelivery } from "./inbox/inbox.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { Erased, Erasure, Recorder } from "./ledger/recorder.ts";
import type { Remote } from "./model/cell.ts";
import { isList, isObject, jsonText, readJson, type Value } from "./model/json.ts";
import type { Outside } from "./model/outside.ts";

/** What an erasure needs of the hub. */
export type ErasureParts = Pick<Hub, "door" | "inboxes" | "files" | "scrub"> & {
	readonly ledger: Pick<Recorder, "finish">;
	/** Where erasures are noted, so that a restored backup can be told of them. */
	readonly outside: Outside;
};

/** A recorder whose erasures are done everywhere before it answers. */
export function erasingEverywhere(recorder: Recorder, parts: () => ErasureParts): Recorder {
	const finish = async (all: readonly { readonly erased?: Erased }[]): Promise<void> => {
		for (const { erased } of all) if (erased !== undefined) await eraseEverywhere(parts(), erased);
	};
	return {
		...recorder,
		record: async (commands) => {
			const recorded = await recorder.record(commands);
			await finish(recorded);
			return recorded;
		},
		resume: async () => {
			const left = await recorder.resume();
			await finish(left.map((erased) => ({ erased })));
			return left;
		},
		eraseAgain: async (erasures) => {
			const left = await recorder.eraseAgain(erasures);
			await finish(left.map((erased) => ({ erased })));
			return left;
		},
	};
}

/**
 * What is left of an erasure outside the ledger: it is noted outside by keyed hashes, the person's messages are cut out
 * of stored deliveries, and then it is finished. Whoever dies before begins again.
 */
async function eraseEverywhere(parts: ErasureParts, erased: Erased): Promise<void> {
	if (erased.shard !== null) await noteOutside(parts.outside, erased);
	for (const inbox of inboxesOf(parts.inboxes)) await cutPersons(parts, inbox, erased);
	// Before it is finished: who dies in between would leave the person in files that nobody scrubs again.
	await parts.scrub();
	if (erased.shard !== null) await parts.ledger.finish(erased);
}

/** Where erasures are noted. The time comes first, so that names rise with it. */
const erasuresFolder = "erasures/";

async function noteOutside(outside: Outside, { key, hashes, at }: Erased): Promise<void> {
	const name = `${erasuresFolder}${String(at).padStart(15, "0")}-${key}.json`;
	const text = JSON.stringify({ at, hashes: hashes.toSorted() });
	await outside.put(name, new TextEncoder().encode(`${text}\n`));
}

/**
 * A ledger that is older than erasures, because a backup was restored, does these again before anything else: what is kept
 * outside says so.
 */
export async function eraseAgain(
	{ ledger }: Pick<Hub, "ledger">,
	outside: Outside,
	known: Pick<Remote<Ledger>, "unknownKeys">,
): Promise<void> {
	const names = await outside.list(erasuresFolder);
	const byKey = new Map(
		names.flatMap((name) => [[/([0-9a-f]{32})\.json$/.exec(name)?.[1] ?? "", name] as const]),
	);
	const unknown = await known.unknownKeys([...byKey.keys()].filter((key) => key !== ""));
	const erasures: Erasure[] = [];
	for (const key of unknown) {
		const bytes = await outside.get(byKey.get(key) ?? "");
		if (bytes !== null) erasures.push(JSON.parse(new TextDecoder().decode(bytes)) as Erasure);
	}
	if (erasures.length > 0) await ledger.eraseAgain(erasures);
}

const pageSize = 50;

async function cutPersons(parts: ErasureParts, inbox: Remote<Inbox>, { hashes, at }: Erased): Promise<void> {
	for (;;) {
		// What comes later is of somebody who joins again, or is not kept when it is looked at.
		const found = await inbox.ofPersons(hashes, at, pageSize);
		for (const { stored, positions } of found) await cut(parts, inbox, stored, positions);
		if (found.length < pageSize) return;
	}
}

/** Cuts messages of persons who were erased out of a stored delivery. */
export async function cut(
	{ door, files }: Pick<ErasureParts, "door" | "files">,
	inbox: Remote<Inbox>,
	stored: StoredDelivery,
	positions: readonly number[],
): Promise<void> {
	const body = "inline" in stored.body ? stored.body.inline : await files.get(stored.body.file);
	const to = (await door.directory()).byId(stored.endpoint);
	const read = body === null ? undefined : readJson(body);
	const items =
		read?.ok === true ? to?.configured.messages(read.value, { ...stored, body: body ?? noBytes }) : undefined;
	const left =
		read?.ok === true && items?.ok === true ? without(read.value, items.value.length, positions) : undefined;
	// The rest of a batch stays readable; where nothing is left, or nobody can tell the messages apart, nothing stays.
	await inbox.cut({ delivery: stored.id, positions, body: left === undefined ? null : bytesOf(left) });
	if ("file" in stored.body) await files.remove(stored.body.file);
}

const noBytes = new Uint8Array();
const bytesOf = (value: Value): Uint8Array => new TextEncoder().encode(jsonText(value));

/** The batch with nothing at these places; undefined where nothing else is in it, or its list can not be told. */
function without(body: Value, count: number, positions: readonly number[]): Value | undefined {
	if (positions.length >= count) return undefined;
	const emptied = (list: readonly Value[]): readonly Value[] =>
		list.map((item, index) => (positions.includes(index) ? {} : item));
	const isBatch = (value: Value): value is readonly Value[] => isList(value) && value.length === count;
	if (isBatch(body)) return emptied(body);
	if (!isObject(body)) return undefined;
	const batches = Object.entries(body).filter(([, value]) => isBatch(value));
	if (batches.length !== 1) return undefined;
	return Object.fromEntries(
		Object.entries(body).map(([name, value]) => [name, isBatch(value) ? emptied(value) : value]),
	);
}
