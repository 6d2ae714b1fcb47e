import { checkContextOf } from "../../src/host/definitions.ts";
import { compileMappings } from "../../src/map/mappings.ts";
import { definitions } from "../definitions.ts";
import { type Row, readable } from "../figure.ts";
import { median, race, ratioOf } from "../rounds.ts";
import { productViewed } from "../segment.ts";
import { byMappings } from "./mapping.ts";

const few = 10;
const many = 1_000;
const rounds = 9;
const turnMs = 200;

/**
 * Parse, map and stringify tracks whose event's name chooses among 1,000 mappings, and among 10: the very same messages,
 * for ten mappings that are in both sets. (Were each of the 1,000 met as often, it would be the processor's cache that
 * is measured: they are some megabytes.)
 */
export const dispatch: Row = async ({ say }) => {
	const contextOf = checkContextOf(definitions().program);
	const texts = Array.from({ length: many }, (_, number) =>
		messageFor(number, (number % few) * (many / few)),
	);
	const workOf = (count: number) => {
		const files = Array.from({ length: count }, (_, number) => mappingOf((number * many) / count));
		const { set, problems } = compileMappings(files, contextOf);
		if (set === undefined) throw new Error(JSON.stringify(problems[0]));
		const map = byMappings(set);
		if (texts.some((text) => map(text) === "[]")) throw new Error("every message has its mapping");
		return () => {
			for (const text of texts) map(text);
			return texts.length;
		};
	};
	say(`${rounds} rounds`);
	const rates = await race({ ours: workOf(many), theirs: workOf(few) }, { rounds, turnMs });
	return [
		{
			what: "a message among 1,000 mappings",
			against: "among 10",
			value: ratioOf(rates),
			unit: "×",
			target: { atLeast: 0.95 },
			ours: `${readable(median(rates.ours))} messages per CPU second`,
			theirs: readable(median(rates.theirs)),
		},
	];
};

const nameOf = (number: number): string => `Viewed ${String(number).padStart(4, "0")}`;

const mappingOf = (number: number) => ({
	path: `mappings/bench/${number}.yaml`,
	name: `bench/${number}`,
	version: "1",
	text: `
title: Number ${number}
from: segment
when: { type: track, event: ${nameOf(number)} }
event:
  action: product_view
  customer: [{ id: $.userId }]
  data: { product_id: $.properties.product_id, product_name: $.properties.name, price: { $number: $.properties.price } }
`,
});

const messageFor = (number: number, mapping: number): string =>
	JSON.stringify({ ...productViewed(number, `customer-${number}`, Date.now()), event: nameOf(mapping) });
