import type { PlannedEvent } from "../model/event.ts";
import type { Identity } from "../model/identity.ts";
import { isList, isObject, type JsonObject, type Value } from "../model/json.ts";
import type { Place } from "../model/outcome.ts";
import type { Clause } from "./condition.ts";
import { type Evaluate, Failure, masked, type Run } from "./evaluate.ts";
import { wordingOf } from "./parameters.ts";
import type { Read } from "./path.ts";
import { instantOf } from "./values/instant.ts";
import { spendEvent, tooMuch } from "./work.ts";

/** An event that a message became, or why it became none. */
export type MappedEvent = {
	readonly mapping: string;
	readonly version: string;
} & (
	| ({ readonly kind: "event" } & PlannedEvent)
	| { readonly kind: "skipped"; readonly reason: string }
	| { readonly kind: "failed"; readonly reason: string; readonly at: Place }
);

/** A part of an event, with its place for failures. */
export interface Part {
	/** As people call it: `customer.email`. */
	readonly name: string;
	/** What it reads, for people: "`$.userId`"; empty where it reads nothing. */
	readonly reads: string;
	readonly evaluate: Evaluate;
	readonly place: Place;
}

/** One event of a mapping, compiled. */
export interface EventPlan {
	readonly action: string;
	readonly customer: readonly { readonly kind: string; readonly part: Part }[];
	readonly timestamp: Part | undefined;
	readonly account: Part | undefined;
	readonly slot: string;
	readonly each:
		| { readonly path: string; readonly read: Read; readonly key: Part; readonly place: Place }
		| undefined;
	readonly when: readonly Clause[];
	/** Compiled as what is written out: its value is JSON. */
	readonly data: Part | undefined;
}

/** The mapping that a plan is from. */
interface Origin {
	readonly name: string;
	readonly version: string;
	readonly place: Place;
}

/** Appends to `events` what the plan makes of the message: one event, or one for each element. */
export function runPlan(plan: EventPlan, origin: Origin, run: Run, events: MappedEvent[]): void {
	const { content } = run.message;
	if (plan.each === undefined) {
		events.push(eventOf(plan, origin, content, plan.slot, run));
		return;
	}
	const { path, read, key, place } = plan.each;
	const elements = read(content, run);
	if (elements === undefined || elements === null) {
		events.push(skipped(origin, `\`${path}\` is absent or null, so there is no element`));
	} else if (!isList(elements)) {
		const reason = `\`each\` needs a list, and \`${path}\` is ${masked(elements)}`;
		events.push(failedEvent(origin, new Failure(reason, place)));
	} else {
		for (const element of elements) {
			const event = eventOfElement(plan, key, origin, element, run);
			if (spendEvent(run, event.kind === "event" ? writtenOf(event) : [])) {
				events.push(failedEvent(origin, tooMuch({ operator: "each", reads: `\`${path}\``, place })));
				return;
			}
			events.push(event);
		}
	}
}

const writtenOf = ({ identities, account, slot, data }: PlannedEvent): readonly Value[] => [
	...identities.map(({ value }) => value),
	account ?? null,
	slot,
	data,
];

function eventOfElement(plan: EventPlan, key: Part, origin: Origin, element: Value, run: Run): MappedEvent {
	const slot = wordOf(key, element, run);
	if (slot instanceof Failure) return failedEvent(origin, slot);
	if (slot === undefined) return failedEvent(origin, absentKey(key));
	return eventOf(plan, origin, element, plan.slot === "" ? slot : `${plan.slot}:${slot}`, run);
}

function eventOf(plan: EventPlan, origin: Origin, here: Value, slot: string, run: Run): MappedEvent {
	for (const { test, written } of plan.when) {
		if (!test(here, run)) return skipped(origin, `\`${written}\` does not hold`);
	}
	const identities = identitiesOf(plan, here, run);
	if (identities instanceof Failure) return failedEvent(origin, identities);
	const timestamp = timestampOf(plan.timestamp, here, run);
	if (timestamp instanceof Failure) return failedEvent(origin, timestamp);
	const account = plan.account === undefined ? undefined : wordOf(plan.account, here, run);
	if (account instanceof Failure) return failedEvent(origin, account);
	const data = dataOf(plan.data, here, run);
	if (data instanceof Failure) return failedEvent(origin, data);
	const { action } = plan;
	const { name: mapping, version } = origin;
	return account === undefined
		? { mapping, version, kind: "event", action, identities, timestamp, slot, data }
		: { mapping, version, kind: "event", action, identities, timestamp, account, slot, data };
}

const skipped = ({ name, version }: Origin, reason: string): MappedEvent => ({
	mapping: name,
	version,
	kind: "skipped",
	reason,
});

/** The plan may be shared with another mapping, so the file is that of the one that runs. */
const failedEvent = ({ name, version, place }: Origin, { reason, at }: Failure): MappedEvent => ({
	mapping: name,
	version,
	kind: "failed",
	reason,
	at: { ...at, file: place.file },
});

function identitiesOf(plan: EventPlan, here: Value, run: Run): readonly Identity[] | Failure {
	const identities: Identity[] = [];
	for (const { kind, part } of plan.customer) {
		const value = wordOf(part, here, run);
		if (value instanceof Failure) return value;
		if (value !== undefined) identities.push({ kind, value });
	}
	return identities;
}

/** A text or a number as an id; nothing where it is absent, null or blank. */
function wordOf(part: Part, here: Value, run: Run): string | undefined | Failure {
	const value = part.evaluate(here, run);
	if (value === undefined || value === null) return undefined;
	if (value instanceof Failure) return value.missing ? undefined : value;
	if (typeof value === "string") return isBlank(value) ? undefined : value;
	const wording = typeof value === "boolean" ? undefined : wordingOf(value);
	return wording ?? unfit(part, "a text or a number", value);
}

/** What begins with anything but white space is not blank: nearly every text is judged by its first character. */
const isBlank = (text: string): boolean =>
	!(text.charCodeAt(0) > 32 && text.charCodeAt(0) < 128) && text.trim() === "";

/** What a part of an event is, where it cannot be that. */
const unfit = ({ name, reads, place }: Part, expects: string, value: Value): Failure =>
	new Failure(`\`${name}\` needs ${expects}, and ${reads || "its value"} is ${masked(value)}`, place);

const absentKey = ({ name, reads, place }: Part): Failure =>
	new Failure(
		`\`${name}\` tells the events of one message apart, and ${reads || "its value"} is absent, null or blank`,
		place,
	);

function timestampOf(part: Part | undefined, here: Value, run: Run): number | Failure {
	const value = part?.evaluate(here, run);
	if (part === undefined || value === undefined || value === null || value === "") return defaultTime(run);
	if (value instanceof Failure) return value.missing ? defaultTime(run) : value;
	if (typeof value === "number") {
		const help = `say what it counts with { $date: …, format: unix }`;
		return new Failure(
			`\`${part.name}\` needs an instant, and ${part.reads || "its value"} is ${masked(value)}: ${help}`,
			part.place,
		);
	}
	const unixMs = typeof value === "string" ? instantOf(value) : undefined;
	if (unixMs !== undefined) return unixMs;
	if (typeof value === "string" && value.trim() === "") return defaultTime(run);
	return unfit(part, "an instant in ISO 8601", value);
}

const defaultTime = ({ message, delivery }: Run): number => message.time ?? delivery.receivedAt;

function dataOf(part: Part | undefined, here: Value, run: Run): JsonObject | Failure {
	const value = part?.evaluate(here, run);
	if (part === undefined || value === undefined || value === null) return noData;
	if (value instanceof Failure) return value;
	if (isObject(value)) return value as JsonObject;
	return unfit(part, "an object", value);
}

const noData: JsonObject = {};
