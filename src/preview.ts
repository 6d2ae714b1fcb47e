import type { OpenEndpoint } from "./door.ts";
import type { Hub } from "./hub.ts";
import type { KeptDelivery, MessageView } from "./inbox/inbox.ts";
import type { LiveMappings, MappedEvent } from "./map/mappings.ts";
import type { Message } from "./model/message.ts";
import { mappableIn } from "./stored.ts";

/** What other mappings would have made of what was received. */
export interface Preview {
	readonly deliveries: number;
	readonly messages: number;
	/** How many messages each kind of difference has, those without a difference as `same`. */
	readonly counts: Readonly<Record<DifferenceKind | "same", number>>;
	/** Of all that differ, how many have events in the ledger: those need correcting events. */
	readonly recorded: number;
	/** The first of them. */
	readonly differences: readonly Difference[];
}

export type DifferenceKind =
	| "changed"
	/** Gave no event, and would give one. */
	| "newly_mapped"
	| "no_longer_mapped"
	| "newly_failing"
	/** Failed, and would not fail. */
	| "mended";

export interface Difference {
	readonly delivery: string;
	readonly position: number;
	readonly type: string;
	readonly kind: DifferenceKind;
	/** What differs, field by field: an absent side is an absent field. */
	readonly fields: readonly FieldDifference[];
	/** The events of this message that the ledger has, by id: they stay as they are. */
	readonly recorded: readonly string[];
}

export interface FieldDifference {
	/** `checkout data.items.0.price`: the event, and the path in it. */
	readonly field: string;
	readonly before?: unknown;
	readonly after?: unknown;
}

/** So many are shown one by one; all are counted. */
const differencesMax = 200;

/** Maps stored deliveries by both, and compares message by message. Nothing is written. */
export async function preview(
	hub: Hub,
	{ before, after }: { readonly before: LiveMappings; readonly after: LiveMappings },
	deliveries: AsyncIterable<KeptDelivery>,
): Promise<Preview> {
	const directory = await hub.door.directory();
	const counts = { same: 0, changed: 0, newly_mapped: 0, no_longer_mapped: 0, newly_failing: 0, mended: 0 };
	const differences: Difference[] = [];
	let read = 0;
	let messages = 0;
	let recorded = 0;
	for await (const kept of deliveries) {
		const to = directory.byId(kept.stored.endpoint);
		if (to === undefined) continue;
		read += 1;
		const map = mapperFor(to, kept);
		for (const { position, message } of await mappableIn(hub.files, to, kept)) {
			messages += 1;
			const compared = compare(map(message, before), map(message, after));
			counts[compared.kind] += 1;
			if (compared.kind === "same") continue;
			const events = recordedOf(kept.messages.find((one) => one.position === position));
			if (events.length > 0) recorded += 1;
			if (differences.length === differencesMax) continue;
			const where = { delivery: kept.stored.id, position, type: message.type };
			differences.push({ ...where, kind: compared.kind, fields: compared.fields, recorded: events });
		}
	}
	return { deliveries: read, messages, counts, recorded, differences };
}

/** Maps messages of one delivery by whichever mappings. */
function mapperFor({ configured, endpoint }: OpenEndpoint, { stored }: KeptDelivery) {
	const { connector, settings } = configured;
	const context = { receivedAt: stored.receivedAt, headers: stored.headers, settings };
	return (message: Message, { set }: LiveMappings): readonly MappedEvent[] => {
		const mapped = set?.run(connector.slug, endpoint.name, message, context);
		return mapped?.kind === "mapped" ? mapped.events : [];
	};
}

function recordedOf(message: MessageView | undefined): readonly string[] {
	return (message?.plan ?? []).flatMap(({ outcome }) => {
		const isThere = outcome?.kind === "appended" || outcome?.kind === "duplicate";
		return isThere && outcome.event !== null ? [outcome.event] : [];
	});
}

type Comparison =
	| { readonly kind: "same" }
	| { readonly kind: DifferenceKind; readonly fields: readonly FieldDifference[] };

function compare(before: readonly MappedEvent[], after: readonly MappedEvent[]): Comparison {
	const fields = fieldDifferences(facets(before), facets(after), "");
	if (fields.length === 0) return { kind: "same" };
	const had = kindsOf(before);
	const has = kindsOf(after);
	if (has.failed && !had.failed) return { kind: "newly_failing", fields };
	if (had.failed && !has.failed) return { kind: "mended", fields };
	if (has.event && !had.event) return { kind: "newly_mapped", fields };
	if (had.event && !has.event) return { kind: "no_longer_mapped", fields };
	return { kind: "changed", fields };
}

const kindsOf = (events: readonly MappedEvent[]) => ({
	event: events.some(({ kind }) => kind === "event"),
	failed: events.some(({ kind }) => kind === "failed"),
});

/** The events by what people call them: an action, and what tells two of one action apart. Which mapping made it is no difference. */
function facets(events: readonly MappedEvent[]): Readonly<Record<string, unknown>> {
	const named = new Map<string, unknown>();
	for (const event of events) {
		if (event.kind === "skipped") continue;
		const { name, content } = facetOf(event);
		let free = name;
		for (let number = 2; named.has(free); number++) free = `${name} (${number})`;
		named.set(free, content);
	}
	return Object.fromEntries(named);
}

function facetOf(event: Exclude<MappedEvent, { readonly kind: "skipped" }>) {
	if (event.kind === "failed") return { name: "failure", content: { reason: event.reason } };
	const { action, slot, identities, timestamp, account, data } = event;
	const customer = Object.fromEntries(identities.map(({ kind, value }) => [kind, value]));
	const content = { customer, timestamp: new Date(timestamp).toISOString(), account, data };
	return { name: slot === "" ? action : `${action} ${slot}`, content };
}

function fieldDifferences(before: unknown, after: unknown, field: string): readonly FieldDifference[] {
	if (isTree(before) && isTree(after) && Array.isArray(before) === Array.isArray(after)) {
		const separator = field === "" ? "" : field.includes(" ") ? "." : " ";
		return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
			fieldDifferences(own(before, key), own(after, key), `${field}${separator}${key}`),
		);
	}
	if (Object.is(before, after)) return [];
	return [{ field, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

const isTree = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === "object" && value !== null;

const own = (tree: Readonly<Record<string, unknown>>, key: string): unknown =>
	Object.hasOwn(tree, key) ? tree[key] : undefined;
