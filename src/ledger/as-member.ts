import { good, invariant, type Result } from "../model/result.ts";
import { isTooMuch } from "./append.ts";
import { decide } from "./decide.ts";
import { type Child, type Decision, type Refusal, refuse } from "./decision.ts";
import { evolve } from "./evolve.ts";
import type { Lived } from "./log.ts";
import { mainAccount } from "./postings.ts";
import { at, type Holdings, nobody, type State, type Transaction, transactionKey } from "./state.ts";
import type { Turn } from "./turn.ts";
import { followingFrom } from "./write.ts";

/**
 * What a guest would have by now, had they been a member when they bought: their events are decided again, one after
 * the other, by the rules of today and each at its own time. Refused where the purchase is no longer one, or where
 * today's rules would not have it.
 */
export function asMember(turn: Turn, subject: string, joinedAt: number): Result<Holdings, Refusal> {
	const guest = turn.state(subject);
	const [purchase] = Object.values(guest.transactions);
	const isOpen = purchase?.status === "pending" || purchase?.status === "accepted";
	if (guest.customer === undefined || purchase === undefined || !isOpen) {
		return refuse(0, "Only pending or accepted transactions can be claimed");
	}
	let state: State = { ...nobody, customer: { ...guest.customer, status: "active", createdAt: joinedAt } };
	let children: readonly Child[] = [];
	for (const event of turn.lifeOf(subject)) {
		if (event.properties.parent === undefined) {
			const decided = decideAgain(turn, state, event, purchase);
			if (!decided.ok) return decided;
			state = after(turn, state, event, decided.value);
			children = decided.value.children ?? [];
		} else {
			const [child, ...rest] = children;
			invariant(child !== undefined, "a purchase has as many items as when it was recorded");
			state = after(turn, state, event, child);
			children = rest;
		}
	}
	return good(holdingsOf(state, purchase));
}

/** Only what a purchase earns is by the rules of today: whether it had to be accepted is as it was. */
function decideAgain(
	turn: Turn,
	state: State,
	{ action, data, timestamp, properties }: Lived,
	{ orders }: Transaction,
): Result<Decision, Refusal> {
	const definition = turn.definition(action);
	invariant(definition !== undefined, "an action of the factory is always there");
	const { effect, account = mainAccount } = properties;
	const accept = effect?.kind === "opened" && effect.status === "pending" ? "manual" : "immediately";
	const decided = decide({
		definition,
		data,
		timestamp,
		account,
		orders,
		lenient: false,
		guest: false,
		id: "",
		identities: [],
		state,
		rules: { ...turn.program.points, accept },
	});
	if (!decided.ok) return decided;
	const all = [decided.value, ...(decided.value.children ?? [])];
	return isTooMuch(all) ? refuse(0, "so many points in one event are a mistake") : decided;
}

function after(turn: Turn, state: State, event: Lived, decided: Decision | Child): State {
	const { seq, timestamp, data, action } = event;
	const { postings, effect, lots = [] } = decided;
	const happened = { action, timestamp, postings, properties: decided };
	const following = followingFrom(turn.program, state, happened);
	return evolve(state, {
		seq,
		id: turn.idOf(event),
		timestamp,
		account: event.properties.account ?? mainAccount,
		data,
		postings,
		effect,
		identities: [],
		lots,
		activeUntil: following.activeUntil ?? {},
		counted: following.counted ?? {},
		uncounted: following.uncounted ?? {},
	});
}

/** When it accepts itself was said when it was made. */
function holdingsOf({ customer, ...had }: State, { orders, id, autoAcceptAt }: Transaction): Holdings {
	const key = transactionKey(orders, id);
	const transaction = at(had.transactions, key);
	invariant(transaction !== undefined, "a guest has the purchase that made them");
	return {
		...had,
		transactions: { [key]: { ...transaction, autoAcceptAt } },
		profile: {},
		activeUntil: customer?.activeUntil ?? {},
	};
}
