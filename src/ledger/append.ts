import type { ActionDefinition } from "../catalog/definition.ts";
import type { Program } from "../catalog/program.ts";
import type { Command, Provenance } from "../model/event.ts";
import type { JsonObject } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import { canonicalText } from "./canonical.ts";
import { type Cast, textIn } from "./cast.ts";
import { decide, isSameFact, prepare } from "./decide.ts";
import type { Child, Decision } from "./decision.ts";
import { settleDue } from "./due.ts";
import { guestId } from "./guest.ts";
import { leaseMs, pointsMax } from "./limits.ts";
import type { Recorded } from "./log.ts";
import { mainAccount, type Postings } from "./postings.ts";
import { claimsOf, type Flag, type Properties } from "./properties.ts";
import { type Appended, type Appending, shardOf } from "./shard.ts";
import type { State } from "./state.ts";
import type { Turn } from "./turn.ts";
import { put, reviewTiers } from "./write.ts";

/** Events that come by import may be as old as they are. */
const importSource = "Import";

/**
 * Appends an event in its customer's shard, once: asked again, it says what is there.
 *
 * Where nothing is appended, the asker gives the claims up; another attempt at the same event, which counted on
 * them, is kept out by a fence.
 */
export function append(turn: Turn, asked: Appending, now: number): Appended {
	const { command, claimedAt } = asked;
	const definition = turn.definition(command.action);
	if (definition === undefined) return { kind: "failed", reason: `no action is called ${command.action}` };

	const repeated = turn.eventOf(command.key);
	if (repeated !== undefined) return repeatOf(turn, repeated, command, definition);
	if (isStale(turn, asked, now)) return { kind: "stale" };

	const prepared = prepare(definition, command.data);
	const appended = prepared.ok
		? appendPrepared(turn, asked, {
				definition,
				...prepared.value,
				text: canonicalText(prepared.value.data),
			})
		: refused(prepared.failure);
	const isOver = appended.kind !== "appended" && appended.kind !== "unsure";
	if (isOver && claimedAt !== null && turn.shards > 1) turn.claims.fence(command.key, now);
	return appended;
}

/** Whether the claims may be another's by now: too old, given up, or of a key that is claimed for somebody else. */
function isStale(
	{ claims, shard, shards }: Turn,
	{ command, subject, claimedAt, instead }: Appending,
	now: number,
): boolean {
	if (claimedAt !== null && now - claimedAt > leaseMs) return true;
	if (shards === 1) return false;
	const fencedAt = claimedAt === null ? null : claims.fenceOf(command.key);
	if (claimedAt !== null && fencedAt !== null && claimedAt < fencedAt) return true;
	// Where the key is at home in this shard, the event itself is the claim, and must not overlook another's.
	const holder = shardOf(command.key, shards) === shard ? claims.holder(command.key) : null;
	return holder !== null && holder.subject !== subject && !instead.includes(holder.subject);
}

interface Prepared extends Cast {
	readonly definition: ActionDefinition;
	/** `data` as canonical JSON. */
	readonly text: string;
}

function appendPrepared(turn: Turn, asked: Appending, prepared: Prepared): Appended {
	const { definition, data, text } = prepared;
	const { command, subject } = asked;
	const account = command.account ?? definition.account ?? mainAccount;
	const { accounts } = turn.program.points;
	if (!accounts.has(account))
		return refused(`there is no such account; there are ${[...accounts.keys()].join(", ")}`);
	if (isTooOld(command, turn.program, turn.recordedAt))
		return refused("the event is older than backdate_max");
	const ahead = command.timestamp - turn.recordedAt > limits.aheadMsMax;
	const timestamp = ahead ? turn.recordedAt : command.timestamp;

	const orders = command.orders ?? "";
	const standing = turn.standing(subject);
	if (standing?.into != null) return { kind: "moved", to: standing.into };
	if (standing?.status === "erased") return { kind: "suppressed", reason: "the person was erased" };
	settleDue(turn, subject);
	const state = stateFor(turn, { subject, definition, data, orders });
	if (state.customer === undefined && !asked.creates) return { kind: "absent" };

	const onceHash = hashOfOnce(turn, definition, subject, timestamp);
	const earlier = onceHash === undefined ? null : turn.claims.holder(onceHash);
	if (earlier !== null) return anotherOf(turn, earlier.key, definition, data);
	const absorbed = standing?.absorbed ?? [];
	const claims = absorbed.flatMap((place) => {
		const hash = hashOfOnce(turn, definition, place.subject, timestamp);
		return hash === undefined || asked.free?.includes(hash) === true ? [] : [{ hash, shard: place.shard }];
	});
	const isFirst = asked.free === null && absorbed.length > 0;
	if (isFirst || claims.length > 0) return { kind: "unsure", claims };

	const guest = state.customer === undefined ? command.guest === true : state.customer.status === "guest";
	const id = state.customer?.id ?? idIn(asked);
	const decided = decide({
		definition,
		data,
		timestamp,
		account,
		orders,
		lenient: command.lenient,
		guest,
		id,
		identities: asked.ties,
		state,
		rules: turn.program.points,
	});
	if (!decided.ok) return decided.failure;
	const all = [decided.value, ...(decided.value.children ?? [])];
	if (all.some(({ postings }) => isTooMuch(postings)))
		return refused("so many points in one event are a mistake");

	if (onceHash !== undefined) {
		const claim = { hash: onceHash, subject, shard: turn.shard, key: command.key, over: null };
		turn.claims.claim(claim, turn.recordedAt);
	}
	const once = onceHash === undefined ? command.once : [onceHash];
	const event = write({
		turn,
		asked,
		account,
		timestamp,
		data,
		text,
		id,
		flags: flagsOf(command, prepared, ahead),
		once,
		decision: decided.value,
	});
	return { kind: "appended", event, points: all.reduce((sum, { points }) => sum + points, 0), customer: id };
}

const refused = (reason: string): Appended => ({ kind: "refused", code: 0, reason });

/** Unless it is imported. */
export const isTooOld = ({ timestamp, provenance }: Command, { points }: Program, now: number): boolean =>
	now - timestamp > points.backdateMaxMs && provenance.source !== importSource;

export const isTooMuch = (postings: Postings): boolean =>
	Object.values(postings).some((points) => Math.abs(points) > pointsMax);

/** The loyalty id of a customer who is being made: their first `id`. */
const idIn = ({ command, subject }: Appending): string =>
	command.guest === true
		? guestId(subject)
		: (command.identities.find(({ kind }) => kind === "id")?.value ?? "");

interface Subject {
	readonly subject: string;
	readonly definition: ActionDefinition;
	readonly data: JsonObject;
	readonly orders: string;
}

/** The customer's state, with the transaction that a purchase or its sequel is about. */
function stateFor(turn: Turn, { subject, definition, data, orders }: Subject): State {
	// A checkout that comes this far has the claim on its transaction: there is none yet.
	if (definition.continues !== undefined)
		turn.loadTransaction(subject, orders, textIn(data, "transaction_id"));
	if (mayTake(turn.state(subject), definition, data)) {
		turn.load(subject, "lots");
		turn.load(subject, "reservations");
	}
	return turn.state(subject);
}

/** Whether the event may take points out of lots, which then have to be known. */
function mayTake({ balances }: State, { name, points }: ActionDefinition, data: JsonObject): boolean {
	if (name !== "checkout") return takers.has(name) || points < 0;
	return (data["points_burned"] ?? 0) !== 0 || Object.values(balances).some(({ reserved }) => reserved !== 0);
}

const takers: ReadonlySet<string> = new Set([
	"point_sub",
	"point_spend",
	"point_fix",
	"reserve_points",
	"release_points",
	"checkout_update",
	"checkout_update_item",
	"checkout_reject",
	"refund",
	"partial_refund",
	"refund_item",
]);

function repeatOf(
	turn: Turn,
	event: Recorded,
	{ action, data, provenance }: Command,
	definition: ActionDefinition,
): Appended {
	const same =
		event.body !== null && event.action === action && isSameFact(definition, event.body.data, data);
	return {
		kind: same ? "repeated" : "contradicted",
		event: turn.idOf(event),
		customer: event.body?.properties.customer ?? "",
		earlier: event.body === null ? null : earnedEarlier(event.body.properties, provenance),
		claims: event.body === null ? [] : claimsOf(event.body.properties),
	};
}

/** What the event earned with its children, where it was made of the very same message of the same delivery. */
function earnedEarlier({ provenance, points, effect }: Properties, again: Provenance): number | null {
	const same = provenance.delivery === again.delivery && provenance.position === again.position;
	if (!same || again.delivery === undefined) return null;
	return effect?.kind === "opened" ? effect.earned : points;
}

const dayMs = 86_400_000;

/** The claim key of an action that each customer can do once, or once a day; it lives in the customer's shard. */
function hashOfOnce(
	{ crypto }: Turn,
	{ name, once }: ActionDefinition,
	subject: string,
	timestamp: number,
): string | undefined {
	if (once !== "customer" && once !== "customer_per_day") return undefined;
	const day = once === "customer" ? null : Math.floor(timestamp / dayMs);
	return crypto.sha256Hex(JSON.stringify(["once", name, subject, day])).slice(0, 32);
}

/** The customer has done it already: the same again is a duplicate, something else can not be. */
function anotherOf(turn: Turn, key: string, definition: ActionDefinition, data: JsonObject): Appended {
	const event = turn.eventOf(key);
	const id = event === undefined ? null : turn.idOf(event);
	if (event?.body != null && isSameFact(definition, event.body.data, data)) {
		return { kind: "duplicate", event: id, customer: event.body.properties.customer };
	}
	return {
		kind: "conflict",
		event: id,
		code: 10001,
		reason: `Action "${definition.name}" cannot be repeated`,
	};
}

export function flagsOf(
	{ trust, sensitive }: Command,
	{ unknown }: Pick<Cast, "unknown">,
	ahead: boolean,
): readonly Flag[] {
	const flags: Flag[] = [];
	if (ahead) flags.push("ahead");
	if (trust === "public") flags.push("public");
	if (unknown) flags.push("unknown_attributes");
	if (sensitive === true) flags.push("sensitive");
	return flags;
}

interface Writing {
	readonly turn: Turn;
	readonly asked: Appending;
	readonly account: string;
	readonly timestamp: number;
	readonly data: JsonObject;
	readonly text: string;
	readonly id: string;
	readonly flags: readonly Flag[];
	readonly once: readonly string[];
	readonly decision: Decision;
}

/** Writes the event, those that come with it, and the tiers that are reached by it. */
function write({ turn, asked, account, timestamp, data, text, id, flags, once, decision }: Writing): string {
	const { command, subject, ties } = asked;
	const shared = {
		customer: id,
		...(flags.length === 0 ? {} : { flags }),
		provenance: command.provenance,
	};
	const keyAt = (index: number): string => childKey(command.key, index);
	const { points, postings, children = [] } = decision;
	const parent = put(turn, {
		subject,
		key: command.key,
		action: command.action,
		account,
		timestamp,
		data,
		text,
		postings,
		properties: {
			...shared,
			points,
			...effectsOf(decision),
			...(once.length === 0 ? {} : { once }),
			...(ties.length === 0
				? {}
				: { identities: ties.map(({ kind, value, hash }) => ({ kind, value, hash })) }),
		},
	});
	for (const [index, child] of children.entries()) {
		put(turn, {
			subject,
			key: keyAt(index),
			action: child.action,
			account,
			timestamp,
			data: child.data,
			postings: child.postings,
			properties: { ...shared, points: child.points, ...effectsOf(child), parent },
		});
	}
	reviewTiers(turn, subject, { keyAt: (index) => keyAt(children.length + index), parent });
	return parent;
}

const effectsOf = ({ effect, lots = [] }: Decision | Child) => ({
	...(effect === undefined ? {} : { effect }),
	...(lots.length === 0 ? {} : { lots }),
});

/**
 * A child's key is its parent's, whose last two bytes are zero, with its own number there: it too is recorded once,
 * and the keys of one purchase lie side by side in the index.
 */
const childKey = (parentKey: string, index: number): string =>
	parentKey.slice(0, -4) + (index + 1).toString(16).padStart(4, "0");
