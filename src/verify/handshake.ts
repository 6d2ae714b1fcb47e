import type { Json } from "../model/json.ts";
import type { Delivery } from "../model/message.ts";
import { type Arrival, arrivalOf, openPlace, type Place, type Wire } from "./place.ts";
import type { Secrets, Token, Verified } from "./scheme.ts";
import type { VerifyCrypto } from "./signature.ts";
import { openText } from "./text-template.ts";
import { openVerifier, type Verifier } from "./verify.ts";

/**
 * A request that is no delivery: a sender tries an address before it uses it. It is answered, and nothing is stored of it
 * unless said otherwise.
 */
export interface Handshake {
	readonly method: string;
	/** After the endpoint's URL; the URL alone unless said otherwise. */
	readonly path?: string;
	/** What has to be there: `query:challenge`. */
	readonly has?: readonly Place[];
	/** What must not be there. */
	readonly lacks?: readonly Place[];
	/** What has to be there with this text; numbers and truth values as JSON writes them. */
	readonly equals?: Readonly<Partial<Record<Place, string>>>;
	/**
	 * What has to hold before it is answered: `sender` is what deliveries are verified by, a token one of the handshake's
	 * own. Nothing unless said otherwise: whoever knows the endpoint's URL is answered.
	 */
	readonly proof?: "sender" | Token;
	readonly answer: Answer;
	/** Whether it is stored for a person to look at, as what anybody may have sent. */
	readonly keep?: true;
}

/** What is answered. Texts are templates of `{query:…}`, `{header:…}` and `{field:…}`; what is not there is empty. */
export type Answer = AnswerHead & (NoBody | TextBody | JsonBody);
interface AnswerHead {
	readonly status: number;
	readonly headers?: Readonly<Record<string, string>>;
}
interface NoBody {
	readonly text?: never;
	readonly json?: never;
}
interface TextBody {
	readonly text: string;
	/** Media type; `text/plain; charset=UTF-8` unless said otherwise. */
	readonly type?: string;
	readonly json?: never;
}
interface JsonBody {
	/** Every text in it is a template. */
	readonly json: Json;
	readonly text?: never;
}

/** An answer as it is sent. */
export interface Rendered {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	/** Null where there is none. */
	readonly body: string | null;
}

/** What becomes of a handshake. */
export type Greeting =
	| { readonly kind: "answered"; readonly answer: Rendered; readonly keep: boolean }
	| ({ readonly kind: "refused" } & Omit<Extract<Verified, { readonly ok: false }>, "ok">);

/** The handshakes of one endpoint. */
export interface Handshakes {
	/** Whether a request may be one, whatever else is in it. */
	mayBe(method: string, path: string): boolean;
	/** Undefined where it is none. */
	greet(delivery: Delivery, wire: Wire): Greeting | undefined;
}

export interface HandshakeParts {
	readonly secrets: Secrets;
	readonly crypto: VerifyCrypto;
	/** Of deliveries. */
	readonly verify: Verifier;
}

export function openHandshakes(handshakes: readonly Handshake[], parts: HandshakeParts): Handshakes {
	const opened = handshakes.map((handshake) => ({
		isFor: (method: string, path: string) => method === handshake.method && isAt(handshake.path, path),
		matches: openMatch(handshake),
		verify: openProof(handshake, parts),
		render: openAnswer(handshake.answer),
		keep: handshake.keep ?? false,
	}));
	return {
		mayBe: (method, path) => opened.some(({ isFor }) => isFor(method, path)),
		greet: (delivery, wire) => {
			const { method, path } = delivery;
			const arrival = arrivalOf(delivery, wire);
			const found = opened.find((one) => one.isFor(method, path) && one.matches(arrival));
			if (found === undefined) return undefined;
			const verified = found.verify(delivery, wire);
			if (!verified.ok) return { kind: "refused", cause: verified.cause, reason: verified.reason };
			return { kind: "answered", answer: found.render(arrival), keep: found.keep };
		},
	};
}

const isAt = (wanted: string | undefined, path: string): boolean =>
	wanted === undefined ? path === "" || path === "/" : path === wanted;

const verifiesAnybody: Verifier = () => ({ ok: true, proved: "all", signed: false });

function openProof({ proof }: Handshake, { secrets, crypto, verify }: HandshakeParts): Verifier {
	if (proof === undefined) return verifiesAnybody;
	return proof === "sender"
		? verify
		: openVerifier({ schemes: [proof], unsigned: "refuse", partly: "firstOnly" }, secrets, crypto);
}

function openMatch({ has = [], lacks = [], equals = {} }: Handshake): (arrival: Arrival) => boolean {
	const there = has.map(openPlace);
	const absent = lacks.map(openPlace);
	const equal = Object.entries(equals).map(([place, text]) => [openPlace(place as Place), text] as const);
	return (arrival) =>
		there.every((read) => read(arrival).length > 0) &&
		absent.every((read) => read(arrival).length === 0) &&
		equal.every(([read, text]) => read(arrival)[0] === text);
}

/** What a header may be: a sender's text goes no further where it is anything else. */
const printable = /^[\t\x20-\x7e]*$/;

export function openAnswer({ status, headers = {}, ...body }: Answer): (arrival: Arrival) => Rendered {
	const named = Object.entries(headers).map(([name, value]) => [name, openText(value)] as const);
	const content = contentOf(body);
	return (arrival) => {
		const rendered = named.flatMap(([name, text]) => {
			const value = text(arrival);
			return value !== undefined && printable.test(value) ? [[name, value] as const] : [];
		});
		return {
			status,
			headers: {
				...(content === undefined
					? {}
					: { "Content-Type": content.type, "X-Content-Type-Options": "nosniff" }),
				...Object.fromEntries(rendered),
			},
			body: content?.text(arrival) ?? null,
		};
	};
}

function contentOf(body: NoBody | TextBody | JsonBody) {
	if (body.json !== undefined) {
		const render = jsonRenderer(body.json);
		return { type: "application/json", text: (arrival: Arrival) => JSON.stringify(render(arrival)) };
	}
	if (body.text === undefined) return undefined;
	const text = openText(body.text);
	const { type = "text/plain; charset=UTF-8" } = body;
	return { type, text: (arrival: Arrival) => text(arrival) ?? "" };
}

/** Rendered as values and written as JSON then: what a sender says can not break out of its text. */
function jsonRenderer(json: Json): (arrival: Arrival) => Json {
	if (typeof json === "string") {
		const text = openText(json);
		return (arrival) => text(arrival) ?? "";
	}
	if (typeof json !== "object" || json === null) return () => json;
	if (Array.isArray(json)) {
		const items = (json as readonly Json[]).map(jsonRenderer);
		return (arrival) => items.map((item) => item(arrival));
	}
	const entries = Object.entries(json).map(([name, value]) => [name, jsonRenderer(value)] as const);
	return (arrival) => Object.fromEntries(entries.map(([name, render]) => [name, render(arrival)]));
}
