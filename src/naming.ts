import { namingAttributes } from "./catalog/definition.ts";
import type { Program } from "./catalog/program.ts";
import type { Hub } from "./hub.ts";
import { identityHash } from "./ledger/command.ts";
import type { LedgerReads } from "./ledger/recorder.ts";
import type { EventFilter } from "./ledger/search.ts";
import type { EventView } from "./ledger/view.ts";

/**
 * The ledger as it is read, where what events keep of other customers, a keyed hash, is shown as their loyalty id: null once they
 * are erased, and before they have joined.
 */
export function namingCustomers(
	reads: LedgerReads,
	{ door, crypto }: Pick<Hub, "door" | "crypto">,
): LedgerReads {
	const named = async (event: EventView, hashes: readonly Hashed[]): Promise<EventView> => {
		const recordedAt = Date.parse(event.process_timestamp);
		const ids = await Promise.all(
			hashes.map(async ([name, hash]) => {
				const customer = await reads.customerHolding(hash, recordedAt);
				return [name, customer?.id ?? null] as const;
			}),
		);
		return { ...event, properties: { ...event.properties, ...Object.fromEntries(ids) } };
	};
	const allNamed = async (events: readonly EventView[]): Promise<readonly EventView[]> => {
		const { program } = await door.directory();
		return Promise.all(
			events.map(async (event) => {
				const hashes = hashesIn(event, program);
				return hashes.length === 0 ? event : named(event, hashes);
			}),
		);
	};

	/** A filter by somebody's loyalty id finds what keeps its hash. */
	const hashed = async (filters: readonly EventFilter[]): Promise<readonly EventFilter[]> => {
		const { program, hubKey } = await door.directory();
		return filters.map((filter) => {
			if (!("attribute" in filter) || !isNaming(program, filter.attribute)) return filter;
			const hashes = filter.values.flatMap(
				(value) => identityHash({ kind: "id", value }, { program, hubKey, crypto }) ?? [],
			);
			return { ...filter, values: [...filter.values, ...hashes] };
		});
	};

	return {
		...reads,
		event: async (id) => {
			const event = await reads.event(id);
			if (event === null) return null;
			const [shown = event] = await allNamed([event]);
			return shown;
		},
		receipt: async (id) => {
			const receipt = await reads.receipt(id);
			if (receipt === null) return null;
			const shown = await allNamed(receipt.events.map(({ event }) => event));
			const events = receipt.events.map((one, index) => ({ ...one, event: shown[index] ?? one.event }));
			return { ...receipt, events };
		},
		history: async (customer, query) => {
			const page = await reads.history(customer, query);
			return page === null ? null : { ...page, data: await allNamed(page.data) };
		},
		search: async (customer, search) => {
			const found = await reads.search(customer, { ...search, filters: await hashed(search.filters) });
			return found === null ? null : allNamed(found);
		},
		count: async (filters) => reads.count(await hashed(filters)),
		newest: async (limit) => allNamed(await reads.newest(limit)),
	};
}

const isNaming = ({ actions }: Program, attribute: string): boolean =>
	[...actions.values()].some((definition) => namingAttributes(definition).includes(attribute));

/** An attribute, and the hash that an event has there. */
type Hashed = readonly [name: string, hash: string];

function hashesIn({ action, properties }: EventView, { actions }: Program): readonly Hashed[] {
	const definition = actions.get(action);
	const names = definition === undefined ? [] : namingAttributes(definition);
	return names.flatMap((name) => {
		const value = properties[name];
		return typeof value === "string" && /^[0-9a-f]{32}$/.test(value) ? [[name, value] as const] : [];
	});
}
