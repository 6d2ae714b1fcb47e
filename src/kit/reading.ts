import type { Identity } from "../model/identity.ts";
import type { Value, ValueObject } from "../model/json.ts";
import type { Delivery, Message } from "../model/message.ts";
import { type Arrival, openPlace, type Place, parsePlace } from "../verify/place.ts";
import { openText, parseText } from "../verify/text-template.ts";
import { isoTime } from "./time.ts";
import { identitiesOf, textOf } from "./values.ts";

/**
 * What in a message is its id, its type, its time and its people, as data. Texts are templates: `{field:…}` is a value of
 * the message, `{header:…}` and `{query:…}` of its delivery. A template of which a part is absent or blank is absent; of
 * several the first that is there counts, but all identities do.
 *
 * ```ts
 * read: {
 * 	id: "{field:event_id}",
 * 	type: "{field:object_type}.{field:metric}",
 * 	time: { from: "{field:timestamp}", unit: "s" },
 * 	identities: { id: "{field:data.identifiers.id}", email: "{field:data.identifiers.email}" },
 * 	test: { "field:environment": "development" },
 * }
 * ```
 */
export interface Reading {
	/** What the sender calls the message, and calls it again when it tries again. */
	readonly id?: Texts;
	readonly type: Texts;
	readonly time?: TimeReading | readonly TimeReading[];
	/** By kind, in order of trust. */
	readonly identities: Readonly<Record<string, Texts>>;
	/** Traffic that must not earn anything. */
	readonly test?: Condition;
	/** What the hub itself caused by writing to this system. */
	readonly echo?: Condition;
	/** A message that asks for nothing but an answer. */
	readonly handshake?: Condition;
	/** A message that asks to forget the person whom it names. */
	readonly erase?: Condition;
	/** A message that says that two persons are one: the first goes over to the second. */
	readonly merge?: {
		readonly when: Condition;
		readonly from: { readonly kind: string; readonly value: string };
		readonly into: { readonly kind: string; readonly value: string };
	};
}

type Texts = string | readonly string[];

export interface TimeReading {
	readonly from: string;
	/** ISO 8601; Unix seconds, also with a fraction; Unix milliseconds. */
	readonly unit: "iso" | "s" | "ms";
}

/** Places and what is there: it holds where any of them is. Numbers and truth values are written as JSON writes them. */
export type Condition = Readonly<Partial<Record<Place, string | readonly string[]>>>;

type Reader = (content: ValueObject, delivery: Delivery) => Message;

/** The headers, in lower case, of which a message's id, type or identities are made. */
export const tellingOf = ({ id = [], type, identities }: Reading): readonly string[] =>
	[id, type, ...Object.values(identities)].flat().flatMap((template) => {
		const places = parseText(template);
		return (places.ok ? places.value : []).flatMap((text) => {
			const place = parsePlace(text);
			return place.ok && place.value.kind === "header" ? [place.value.name] : [];
		});
	});

/** Compiles a reading, once for a connector. */
export function openReading(reading: Reading): Reader {
	const id = textsOf(reading.id ?? []);
	const type = textsOf(reading.type);
	const times = [reading.time ?? []].flat().map(({ from, unit }) => [openText(from), unit] as const);
	const identities = Object.entries(reading.identities).flatMap(([kind, texts]) =>
		[texts].flat().map((text) => [kind, openText(text)] as const),
	);
	const isTest = openCondition(reading.test);
	const isEcho = openCondition(reading.echo);
	const controls = controlsOf(reading);

	return (content, delivery) => {
		const arrival = messageArrival(content, delivery);
		return {
			id: firstText(id, arrival),
			type: firstText(type, arrival) ?? "",
			time: times.map(([text, unit]) => timeOf(text(arrival), unit)).find((time) => time !== undefined),
			identities: identitiesOf(identities.map(([kind, text]) => [kind, text(arrival)])),
			content,
			...(isTest(arrival) ? { ignore: "test" } : isEcho(arrival) ? { ignore: "echo" } : {}),
			...controls(arrival),
		};
	};
}

/** A message in the place of its delivery's body. */
export const messageArrival = (content: ValueObject, delivery: Delivery): Arrival => ({
	delivery,
	url: "",
	bytes: delivery.body,
	body: () => content,
});

const textsOf = (texts: Texts) => [texts].flat().map(openText);

const firstText = (texts: ReturnType<typeof textsOf>, arrival: Arrival): string | undefined =>
	texts.map((text) => textOf(text(arrival))).find((text) => text !== undefined);

/** Unix milliseconds; undefined for what is no time. */
function timeOf(value: Value | undefined, unit: TimeReading["unit"]): number | undefined {
	if (unit === "iso") return isoTime(value);
	const text = textOf(value) ?? "";
	const [, whole, fraction = ""] = /^([0-9]{1,14})(?:\.([0-9]+))?$/.exec(text) ?? [];
	if (whole === undefined) return undefined;
	if (unit === "ms") return Number(whole);
	return Number(whole) * 1_000 + Number(fraction.padEnd(3, "0").slice(0, 3));
}

export function openCondition(condition: Condition = {}): (arrival: Arrival) => boolean {
	const wanted = Object.entries(condition).map(
		([place, texts]) => [openPlace(place as Place), new Set([texts ?? []].flat())] as const,
	);
	return (arrival) => wanted.some(([read, texts]) => read(arrival).some((text) => texts.has(text)));
}

type Control = Pick<Message, "control" | "merge">;

function controlsOf({ handshake, erase, merge }: Reading): (arrival: Arrival) => Control {
	const isHandshake = openCondition(handshake);
	const isErasure = openCondition(erase);
	const isMerge = openCondition(merge?.when);
	const from = merge === undefined ? undefined : { kind: merge.from.kind, text: openText(merge.from.value) };
	const into = merge === undefined ? undefined : { kind: merge.into.kind, text: openText(merge.into.value) };
	return (arrival) => {
		if (isHandshake(arrival)) return { control: "handshake" };
		if (isErasure(arrival)) return { control: "erase" };
		if (!isMerge(arrival)) return {};
		const [first, second] = [identityIn(from, arrival), identityIn(into, arrival)];
		return first === undefined || second === undefined
			? {}
			: { control: "merge", merge: { from: first, into: second } };
	};
}

function identityIn(
	of: { readonly kind: string; readonly text: ReturnType<typeof openText> } | undefined,
	arrival: Arrival,
): Identity | undefined {
	const value = textOf(of?.text(arrival));
	return of === undefined || value === undefined ? undefined : { kind: of.kind, value };
}
