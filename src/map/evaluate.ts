import { ExactNumber, isList, type JsonObject, type Value } from "../model/json.ts";
import type { Message } from "../model/message.ts";
import type { Place } from "../model/outcome.ts";
import type { Decimal, decimalOf } from "./values/decimal.ts";

/** What a mapping may know of the delivery that brought the message. */
export interface DeliveryContext {
	/** Unix milliseconds. */
	readonly receivedAt: number;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	/** The endpoint's, without secrets. */
	readonly settings: JsonObject;
}

/** One message on its way through one mapping. */
export interface Run {
	readonly message: Message;
	readonly delivery: DeliveryContext;
	/** What `item:` has bound, by the slot that each name was given when the mapping was compiled. */
	readonly items: Value[];
	/** The work that the message has cost, all mappings together: see `work.ts`. */
	steps: number;
}

/** A value, nothing (an absent path), or why there can be none. Failures are returned, so that nothing unwinds. */
export type Outcome = Value | undefined | Failure;

/** A compiled expression. `here` is the current element: the message's content, or an item of a list. */
export type Evaluate = (here: Value, run: Run) => Outcome;

/** A compiled argument whose kind has been seen to. */
export type Need<Kind> = (here: Value, run: Run) => Kind | Failure;

/** Why an expression has no value. */
export class Failure {
	/** A sentence for people, without a value in it: values are personal data. */
	readonly reason: string;
	readonly at: Place;
	/** Whether it is only that something is absent, which `$first` and `$optional` forgive. */
	readonly missing: boolean;
	constructor(reason: string, at: Place, missing = false) {
		this.reason = reason;
		this.at = at;
		this.missing = missing;
	}
}

/** What failures of one operator, at one place of a file, have in common. */
export interface Site {
	readonly operator: string;
	/** What its operand reads, for people: "`$.price`, `$.quantity`"; empty where it reads nothing. */
	readonly reads: string;
	readonly place: Place;
}

export function failed({ operator, reads, place }: Site, reason: string): Failure {
	return new Failure(`\`${operator}\`${reads === "" ? "" : ` of ${reads}`} ${reason}`, place);
}

/** The number, or the failure of an operator whose result has too many digits. */
export const counted = (site: Site, result: ReturnType<typeof decimalOf>): Decimal | Failure =>
	typeof result === "string" ? failed(site, "gives a number of more than 34 digits") : result;

/** A value without the value: its type and length, which may be logged. */
export function masked(value: Value | undefined): string {
	if (value === undefined) return "absent";
	if (value === null) return "null";
	if (typeof value === "boolean") return "a boolean";
	if (typeof value === "number") return `a number of ${lengthOf(String(value))}`;
	if (value instanceof ExactNumber) return `a number of ${lengthOf(value.source)}`;
	if (typeof value === "string") return value === "" ? "an empty text" : `a text of ${lengthOf(value)}`;
	if (isList(value)) return `a list of ${value.length}`;
	return `an object of ${Object.keys(value).length}`;
}

const lengthOf = (text: string): string => (text.length === 1 ? "1 character" : `${text.length} characters`);
