import fc from "fast-check";
import { it } from "vitest";
import { exampleProgram } from "../../src/ledger/fixture.ts";
import { type LifeParts, openLife } from "./life.ts";
import { livesOf, type Mix, plain, wild } from "./steps.ts";
import { openTally } from "./tally.ts";

/** 150 steps a run; `LEDGER_RUNS=1000` takes minutes. */
const runsOf = (usual: number): number => Number(process.env["LEDGER_RUNS"] ?? usual);
const stepsMax = 150;
const timeout = 3_600_000;

const wildProgram = exampleProgram(
	{},
	{
		points: `
purchase: { rate: 0.05, rounding: ceil, accept: manual, accept_after: 60d }
accounts:
  main: { expiry: { rule: rolling, after: 90d } }
  miles: { expiry: { rule: activity, after: 60d } }
`,
		tiers: `
status:
  window: { kind: rolling, last: 6mo }
  tiers: { bronze: { from: 0 }, silver: { from: 100 }, gold: { from: 1000 } }
`,
	},
);

/** What `Tally` knows: see there. */
const plainProgram = exampleProgram({ accept: "manual" });

async function live(mix: Mix, numRuns: number, parts: () => LifeParts): Promise<void> {
	await fc.assert(
		fc.asyncProperty(livesOf(mix, stepsMax), async (steps) => {
			const life = openLife(parts());
			try {
				for (const step of steps) await life.take(step);
				await life.end();
			} finally {
				life.close();
			}
		}),
		{ numRuns },
	);
}

it("keeps its promises after every step of any life", { timeout }, () =>
	live(wild, runsOf(24), () => ({ program: wildProgram, shards: 1 })),
);

it("gives everybody the points that the documents give them", { timeout }, () =>
	live(plain, runsOf(24), () => ({ program: plainProgram, shards: 1, tally: openTally() })),
);

it("does so over many shards, each of which may be the last that was reached", { timeout }, () =>
	live({ ...plain, restores: false }, runsOf(8), () => ({
		program: plainProgram,
		shards: 4,
		tally: openTally(),
	})),
);

it("keeps its promises after every step of any life over many shards", { timeout }, () =>
	live({ ...wild, restores: false }, runsOf(8), () => ({ program: wildProgram, shards: 4 })),
);
