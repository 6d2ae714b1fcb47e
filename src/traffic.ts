import type { Hub } from "./hub.ts";
import type { KeptDelivery } from "./inbox/inbox.ts";
import { type Fields, fieldsOf, mergeFields } from "./map/check/fields.ts";
import type { Value } from "./model/json.ts";
import { mappableIn } from "./stored.ts";

/** The fields of stored messages: those of before a moment, and those since. */
export interface TrafficFields {
	readonly before: Fields;
	readonly since: Fields;
}

/** Takes the inventory of a connector's stored messages. No value is in it. */
export async function fieldsOfTraffic(
	hub: Hub,
	{ connector, since }: { readonly connector: string /** Unix milliseconds. */; readonly since: number },
	deliveries: AsyncIterable<KeptDelivery>,
): Promise<TrafficFields> {
	const directory = await hub.door.directory();
	const parts: { before: Fields[]; since: Fields[] } = { before: [], since: [] };
	for await (const kept of deliveries) {
		const { stored } = kept;
		const to = directory.byId(stored.endpoint);
		if (to === undefined || to.configured.connector.slug !== connector) continue;
		const contents: Value[] = (await mappableIn(hub.files, to, kept)).map(({ message }) => message.content);
		parts[stored.receivedAt < since ? "before" : "since"].push(fieldsOf(contents));
	}
	return { before: mergeFields(parts.before), since: mergeFields(parts.since) };
}
