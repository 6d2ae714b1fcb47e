import fc from "fast-check";
import { expect, it } from "vitest";
import type { EventView } from "../src/ledger/view.ts";
import { eventsOf, segmentEndpoint } from "./support/calls.ts";
import { openTestHub } from "./support/hub.ts";

/** Three texts of one mapping: two say different things of a purchase, the third reads none. */
const texts = ["$.properties.price", "$.properties.list_price", undefined].map(
	(price) => `title: A purchase
from: segment
when: { type: track, event: ${price === undefined ? "Nothing" : "Bought"} }
events:
  - action: checkout
    customer: $.userId
    data: { transaction_id: $.properties.order, total: { $number: ${price ?? "$.properties.price"} } }
  - action: point_add
    customer: $.userId
    data: { points: { $integer: ${price ?? "$.properties.price"} }, reason: $.messageId }
`,
);

type Step =
	| { readonly kind: "buy"; readonly order: number; readonly who: string }
	| { readonly kind: "join"; readonly who: string }
	| { readonly kind: "change"; readonly text: number }
	| { readonly kind: "replay" };

const who = fc.constantFrom("ada", "bob");
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
	fc.oneof(
		{ weight: 4, arbitrary: fc.record({ kind: fc.constant("buy" as const), order: fc.nat(9), who }) },
		fc.record({ kind: fc.constant("join" as const), who }),
		{ weight: 2, arbitrary: fc.record({ kind: fc.constant("change" as const), text: fc.nat(2) }) },
		{ weight: 2, arbitrary: fc.record({ kind: fc.constant("replay" as const) }) },
	),
	{ minLength: 8, maxLength: 20 },
);

const factOf = ({ id, action, customer, points, properties }: EventView) =>
	JSON.stringify({ id, action, customer, points, properties });

it("A replay adds what its rehearsal says is new, takes nothing away, and counts no order twice", async () => {
	await fc.assert(
		fc.asyncProperty(steps, async (life) => {
			const hub = await openTestHub();
			const endpoint = await segmentEndpoint(hub, "shop");
			const send = async (message: object): Promise<void> => {
				await hub.fetch(
					new Request(`${hub.url}/v1/track`, {
						method: "POST",
						headers: { Authorization: `Basic ${btoa(`${endpoint.writeKey}:`)}` },
						body: JSON.stringify(message),
					}),
				);
				await hub.drained();
			};
			const replay = async (dryRun: boolean): Promise<unknown> =>
				hub.call("POST", "/deliveries/replay", { filter: { endpoint: endpoint.id }, dryRun });

			// Until a mapping reads them, purchases are only kept.
			for (const step of [{ kind: "join", who: "ada" } as const, ...life]) {
				if (step.kind === "join")
					await send({ userId: step.who, event: "Signed Up", messageId: `join ${step.who}` });
				if (step.kind === "change") await hub.ask("PUT", "/mappings/shop/bought", texts[step.text]);
				if (step.kind === "buy") {
					const properties = { order: `o-${step.order}`, price: 10, list_price: 12 };
					await send({
						userId: step.who,
						event: "Bought",
						messageId: `${step.who} ${step.order}`,
						properties,
					});
				}
				if (step.kind === "replay") {
					const before = (await eventsOf(hub)).map(factOf);
					const rehearsed = (await replay(true)) as { readonly events: { readonly new?: number } };
					expect((await eventsOf(hub)).map(factOf)).toEqual(before);
					await replay(false);
					await hub.drained();
					const after = (await eventsOf(hub)).map(factOf);
					expect(after.slice(0, before.length)).toEqual(before);
					// Two people who claim one order are both new until one of them has it.
					expect(after.length - before.length).toBeLessThanOrEqual(rehearsed.events.new ?? 0);
					expect(after.length > before.length).toBe((rehearsed.events.new ?? 0) > 0);
				}
			}
			const facts = (await eventsOf(hub)).flatMap(({ action, properties }) => {
				if (action === "checkout") return [`order ${String(properties["transaction_id"])}`];
				return action === "point_add" ? [`message ${String(properties["reason"])}`] : [];
			});
			expect(new Set(facts).size).toBe(facts.length);
			expect(await hub.call("POST", "/ledger/rebuild")).toMatchObject({ differences: [] });
			expect(hub.errors).toEqual([]);
			await hub.close();
		}),
		{ numRuns: 12 },
	);
}, 120_000);
