import { z } from "zod";
import { inboxesOf } from "./deliveries.ts";
import type { Hub } from "./hub.ts";
import type { Inbox, OfPersons, StoredBody, StoredDelivery } from "./inbox/inbox.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { Erased, Erasure, Recorder } from "./ledger/recorder.ts";
import type { Remote } from "./model/cell.ts";
import type { Files } from "./model/files.ts";
import { isList, isObject, jsonText, readJson, type Value } from "./model/json.ts";
import type { Outside } from "./model/outside.ts";
import { callsEndpoint, keptBody } from "./stored.ts";

/** What an erasure needs of the hub. */
export type ErasureParts = Pick<Hub, "door" | "inboxes" | "files" | "crypto" | "scrub"> & {
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
	await noteOutside(parts.outside, erased);
	for (const inbox of inboxesOf(parts.inboxes)) await cutPersons(parts, inbox, erased);
	// Before it is finished: who dies in between would leave the person in files that nobody scrubs again.
	await parts.scrub("all");
	await parts.ledger.finish(erased);
}

/** Where erasures are noted. The time comes first, so that names rise with it. */
const erasuresFolder = "erasures/";

/** What a note says; its name says the key. */
type Noted = Omit<Erasure, "key">;

async function noteOutside(outside: Outside, { key, hashes, at, stranger }: Erased): Promise<void> {
	const name = `${erasuresFolder}${String(at).padStart(15, "0")}-${key}.json`;
	const noted: Noted = { at, hashes: hashes.toSorted(), ...(stranger === true ? { stranger } : {}) };
	const text = JSON.stringify(noted);
	await outside.put(name, new TextEncoder().encode(`${text}\n`));
}

const notedSchema = z.object({
	at: z.number(),
	hashes: z.array(z.string().regex(/^[0-9a-f]{32}$/)),
	stranger: z.literal(true).optional(),
});

/**
 * A ledger that is older than erasures, because a backup was restored, does these again before anything else: what is kept
 * outside says so. Throws where a note of one that it does not have can not be read, when the others are done.
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
	const damaged: string[] = [];
	for (const key of unknown) {
		const name = byKey.get(key) ?? "";
		const bytes = await outside.get(name);
		if (bytes === null) continue;
		const noted = notedIn(bytes);
		if (noted === null) damaged.push(name);
		else erasures.push({ ...noted, key });
	}
	if (erasures.length > 0) await ledger.eraseAgain(erasures);
	if (damaged.length > 0) throw new Error(`what is noted is damaged: ${damaged.join(", ")}`);
}

function notedIn(bytes: Uint8Array): Noted | null {
	try {
		const { at, hashes, stranger } = notedSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
		return { at, hashes, ...(stranger === true ? { stranger } : {}) };
	} catch {
		return null;
	}
}

/** Deliveries that are asked for at once. */
const pageSize = 50;

async function cutPersons(parts: ErasureParts, inbox: Remote<Inbox>, { hashes, at }: Erased): Promise<void> {
	// What comes later is of somebody who joins again, or is not kept when it is looked at.
	for (let from: number | null = 0; from !== null; ) {
		const page = await inbox.ofPersons(hashes, { until: at, from, limit: pageSize });
		// Together: what is asked of an inbox at the same time shares a commit.
		await Promise.all(page.found.map((one) => cut(parts, inbox, one)));
		from = page.next;
	}
	// Also those that an erasure which died has left.
	await removeOrphans(parts.files, inbox);
}

/** Cuts messages of persons who were erased out of a stored delivery. */
export async function cut(
	parts: CutParts,
	inbox: Remote<Inbox>,
	{ stored, positions }: OfPersons,
): Promise<void> {
	let read: StoredDelivery | undefined = stored;
	while (read !== undefined) {
		const { id, endpoint, query, rewritten }: StoredDelivery = read;
		const body = await bodyWithout(parts, read, positions);
		// Which client may ask what became of a call names nobody.
		const kept = endpoint === callsEndpoint ? { query } : {};
		if (await inbox.cut({ delivery: id, positions, body, rewritten, ...kept })) return;
		// Somebody else was cut out of it in between.
		[read] = (await inbox.read([id])).map((kept) => kept.stored);
	}
}

type CutParts = Pick<ErasureParts, "door" | "files" | "crypto">;

/** The rest of a batch stays readable; where nothing is left, or nobody can tell the messages apart, nothing stays. */
async function bodyWithout(
	{ door, files, crypto }: CutParts,
	stored: StoredDelivery,
	positions: readonly number[],
): Promise<StoredBody | null> {
	const body = "inline" in stored.body ? stored.body.inline : await files.get(stored.body.file);
	if (body === null) return null;
	const to = (await door.directory()).byId(stored.endpoint);
	const read = readJson(body);
	const items = read.ok ? to?.configured.messages(read.value, { ...stored, body }) : undefined;
	if (!read.ok || items?.ok !== true) return null;
	const left = without(read.value, items.value.length, positions);
	if (left === undefined) return null;
	return keptBody({ files, crypto }, stored.id, new TextEncoder().encode(jsonText(left)));
}

/** Removes the files that no delivery has any more. */
export async function removeOrphans(files: Files, inbox: Remote<Inbox>): Promise<void> {
	for (let orphans = await inbox.orphans(); orphans.length > 0; orphans = await inbox.orphans()) {
		for (const file of orphans) await files.remove(file);
		await inbox.removed(orphans);
	}
}

/** The batch with nothing at these places; undefined where nothing else is in it, or its list can not be told. */
function without(body: Value, count: number, positions: readonly number[]): Value | undefined {
	const gone = new Set(positions);
	const emptied = (list: readonly Value[]): readonly Value[] =>
		list.map((item, index) => (gone.has(index) ? {} : item));
	const isBatch = (value: Value): value is readonly Value[] => isList(value) && value.length === count;
	if (isBatch(body)) return allEmpty(emptied(body)) ? undefined : emptied(body);
	if (!isObject(body)) return undefined;
	const [batch, other] = Object.entries(body).filter(([, value]) => isBatch(value));
	if (batch === undefined || other !== undefined) return undefined;
	const [name, list] = batch;
	if (!isBatch(list) || allEmpty(emptied(list))) return undefined;
	return { ...body, [name]: emptied(list) };
}

/** Also what was cut before is an empty object. */
const allEmpty = (list: readonly Value[]): boolean =>
	list.every((item) => isObject(item) && Object.keys(item).length === 0);
