import { describe, expect, it } from "vitest";
import type { Hub } from "./hub.ts";
import type { Command } from "./model/event.ts";
import type { EventOutcome } from "./model/outcome.ts";
import { recordNow } from "./record-now.ts";

const appended = (event: string): EventOutcome => ({ kind: "appended", event, points: 0, customer: "ada" });
const commandOf = (key: string) => ({ key }) as Command;

/** A ledger that answers each call by the next of these, key by key; it notes what it was asked, and each pause. */
function hubAnswering(answers: readonly Readonly<Record<string, EventOutcome>>[]) {
	const seen: (string | number)[] = [];
	let turn = 0;
	const hub = {
		ledger: {
			record: async (commands: readonly Command[]) => {
				seen.push(commands.map(({ key }) => key).join());
				const outcomes = answers[turn++] ?? {};
				return commands.map(({ key }) => ({ key, outcome: outcomes[key], awaited: [] }));
			},
		},
	} as unknown as Hub;
	const pause = async (ms: number): Promise<void> => {
		seen.push(ms);
	};
	return { hub, pause, seen };
}

describe("recording while a caller waits", () => {
	it("asks once where everything is answered", async () => {
		const { hub, pause, seen } = hubAnswering([{ a: appended("1"), b: appended("2") }]);
		const outcomes = await recordNow(hub, [commandOf("a"), commandOf("b")], pause);
		expect(outcomes).toEqual([appended("1"), appended("2")]);
		expect(seen).toEqual(["a,b"]);
	});

	it("asks again, a little later, for what another attempt is about", async () => {
		const { hub, pause, seen } = hubAnswering([{ a: appended("1") }, {}, { b: appended("2") }]);
		const outcomes = await recordNow(hub, [commandOf("b"), commandOf("a")], pause);
		expect(outcomes).toEqual([appended("2"), appended("1")]);
		expect(seen).toEqual(["b,a", 25, "b", 100, "b"]);
	});

	it("gives up before the caller does", async () => {
		const { hub, pause, seen } = hubAnswering([]);
		expect(await recordNow(hub, [commandOf("a")], pause)).toEqual([undefined]);
		expect(seen).toEqual(["a", 25, "a", 100, "a", 400, "a"]);
	});
});
