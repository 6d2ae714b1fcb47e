import { isDeepStrictEqual } from "node:util";
import { isoTime } from "../../src/kit/time.ts";
import type { MappingSet } from "../../src/map/mappings.ts";
import { parseJson, type ValueObject } from "../../src/model/json.ts";
import { byHandExactly, byHandInFloats } from "../by-hand.ts";
import { definitions } from "../definitions.ts";
import { type Figure, type Row, readable } from "../figure.ts";
import { byJsonata, byMappingKit } from "../others.ts";
import { median, race, ratioOf } from "../rounds.ts";
import { orderCompleted } from "../segment.ts";

const orders = 64;
const linesOfOrder = 5;
const rounds = 7;
const turnMs = 250;

/**
 * Parse, map and stringify an `Order Completed` of five products (2.4 KB), with all shipped presets loaded, beside the
 * same by hand and by others. 64 orders take turns; that ours and the exact hand's texts say the same is checked first.
 */
export const mapping: Row = async ({ say }) => {
	const { mappings } = definitions();
	const texts = Array.from({ length: orders }, (_, number) =>
		orderCompleted({ number, lines: linesOfOrder, customer: `customer-${number}`, at: Date.now() }),
	);
	const ours = byMappings(mappings);
	const facts = mappings.mappings.find(({ name }) => name === "segment/order-completed");
	if (facts === undefined) throw new Error("the preset segment/order-completed is shipped");
	const hands = byHandExactly(facts.name, facts.version);
	for (const text of texts) {
		if (!isDeepStrictEqual(JSON.parse(ours(text)), JSON.parse(hands(text))))
			throw new Error(`the hand maps another event of ${text}`);
	}

	const kit = byMappingKit();
	const jsonata = byJsonata();
	say(`${rounds} rounds of ${texts[0]?.length} bytes an order`);
	const rates = await race(
		{
			ours: over(texts, ours),
			exact: over(texts, hands),
			floats: over(texts, byHandInFloats(facts.name, facts.version)),
			kit: kit === null ? undefined : over(texts, kit),
			jsonata: async () => {
				for (const text of texts) await jsonata(text);
				return texts.length;
			},
		},
		{ rounds, turnMs },
	);
	const against = (name: string, theirs: readonly number[], target: number, unit: "%" | "×"): Figure => {
		const isThere = theirs.length > 0;
		return {
			what: "mapping an order of 5 products",
			against: name,
			value: isThere ? ratioOf({ ours: rates.ours, theirs }) * (unit === "%" ? 100 : 1) : null,
			unit,
			target: { atLeast: target },
			ours: `${readable(median(rates.ours))} orders per CPU second`,
			theirs: isThere ? readable(median(theirs)) : "–",
			...(isThere ? {} : { note: `${name} is not installed` }),
		};
	};
	return [
		against("by hand with the same exact decimals", rates.exact, 85, "%"),
		against("by hand with floats", rates.floats, 65, "%"),
		against("Segment's mapping-kit", rates.kit, 2.5, "×"),
		against("JSONata", rates.jsonata, 6, "×"),
	];
};

/** One after the other. */
const over = (texts: readonly string[], map: (text: string) => string) => () => {
	for (const text of texts) map(text);
	return texts.length;
};

/** As the drain does it: parse, read id, type and time, run the mappings, and write what they gave. */
export function byMappings(mappings: MappingSet): (text: string) => string {
	const delivery = { receivedAt: Date.now(), headers: {}, settings: { enrol: "signed_up" } };
	return (text) => {
		const parsed = parseJson(text);
		if (!parsed.ok) throw new TypeError(parsed.failure.reason);
		const content = parsed.value as ValueObject;
		const message = {
			id: String(content["messageId"]),
			type: String(content["type"]),
			time: isoTime(content["timestamp"]),
			identities: [],
			content,
		};
		const mapped = mappings.run("segment", "bench", message, delivery);
		return JSON.stringify(mapped.kind === "mapped" ? mapped.events : []);
	};
}
