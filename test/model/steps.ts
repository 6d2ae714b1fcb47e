import fc from "fast-check";
import { day, minute } from "../../src/ledger/fixture.ts";
import type { JsonObject } from "../../src/model/json.ts";

export const people = ["ada", "bob", "cleo"] as const;
export type Person = (typeof people)[number];

/** What happens in a hub's life. */
export type Step =
	| { readonly kind: "send"; readonly batch: readonly Sending[]; readonly death: Death | null }
	| { readonly kind: "merge"; readonly from: Person; readonly into: Person; readonly death: Death | null }
	/** What was sent once is delivered again. */
	| { readonly kind: "again"; readonly index: number }
	| { readonly kind: "clock"; readonly ms: number }
	| { readonly kind: "upkeep" | "sign" | "crash" | "backup" | "restore" };

/** The process dies at the n-th call from now, which is done or not; nobody is told. */
export interface Death {
	readonly call: number;
	readonly done: boolean;
}

/** A text that begins with `@` is the sender's own: what they have said before stands in its place. */
export interface Sending {
	readonly action: string;
	readonly who: Person;
	readonly data: JsonObject;
	readonly account: string;
	/** How long ago it happened, milliseconds. */
	readonly late: number;
	/** Whether it is of the purchase of nobody who is known. */
	readonly guest: boolean;
}

const order = fc.constantFrom("o-1", "o-2", "o-3", "@o-4", "@o-5");
const points = fc.integer({ min: 1, max: 400 }).map((many) => ({ points: many }));
const ofOrder = order.map((id) => ({ transaction_id: id }));
const product = fc.constantFrom("@a", "@b");
const checkout = fc.record({
	transaction_id: order,
	total: fc.integer({ min: 0, max: 9_000 }),
	points_burned: fc.integer({ min: 0, max: 150 }),
	items: fc.constantFrom(
		[],
		[
			{ product_id: "@a", subtotal: 60 },
			{ product_id: "@b", subtotal: 40.5 },
		],
	),
});

const dataOf: Readonly<Record<string, fc.Arbitrary<JsonObject>>> = {
	opt_in: fc.constant({}),
	opt_out: fc.constant({}),
	profile: fc.record({ city: fc.constantFrom("Cork", "Kent") }),
	point_add: points,
	point_sub: points,
	point_spend: points,
	point_unspend: points,
	point_fix: fc.integer({ min: -200, max: 200 }).map((many) => ({ points: many })),
	reserve_points: fc.record({ transaction_id: order, points: fc.integer({ min: 1, max: 100 }) }),
	release_points: ofOrder,
	checkout,
	checkout_update: checkout,
	checkout_accept: ofOrder,
	checkout_accept_item: fc.record({ transaction_id: order, product_id: product }),
	checkout_reject: ofOrder,
	checkout_claim: ofOrder,
	refund: ofOrder,
	partial_refund: fc.record({ transaction_id: order, amount: fc.integer({ min: 1, max: 2_000 }) }),
	refund_item: fc.record({ transaction_id: order, product_id: product }),
	suspend: fc.constant({}),
	unsuspend: fc.constant({}),
};

/** What a life is made of. */
export interface Mix {
	/** How often each action comes, against the others. */
	readonly actions: Readonly<Record<string, number>>;
	readonly jumps: fc.Arbitrary<number>;
	readonly restores: boolean;
	readonly guests: boolean;
}

/** What takes several events to come about is sent more often. */
const everything = {
	...Object.fromEntries(Object.keys(dataOf).map((action) => [action, 1])),
	...{ opt_in: 2, checkout: 3, checkout_claim: 3 },
};

/** All there is, and a clock that goes wherever it likes. */
export const wild: Mix = {
	actions: everything,
	jumps: fc.oneof(fc.integer({ min: -day, max: day }), fc.integer({ min: 0, max: 200 * day })),
	restores: true,
	guests: true,
};

/** What `Tally` knows the points of. */
export const plain: Mix = {
	actions: {
		opt_in: 6,
		opt_out: 1,
		profile: 1,
		point_add: 3,
		point_sub: 2,
		point_spend: 3,
		point_unspend: 2,
		point_fix: 2,
		reserve_points: 2,
		release_points: 2,
		checkout: 8,
		checkout_accept: 5,
		checkout_reject: 2,
		refund: 2,
		partial_refund: 5,
	},
	jumps: fc.integer({ min: 1, max: day }),
	restores: true,
	guests: false,
};

/** What may be said of a guest's purchase. */
const ofGuests = /^(checkout(?!_claim)|refund|partial_refund)/;

const sendingOf = ({ actions, guests }: Mix): fc.Arbitrary<Sending> =>
	fc
		.oneof(...Object.entries(actions).map(([name, weight]) => ({ weight, arbitrary: fc.constant(name) })))
		.chain((action) =>
			fc.record({
				action: fc.constant(action),
				who: fc.constantFrom(...people),
				data: dataOf[action] ?? fc.constant({}),
				account: fc.constantFrom("main", "main", "miles"),
				late: fc.constantFrom(0, 0, 0, minute, 20 * day),
				guest: guests && ofGuests.test(action) ? fc.boolean() : fc.constant(false),
			}),
		);

/** Lives of up to so many steps. */
export function livesOf(mix: Mix, stepsMax: number): fc.Arbitrary<readonly Step[]> {
	const sending = sendingOf(mix);
	const deaths = fc.oneof(
		{ weight: 7, arbitrary: fc.constant(null) },
		{ weight: 1, arbitrary: fc.record({ call: fc.integer({ min: 1, max: 14 }), done: fc.boolean() }) },
	);
	const who = fc.constantFrom(...people);
	const others = [
		"upkeep",
		"sign",
		"crash",
		...(mix.restores ? (["backup", "restore"] as const) : []),
	] as const;
	const step: fc.Arbitrary<Step> = fc.oneof(
		{
			weight: 12,
			arbitrary: fc.record({
				kind: fc.constant("send" as const),
				batch: fc.array(sending, { minLength: 1, maxLength: 4 }),
				death: deaths,
			}),
		},
		{ weight: 2, arbitrary: fc.record({ kind: fc.constant("again" as const), index: fc.nat() }) },
		{
			weight: 1,
			arbitrary: fc.record({ kind: fc.constant("merge" as const), from: who, into: who, death: deaths }),
		},
		{ weight: 2, arbitrary: fc.record({ kind: fc.constant("clock" as const), ms: mix.jumps }) },
		{ weight: 2, arbitrary: fc.record({ kind: fc.constantFrom(...others) }) },
	);
	return fc.array(step, { maxLength: stepsMax, size: "max" });
}
