import fc from "fast-check";
import { expect } from "vitest";
import type { Command } from "../model/event.ts";
import type { EventOutcome } from "../model/outcome.ts";
import { invariant, unreachable } from "../model/result.ts";
import type { Sql } from "../model/sql.ts";
import { type Inbox, type Incoming, openInbox, type Pin, type Planned, type Taken } from "./inbox.ts";

export const noon = Date.UTC(2026, 10, 22, 12);
export const hour = 3_600_000;
/** A lease is 30 seconds. */
export const lease = 30_000;
export const ada = "ada0".repeat(8);
export const grace = "9ace".repeat(8);

/** An inbox on an empty database, with a clock that stands still until it is moved. */
export interface Bench {
	readonly sql: Sql;
	readonly inbox: Inbox;
	now(): number;
	pass(ms: number): void;
	/** The inbox as the next process finds it. */
	reopen(): Inbox;
}

export function benchOn(sql: Sql): Bench {
	let now = noon;
	const reopen = () => openInbox({ sql, clock: () => now, shard: 0 });
	return {
		sql,
		inbox: reopen(),
		now: () => now,
		pass: (ms) => {
			now += ms;
		},
		reopen,
	};
}

/** Runs `body` and takes back all that it wrote, so that many lives begin empty in one database. */
export function undone(sql: Sql, body: () => void): void {
	const end = new Error("what was written is taken back");
	try {
		sql.transaction(() => {
			body();
			throw end;
		});
	} catch (error) {
		if (error !== end) throw error;
	}
}

export const bodyOf = (n: number): Uint8Array => new Uint8Array([n]);

/** The `n`th delivery of a sender that tries again for an hour. */
export const delivery = (n: number, { receivedAt = noon } = {}): Incoming => ({
	endpoint: "ep_1",
	proved: "all",
	paused: false,
	retriesForMs: hour,
	delivery: { method: "POST", path: "", query: "", headers: {}, receivedAt },
	removed: [],
	body: { inline: bodyOf(n) },
	key: n.toString(16).padStart(32, "0"),
});

export const idsOf = ({ fresh, turns }: Taken): readonly string[] => [
	...turns.map((turn) => turn.delivery),
	...fresh.map(({ id }) => id),
];

const command = (key: string): Command => ({
	key,
	action: "sign_in",
	identities: [],
	timestamp: noon,
	data: { exact: "0.1", list: [1, null, { deep: true }] },
	once: [],
	trust: "trusted",
	lenient: true,
	provenance: { source: "Segment" },
});

export const planned = (key: string, outcome?: EventOutcome): Planned => ({
	mapping: "segment/signed-in",
	version: "1",
	action: "sign_in",
	command: command(key),
	...(outcome === undefined ? {} : { outcome }),
});

export const appended: EventOutcome = { kind: "appended", event: "e1", points: 5, customer: "c1" };
export const duplicate: EventOutcome = { kind: "duplicate", event: "e0", customer: "c1" };
export const unknown: EventOutcome = { kind: "not_a_member", reason: "nobody is called that" };

export const pin = (position: number, plan: readonly Planned[] | null): Pin => ({
	position,
	state: "pending",
	senderId: `m-${position}`,
	type: "track",
	time: plan === null ? null : noon + position,
	persons: [],
	plan,
	reason: null,
});

interface Kept {
	readonly n: number;
	readonly time: number;
	readonly hashes: readonly string[];
	readonly until?: number;
}

/** A delivery of one message, settled as of somebody unknown and kept for their opt-in. */
export function kept(inbox: Inbox, { n, time, hashes, until = noon + 24 * hour }: Kept): string {
	const { delivery: id } = inbox.receive(delivery(n));
	inbox.take(1);
	inbox.pin([{ delivery: id, messages: [{ ...pin(0, [planned(String(n))]), time }] }]);
	const plan = [planned(String(n), unknown)];
	inbox.settle([{ delivery: id, position: 0, plan, retryAt: null, hold: { hashes, until } }]);
	return id;
}

type Answer = "appended" | "unknown" | "none";

type Step =
	| { readonly kind: "receive"; readonly n: number; readonly messages: number; readonly paused: boolean }
	/** One turn of a drain that dies after the act named by `until`. */
	| {
			readonly kind: "turn";
			readonly limit: number;
			readonly until: "take" | "pin" | "settle";
			readonly answers: readonly Answer[];
	  }
	| { readonly kind: "release" }
	| { readonly kind: "letGo"; readonly n: number }
	| { readonly kind: "pass"; readonly ms: number }
	| { readonly kind: "crash" };

export const step: fc.Arbitrary<Step> = fc.oneof(
	fc.record({
		kind: fc.constant("receive"),
		n: fc.nat(6),
		messages: fc.nat(3),
		paused: fc.boolean(),
	}),
	fc.record({
		kind: fc.constant("turn"),
		limit: fc.integer({ min: 1, max: 4 }),
		until: fc.constantFrom("take", "pin", "settle"),
		answers: fc.array(fc.constantFrom<Answer>("appended", "unknown", "none"), { minLength: 1 }),
	}),
	fc.record({ kind: fc.constant("release") }),
	fc.record({ kind: fc.constant("letGo"), n: fc.nat(6) }),
	fc.record({ kind: fc.constant("pass"), ms: fc.constantFrom(1, 1_000, lease, 3 * hour) }),
	fc.record({ kind: fc.constant("crash") }),
) as fc.Arbitrary<Step>;

interface Life {
	/** Takes one step, and looks whether the promises still hold. */
	take(step: Step): void;
	/** Lets a drain that never dies go on until there is nothing to wake for: then everything must be settled. */
	settleAll(): void;
}

/** An inbox in use, with a drain that may die at any point, and beside it what was promised to whom. */
export function lifeOf(bench: Bench): Life {
	let { inbox } = bench;
	/** How many messages each acknowledged delivery has. */
	const acknowledged = new Map<string, number>();
	const idOf = new Map<number, string>();
	/** The event key of each message's first plan, by delivery and position. */
	const pinned = new Map<string, string>();
	let plans = 0;

	return { take, settleAll };

	function take(one: Step): void {
		act(one);
		for (const id of acknowledged.keys()) {
			const shown = inbox.show(id);
			invariant(shown !== null, "an acknowledged delivery is stored");
			for (const { state, dueAt } of shown.messageViews) expect(dueAt !== null).toBe(state === "pending");
			if (shown.outcome === "pending") expect(inbox.wakeAt()).not.toBeNull();
		}
	}

	function act(one: Step): void {
		switch (one.kind) {
			case "receive":
				receive(one);
				break;
			case "turn":
				turn(one);
				break;
			case "release":
				inbox.release([ada]);
				break;
			case "letGo":
				inbox.letGo(idOf.get(one.n) ?? "");
				break;
			case "pass":
				bench.pass(one.ms);
				break;
			case "crash":
				inbox = bench.reopen();
				break;
			default:
				unreachable(one);
		}
	}

	function receive({ n, messages, paused }: Step & { kind: "receive" }): void {
		const incoming = { ...delivery(n, { receivedAt: bench.now() }), paused };
		const { delivery: id, repeated } = inbox.receive({ ...incoming, body: { inline: bodyOf(messages) } });
		expect(repeated).toBe(acknowledged.has(id));
		if (!repeated) acknowledged.set(id, messages);
		idOf.set(n, id);
	}

	function turn({ limit, until, answers }: Omit<Step & { kind: "turn" }, "kind">): void {
		const { fresh, turns, of } = inbox.take(limit);
		expect(fresh.length + turns.length).toBeLessThanOrEqual(limit);
		if (until === "take") return;

		const looked = [
			...fresh.map((stored) => ({
				stored,
				positions: Array.from({ length: acknowledged.get(stored.id) ?? 0 }, (_, position) => position),
			})),
			...of.map((stored) => ({
				stored,
				positions: turns
					.filter((one) => one.delivery === stored.id && one.plan === null)
					.map(({ position }) => position),
			})),
		];
		const pins = looked.map(({ stored: { id, paused }, positions }) => ({
			delivery: id,
			messages: positions.map((position) => pinOf(id, position, paused)),
		}));
		inbox.pin(pins);
		if (until === "pin") return;

		const planned = [
			...turns.flatMap(({ delivery: id, position, plan }) => (plan === null ? [] : [{ id, position, plan }])),
			...pins.flatMap(({ delivery: id, messages }) =>
				messages.flatMap(({ position, plan }) => (plan === null ? [] : [{ id, position, plan }])),
			),
		];
		inbox.settle(
			planned.map(({ id, position, plan }, index) => {
				const answer = answers[index % answers.length] ?? "none";
				const outcome = answer === "appended" ? appended : unknown;
				return {
					delivery: id,
					position,
					plan: answer === "none" ? plan : plan.map((one) => ({ ...one, outcome: one.outcome ?? outcome })),
					retryAt: answer === "none" ? bench.now() + 1_000 : null,
					hold: answer === "unknown" ? { hashes: [ada], until: bench.now() + hour } : null,
				};
			}),
		);
	}

	/** Every other message is unplanned at first, as where a turn had no room for it. */
	function pinOf(id: string, position: number, paused: boolean): Pin {
		if (paused) return { ...pin(position, null), state: "held" };
		plans += 1;
		const late = inbox.show(id)?.messageViews[position] === undefined && position % 2 === 1;
		if (late) return pin(position, null);
		const plan = [planned(`plan ${plans}`)];
		const message = `${id} ${position}`;
		if (!pinned.has(message)) pinned.set(message, plan[0]?.command?.key ?? "");
		return pin(position, plan);
	}

	function settleAll(): void {
		const most = 200;
		for (let turns = 0; inbox.wakeAt() !== null; turns += 1) {
			invariant(turns < most, "a drain that never dies comes to an end");
			bench.pass(Math.max((inbox.wakeAt() ?? 0) - bench.now(), 0));
			turn({ limit: 4, until: "settle", answers: ["appended"] });
		}
		for (const [id, messages] of acknowledged) {
			const shown = inbox.show(id)?.messageViews ?? [];
			expect(shown.length).toBe(messages);
			for (const { position, state, plan } of shown) {
				expect(["done", "held"]).toContain(state);
				if (state === "done") expect(plan?.[0]?.command?.key).toBe(pinned.get(`${id} ${position}`));
			}
		}
	}
}
