import type { Program } from "../catalog/program.ts";
import { hexOf } from "../model/bytes.ts";
import type { ClaimedIdentity, Command } from "../model/event.ts";
import type { EventOutcome } from "../model/outcome.ts";
import { bad, good, invariant, type Result } from "../model/result.ts";
import { refusalOf as sensitiveRefusal } from "../model/sensitive/sensitive.ts";
import {
	type Asking,
	ask,
	askAll,
	askClaim,
	giveBack,
	groupBy,
	type Looked,
	look,
	type Mine,
	type Recording,
	type RecordParts,
	settled,
	standingOf,
	whereNow,
} from "./asking.ts";
import { isSameFact } from "./decide.ts";
import { optOut } from "./erase.ts";
import { claimAction, isGuestsAction } from "./guest.ts";
import { claimPurchase, notAGuests } from "./guest-claim.ts";
import { abandonedMs } from "./limits.ts";
import {
	type Answer,
	type Appended,
	type Appending,
	type Ask,
	type Awaited,
	erased,
	type Found,
	type Holder,
	type OnceClaim,
	type Place,
	type PreviewedEvent,
	shardOf,
} from "./shard.ts";
import { living, notAMember, type Person, refusalOf, whoIs } from "./who.ts";

/**
 * Records one command, whatever happens on the way: run again from the start it comes to the same end.
 *
 * Who is it (1)? Claim what must be unique (2), append in the customer's shard (3), and give the claims back where
 * nothing was appended (4). Claims are made before the event, so that two attempts can not both succeed; each says
 * for which event it was made, so that an attempt which died is taken up by the next.
 */
export function* record(command: Command, parts: RecordParts): Recording {
	const admitted = admit(command, parts.program);
	if (!admitted.ok) return settled(command, admitted.failure);
	if (command.action === "opt_out") return yield* optOut(admitted.value, parts);
	return yield* attempt(admitted.value, parts, nothingLearnt);
}

/** What an attempt has learnt from those before it. */
interface Learnt {
	/** A subject who was claimed for and never became a customer. */
	readonly deserted: string | null;
	/** Customers who were merged into others, by their subjects. */
	readonly moved: ReadonlyMap<string, Place>;
}

const nothingLearnt: Learnt = { deserted: null, moved: new Map() };

function* attempt(command: Command, parts: RecordParts, learnt: Learnt): Recording {
	const { deserted } = learnt;
	const seen = yield* look(command, parts);
	const looked =
		learnt.moved.size === 0 ? seen : { ...seen, moved: new Map([...seen.moved, ...learnt.moved]) };
	const person = whoIs(command, living(looked, deserted));
	const refusal = refusalOf(person, command, looked) ?? (yield* refusalOfGuest(command, looked));
	if (refusal !== undefined) {
		yield* giveUpEarlier(command, looked, parts);
		return settled(command, refusal);
	}

	// An event key's holder is asked for the event first, though they were merged into another.
	const found = homeOf(person, command, parts);
	const home = { ...found, ...whereNow(learnt, found) };
	const taking = yield* take(command, parts, { home, looked, deserted });
	if (taking.kind === "settled") {
		yield* giveUp(command, parts, taking);
		return settled(command, taking.outcome);
	}

	if (command.action === claimAction) return yield* claimed(command, parts, looked, taking);

	const { subject, shard } = taking.home;
	const ties = command.identities.filter(({ hash }) => taking.claims.some((one) => one.by.hash === hash));
	const claimedAt = taking.claims.reduce<number | null>(
		(oldest, { by }) => (oldest === null ? by.at : Math.min(oldest, by.at)),
		null,
	);
	const creates = isFounding(command) && taking.home.ours;
	const asking = {
		command,
		subject,
		creates,
		ties,
		claimedAt,
		instead: mergedInto(subject, looked),
		free: null,
	};
	const appended = yield* appendedIn(shard, asking, parts);
	if (appended.kind === "moved") {
		yield* giveBack(unshared(taking.claims), parts);
		const end = yield* standingOf(appended.to);
		invariant(end !== null, "whom somebody was merged into is a customer");
		const moved = new Map([...learnt.moved, [subject, placeOf(end)] as const]);
		return yield* attempt(command, parts, { deserted, moved });
	}

	yield* giveBack(superfluous(appended, command, taking), parts);
	if (appended.kind === "absent") {
		// A second time, others are at it too.
		return deserted === null
			? yield* withoutCustomer(command, parts, looked, subject)
			: settled(command, undefined);
	}
	const outcome = outcomeOf(appended);
	return settled(command, outcome, yield* awaitedBy(command, parts, outcome, ties));
}

/** Asks twice for who absorbed others: the second time in turn, when it is known what those have done. */
function* appendedIn(shard: number, asking: Appending, parts: RecordParts): Asking<Appended> {
	const appended = yield* ask("append", shard, asking);
	if (appended.kind !== "unsure") return appended;
	const { command, claimedAt } = asking;
	const done = yield* doneBefore(command, appended.claims, parts);
	if (done === undefined)
		return yield* ask("append", shard, { ...asking, free: appended.claims.map(hashOf) });
	if (claimedAt !== null) yield* ask("fence", shard, command.key);
	return done;
}

/** What a customer can do once is done where somebody whom they absorbed has done it. */
function* doneBefore(
	command: Command,
	claims: readonly OnceClaim[],
	parts: RecordParts,
): Asking<EventOutcome | undefined> {
	const byShard = groupBy(claims, ({ shard }) => shard);
	const asked = new Map(
		[...byShard].map(([shard, group]) => [shard, { key: null, hashes: group.map(hashOf) }]),
	);
	for (const holder of (yield* askAll("holders", asked)).flat()) {
		const found = holder === null ? null : yield* ask("find", holder.shard, holder.key);
		if (found !== null) return sameFact(command, parts, found, true);
	}
	return undefined;
}

/** Somebody begins with it. */
const isFounding = ({ action, guest }: Command): boolean =>
	action === "opt_in" || (action === "checkout" && guest === true);

/** What becomes of a guest's purchase is written where it is, which must be a guest's. */
function* refusalOfGuest(
	{ guest, transaction }: Command,
	{ holders }: Looked,
): Asking<EventOutcome | undefined> {
	const owner = guest === undefined || transaction === undefined ? undefined : holders.get(transaction);
	return owner === undefined ? undefined : yield* notAGuests(owner);
}

/** Steps 3 and 4 of a claim, which is a merge. */
function* claimed(command: Command, parts: RecordParts, { holders }: Looked, taking: Held): Recording {
	const owner = holders.get(command.transaction ?? "");
	invariant(owner !== undefined, "a claim of nothing was refused");
	const found = yield* ask("find", taking.home.shard, command.key);
	const { outcome, recorded } =
		found === null
			? yield* claimPurchase({ claim: command, owner, member: taking.home }, parts)
			: { outcome: sameMessage(command, parts, found), recorded: true };
	if (recorded) yield* giveBack(taking.leftovers, parts);
	else yield* giveUp(command, parts, { kind: "settled", ...taking, outcome });
	return settled(command, outcome);
}

const mergedInto = (subject: string, looked: Looked): readonly string[] =>
	[...looked.moved.keys()].filter(
		(from) => whereNow(looked, { subject: from, shard: 0 }).subject === subject,
	);

/** What a public sender may ask for; all of it for a trusted one, but for what the hub alone may write. */
function admit(command: Command, { actions }: Program): Result<Command, EventOutcome> {
	const definition = actions.get(command.action);
	if (definition === undefined) {
		return bad({ kind: "failed", reason: `no action is called ${command.action}` });
	}
	if (definition.sender === "hub" && command.trust !== "hub") {
		return bad({ kind: "refused", code: 0, reason: `only the hub itself writes ${command.action}` });
	}
	if (command.guest === true && !isGuestsAction(definition)) {
		return bad({ kind: "refused", code: 0, reason: `${command.action} can not be a guest's` });
	}
	// A connector's sender can not mend what it sends: from its messages it was removed before.
	const sensitive = command.lenient ? undefined : sensitiveRefusal(command.data);
	if (sensitive !== undefined) return bad({ kind: "refused", code: 0, reason: sensitive });
	if (command.trust !== "public") return good(command);
	const identities = command.identities.filter((identity) => identity.public !== "never");
	if (command.action === "profile") return good({ ...command, identities, data: {}, once: [] });
	if (definition.clientSide) return good({ ...command, identities });
	return bad({ kind: "refused", code: 0, reason: `a public sender may not send ${command.action}` });
}

/** Where the event belongs. */
interface Home {
	readonly subject: string;
	readonly shard: number;
	/** Whether the event may make the customer. */
	readonly ours: boolean;
}

interface Going {
	readonly home: Home;
	readonly looked: Looked;
	readonly deserted: string | null;
}

const subjectBytes = 16;

/** Somebody new lives in the shard of their loyalty id, and a guest in that of their purchase. */
function homeOf(person: Person, command: Command, { crypto, shards }: RecordParts): Home {
	if (person.kind === "known") return person;
	const hash =
		command.guest === true ? command.once[0] : command.identities.find(({ kind }) => kind === "id")?.hash;
	invariant(hash !== undefined, "an opt_in names a loyalty id, and a guest's checkout its transaction");
	return { subject: hexOf(crypto.randomBytes(subjectBytes)), shard: shardOf(hash, shards), ours: true };
}

/** What an attempt holds. */
interface Held {
	readonly home: Home;
	readonly claims: readonly Mine[];
	/** Made by an earlier attempt at the same event, which saw it otherwise; of no use to this one. */
	readonly leftovers: readonly Mine[];
}

type Taking = ({ readonly kind: "claimed" } & Held) | Settled;

/** Nothing is to be appended; an undefined outcome means: later. */
type Settled = { readonly kind: "settled"; readonly outcome: EventOutcome | undefined } & Held;

/** Step 2: the event key first, for it decides the customer; then what else must be unique. */
function* take(command: Command, parts: RecordParts, going: Going): Asking<Taking> {
	const { home, looked, deserted } = going;
	const { key } = command;
	const claims: Mine[] = [];
	const keyShard = shardOf(key, parts.shards);
	let at = home;
	const before = looked.holders.get(key);
	// The event is the claim on a key at home in its shard; yet who makes a customer must know that nobody else does,
	// and what an earlier attempt has claimed is to be given back where nothing comes of it.
	const isOwn = keyShard === home.shard && (parts.shards === 1 || before === undefined);
	const mustBeSole = isFounding(command) && parts.shards > 1;
	if (!isOwn || mustBeSole) {
		const over = before !== undefined && isToTakeOver(before, going) ? before : null;
		const claimed = yield* askClaim({ hash: key, ...placeOf(home), key, over }, parts);
		if (claimed.kind === "held" && whereNow(looked, claimed.by).subject !== home.subject)
			at = { subject: claimed.by.subject, shard: claimed.by.shard, ours: true };
		else if (claimed.kind === "held") at = home;
		else claims.push(claimed);
	}

	const held = (): Held => ({ home: at, claims, leftovers: leftoversOf(key, looked, claims) });

	const others = yield* claimsOn(command, parts, { home: at, looked, deserted });
	if (others.kind === "settled") return { ...others, ...held() };
	const shared = new Set(command.identities.filter(({ customers }) => customers === "many").map(hashOf));
	// One after the other, in an order that all commands keep: of those who want the same, one gets through.
	for (const hash of others.hashes.toSorted()) {
		const claim = { hash, ...placeOf(at), key, over: others.overs.get(hash) ?? null };
		const claimed = yield* askClaim(claim, parts);
		if (claimed.kind !== "held") claims.push(claimed);
		else if (!shared.has(hash)) return { kind: "settled", outcome: undefined, ...held() };
	}
	return { kind: "claimed", ...held(), home: { ...at, ours: at.ours && !others.contested } };
}

/** An event key that was claimed for somebody who never became a customer, or who was merged into another since. */
const isToTakeOver = ({ subject, shard }: Holder, { home, looked, deserted }: Going): boolean =>
	subject === deserted ||
	(subject !== home.subject && whereNow(looked, { subject, shard }).subject === home.subject);

function leftoversOf(key: string, { holders }: Looked, claims: readonly Mine[]): readonly Mine[] {
	const leftovers: Mine[] = [];
	for (const by of holders.values()) {
		if (by.key !== key || by.hash === key || claims.some((one) => one.by.hash === by.hash)) continue;
		leftovers.push({ kind: "renewed", by });
	}
	return leftovers;
}

const placeOf = ({ subject, shard }: Place): Place => ({ subject, shard });

const hashOf = ({ hash }: { readonly hash: string }): string => hash;

type Wanted =
	| {
			readonly kind: "wanted";
			readonly hashes: readonly string[];
			/** Abandoned claims that are to be taken over, by hash. */
			readonly overs: ReadonlyMap<string, Holder>;
			/** An identity that only one customer can have is another's by now: nobody is made under its name. */
			readonly contested: boolean;
	  }
	| { readonly kind: "settled"; readonly outcome: EventOutcome | undefined };

/** Which business keys and identities to claim, unless another event has the first. */
function* claimsOn(command: Command, parts: RecordParts, { home, looked, deserted }: Going): Asking<Wanted> {
	const overs = new Map<string, Holder>();
	for (const hash of command.once) {
		const holder = looked.holders.get(hash);
		if (holder === undefined) continue;
		if (holder.key === command.key && holder.subject === home.subject) continue;
		const owner = whereNow(looked, holder).subject;
		const found = yield* ask("find", holder.shard, holder.key);
		if (found !== null) {
			return { kind: "settled", outcome: sameFact(command, parts, found, owner === home.subject) };
		}
		// An attempt at this very event may have made it for somebody who was merged into this customer since.
		const isOurs = holder.key === command.key && owner === home.subject;
		if (!isOurs && parts.clock() - holder.at < abandonedMs) return { kind: "settled", outcome: undefined };
		overs.set(holder.hash, holder);
	}
	const hashes = new Set(command.once);
	let contested = false;
	for (const { hash, customers } of tiesOf(command, home)) {
		const by = looked.holders.get(hash);
		if (by === undefined || (by.subject === home.subject && by.key === command.key)) hashes.add(hash);
		else if (by.subject === deserted || by.subject === erased) overs.set(hash, by);
		else contested ||= customers === "one" && whereNow(looked, by).subject !== home.subject;
	}
	return { kind: "wanted", hashes: [...new Set([...hashes, ...overs.keys()])], overs, contested };
}

/** The identities that an event of this kind ties to its customer, where they are free. */
function tiesOf({ action, identities, trust }: Command, { ours }: Home): readonly ClaimedIdentity[] {
	if (action === "opt_in") return ours ? identities : [];
	if (action !== "profile") return [];
	return trust === "public" ? identities.filter((identity) => identity.public === "claim") : identities;
}

/** Another event has the business key: it is the same fact where customer, action and data are the same. */
function sameFact(command: Command, parts: RecordParts, found: Found, sameCustomer: boolean): EventOutcome {
	const { action } = command;
	if (sameCustomer && isSame(command, parts, found))
		return { kind: "duplicate", event: found.event, customer: found.customer };
	return action === "checkout"
		? { kind: "conflict", event: found.event, code: 5003, reason: "The transaction ID has already been used" }
		: { kind: "conflict", event: found.event, code: 10001, reason: `Action "${action}" cannot be repeated` };
}

function isSame({ action, data }: Command, { program }: RecordParts, found: Found): boolean {
	const definition = program.actions.get(action);
	return definition !== undefined && found.action === action && isSameFact(definition, found.data, data);
}

/** Step 4: which claims no event stands for. */
function superfluous(appended: Appended, { key }: Command, { claims, leftovers }: Held): readonly Mine[] {
	switch (appended.kind) {
		case "appended":
			return leftovers;
		case "repeated":
		case "contradicted":
			return [...claims, ...leftovers].filter(
				({ by }) => by.hash !== key && !appended.claims.includes(by.hash),
			);
		case "stale":
		case "unsure":
			return unshared(claims);
		default:
			return [...claims, ...leftovers];
	}
}

/**
 * What an attempt gives back that is to be made again: only what no other attempt at the same event can count on. The
 * event key is not among it, for another may have taken its customer from there.
 */
const unshared = (claims: readonly Mine[]): readonly Mine[] =>
	claims.filter(({ kind, by }) => kind === "taken" && by.hash !== by.key);

/** Gives up what was claimed before it was clear that nothing will be appended. */
function* giveUp(
	command: Command,
	parts: RecordParts,
	{ outcome, claims, leftovers, home }: Settled,
): Asking<void> {
	if (outcome === undefined) return yield* giveBack(unshared(claims), parts);
	if (claims.length > 0) yield* ask("fence", home.shard, command.key);
	yield* giveBack([...claims, ...leftovers], parts);
}

/** Gives up what earlier attempts at a command have claimed that is refused by now, unless one of them got through. */
function* giveUpEarlier({ key }: Command, { holders }: Looked, parts: RecordParts): Asking<void> {
	const ours = [...holders.values()].filter((by) => by.key === key);
	const shards = new Map(ours.map(({ shard }) => [shard, key]));
	const gotThrough = shards.size > 0 ? yield* askAll("fence", shards) : [];
	if (gotThrough.includes(true)) return;
	yield* giveBack(
		ours.map((by) => ({ kind: "renewed", by })),
		parts,
	);
}

function outcomeOf(
	appended: Exclude<Appended, { readonly kind: "absent" | "moved" }>,
): EventOutcome | undefined {
	switch (appended.kind) {
		case "stale":
		case "unsure":
			return undefined;
		case "repeated":
			return repeated(appended);
		case "contradicted":
			return {
				kind: "conflict",
				event: appended.event,
				reason: contradiction,
			};
		default:
			return appended;
	}
}

/** An attempt that appended, and died before it could say so, is said to have appended. */
const repeated = ({
	event,
	customer,
	earlier,
}: Extract<Appended, { readonly kind: "repeated" | "contradicted" }>) =>
	earlier === null
		? ({ kind: "duplicate", event, customer } as const)
		: ({ kind: "appended", event, points: earlier, customer } as const);

/**
 * The identities are claimed for somebody who is no customer: an `opt_in` is under way, or it died. In the second
 * case an `opt_in` takes its claims over, and any other event removes them.
 */
function* withoutCustomer(
	command: Command,
	parts: RecordParts,
	{ holders, moved }: Looked,
	subject: string,
): Recording {
	const claims = command.identities.flatMap(({ hash }) => {
		const by = holders.get(hash);
		return by?.subject === subject ? [by] : [];
	});
	const isYoung = claims.some(({ at, key }) => key !== command.key && parts.clock() - at < abandonedMs);
	if (isYoung) return settled(command, undefined);
	if (command.action === "opt_in") return yield* attempt(command, parts, { deserted: subject, moved });
	yield* giveBack(
		claims.map((by) => ({ kind: "taken", by })),
		parts,
	);
	return settled(command, notAMember);
}

/** Whoever waits for one of the identities that are somebody's from here on, or for the order that begins here. */
function* awaitedBy(
	{ action, identities, once }: Command,
	{ shards }: RecordParts,
	outcome: EventOutcome | undefined,
	ties: readonly ClaimedIdentity[],
): Asking<readonly Awaited[]> {
	const isThere = outcome?.kind === "appended" || outcome?.kind === "duplicate";
	const named = (action === "opt_in" ? identities : ties).map(hashOf);
	if (action === "checkout") named.push(...once);
	if (!isThere || named.length === 0) return [];
	const answers = yield* askAll(
		"awaited",
		groupBy(named, (hash) => shardOf(hash, shards)),
	);
	return answers.flat();
}

/** What recording a command would come to. */
export type Foreseen = EventOutcome | { readonly kind: "new" };

/**
 * What recording would come to, as far as the ledger knows before it writes: an event that is new may still be refused
 * by what it does, such as more points than there are.
 */
export function* foresee(
	command: Command,
	parts: RecordParts,
): Generator<readonly Ask[], Foreseen, readonly Answer[]> {
	const admitted = admit(command, parts.program);
	if (!admitted.ok) return admitted.failure;
	const looked = yield* look(admitted.value, parts);
	const first = looked.holders.get(command.key);
	if (first !== undefined) {
		const found = yield* ask("find", first.shard, command.key);
		if (found !== null) return sameMessage(command, parts, found);
	}
	const person = whoIs(admitted.value, living(looked, null));
	const refusal = refusalOf(person, admitted.value, looked);
	if (refusal !== undefined) return refusal;
	const home = homeOf(person, admitted.value, parts);
	const wanted = yield* claimsOn(admitted.value, parts, { home, looked, deserted: null });
	return (wanted.kind === "settled" ? wanted.outcome : undefined) ?? { kind: "new" };
}

/** What recording would come to, with the points of each event it would write. */
export type Preview =
	| { readonly kind: "would"; readonly customer: string; readonly events: readonly PreviewedEvent[] }
	| EventOutcome;

/** Decides as `record` does, for somebody who is a customer, and writes nothing. */
export function* preview(
	command: Command,
	parts: RecordParts,
): Generator<readonly Ask[], Preview, readonly Answer[]> {
	const admitted = admit(command, parts.program);
	if (!admitted.ok) return admitted.failure;
	const looked = yield* look(admitted.value, parts);
	const person = whoIs(admitted.value, living(looked, null));
	const refusal = refusalOf(person, admitted.value, looked);
	if (refusal !== undefined) return refusal;
	const now = person.kind === "known" ? yield* standingOf(person) : null;
	if (now === null) return notAMember;
	const { subject, shard } = now;
	const asking = {
		command: admitted.value,
		subject,
		creates: false,
		ties: [],
		claimedAt: null,
		instead: [],
		free: null,
	};
	let answer = yield* ask("preview", shard, asking);
	if (answer.appended.kind === "unsure") {
		const { claims } = answer.appended;
		const done = yield* doneBefore(admitted.value, claims, parts);
		if (done !== undefined) return done;
		answer = yield* ask("preview", shard, { ...asking, free: claims.map(hashOf) });
	}
	const { appended, events } = answer;
	if (appended.kind === "absent" || appended.kind === "moved") return notAMember;
	if (appended.kind === "appended") return { kind: "would", customer: appended.customer, events };
	return outcomeOf(appended) ?? notAMember;
}

function sameMessage(command: Command, parts: RecordParts, found: Found): EventOutcome {
	return isSame(command, parts, found)
		? { kind: "duplicate", event: found.event, customer: found.customer }
		: { kind: "conflict", event: found.event, reason: contradiction };
}

const contradiction = "this message was recorded before, with other content";
