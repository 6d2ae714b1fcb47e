import { pairsOf } from "../model/form.ts";
import { type BodyFormat, readAs, writtenAs } from "../model/format.ts";
import { isObject, type Value } from "../model/json.ts";
import type { Delivery, SecretPlaces } from "../model/message.ts";
import type { Room } from "./body.ts";

/** Headers that say who the sender is rather than what it sends: they are checked, and never stored. */
const secretHeaders: ReadonlySet<string> = new Set(["authorization", "proxy-authorization", "cookie"]);

/** A request as a delivery, with every header: what verification needs. */
export function deliveryOf(
	request: Request,
	at: { readonly path: string; readonly receivedAt: number; readonly ip: string | undefined },
	body: Uint8Array,
): Delivery {
	const mark = request.url.indexOf("?");
	return {
		method: request.method,
		path: at.path,
		query: mark === -1 ? "" : request.url.slice(mark + 1),
		headers: Object.fromEntries(request.headers),
		body,
		receivedAt: at.receivedAt,
		...(at.ip === undefined ? {} : { ip: at.ip }),
	};
}

/**
 * A delivery as it may be stored: without credentials, and without what its sender shows as a secret. A field of the body
 * goes with its name; a body in no format that the hub reads has none.
 */
export function storable(
	delivery: Delivery,
	format: BodyFormat,
	{ headers, parameters, fields }: SecretPlaces = noPlaces,
): Delivery {
	return {
		...delivery,
		headers: Object.fromEntries(
			Object.entries(delivery.headers).filter(([name]) => !secretHeaders.has(name) && !headers.has(name)),
		),
		query: parameters.size === 0 ? delivery.query : withoutPairs(delivery.query, parameters),
		body: fields.length === 0 ? delivery.body : withoutFields(delivery.body, format, fields),
	};
}

const noPlaces: SecretPlaces = { headers: new Set(), parameters: new Set(), fields: [] };

/** The rest of a query or a form, as it was written. */
const withoutPairs = (text: string, names: ReadonlySet<string>): string =>
	text
		.split("&")
		.filter((pair) => !names.has(pairsOf(pair)[0]?.[0] ?? ""))
		.join("&");

function withoutFields(body: Uint8Array, format: BodyFormat, fields: SecretPlaces["fields"]): Uint8Array {
	if (format === "bytes") return body;
	if (format === "form") {
		const names = new Set(
			fields.map(([first = "", ...rest]) => first + rest.map((key) => `[${key}]`).join("")),
		);
		return new TextEncoder().encode(withoutPairs(new TextDecoder().decode(body), names));
	}
	const read = readAs(format, body);
	if (!read.ok) return body;
	const left = fields.reduce(withoutField, read.value);
	return left === read.value ? body : writtenAs(format, left);
}

function withoutField(value: Value, [name = "", ...rest]: readonly string[]): Value {
	if (!isObject(value) || !Object.hasOwn(value, name)) return value;
	const { [name]: found = null, ...others } = value;
	if (rest.length === 0) return others;
	const left = withoutField(found, rest);
	return left === found ? value : { ...value, [name]: left };
}

/** How many requests may be on their way into the inbox at once; beyond, senders are asked to come again. */
export interface Gate {
	/** Runs `work`, or says null where there is no room. `room` is for its body; undefined where the platform minds that. */
	admit<Value>(work: (room: Room | undefined) => Promise<Value>): Promise<Value> | null;
}

export interface GateLimits {
	readonly requests: number;
	/** Of their bodies, all together. */
	readonly bytes: number;
}

export function openGate({ requests, bytes }: GateLimits) {
	let inside = 0;
	let held = 0;
	return {
		admit: <Value>(work: (room: Room) => Promise<Value>): Promise<Value> | null => {
			if (inside >= requests) return null;
			inside += 1;
			let taken = 0;
			const take = (more: number): boolean => {
				if (held + more > bytes) return false;
				held += more;
				taken += more;
				return true;
			};
			return work({ take }).finally(() => {
				inside -= 1;
				held -= taken;
			});
		},
	};
}
