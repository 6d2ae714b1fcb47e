import { type BodyFormat, formatOf, readAs } from "../model/format.ts";
import type { Value } from "../model/json.ts";
import type { Delivery } from "../model/message.ts";
import type { Result } from "../model/result.ts";

/** The parsed body of a delivery. */
export function readBodyOf(
	delivery: Delivery,
	formats: readonly [BodyFormat, ...BodyFormat[]],
): Result<Value, string> {
	return readAs(formatOf(delivery, formats), delivery.body);
}
