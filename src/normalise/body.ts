import { type BodyFormat, formatOf, readAs } from "../model/format.ts";
import type { Value } from "../model/json.ts";
import type { Delivery } from "../model/message.ts";
import { good, type Result } from "../model/result.ts";

/** Requests by these have no body as a rule: what they say is in their URLs. */
const bodiless: ReadonlySet<string> = new Set(["GET", "DELETE"]);

/** The parsed body of a delivery; of one that needs none, an object without fields. */
export function readBodyOf(
	delivery: Delivery,
	formats: readonly [BodyFormat, ...BodyFormat[]],
): Result<Value, string> {
	if (delivery.body.length === 0 && bodiless.has(delivery.method)) return good({});
	return readAs(formatOf(delivery, formats), delivery.body);
}
