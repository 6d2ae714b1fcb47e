import { type BodyFormat, formatNamed, readAs } from "../model/format.ts";
import type { Value } from "../model/json.ts";
import type { Delivery } from "../model/message.ts";
import type { Result } from "../model/result.ts";

/** The parsed body of a delivery, in the one of its connector's formats that its media type names, else in the first. */
export function readBodyOf(
	delivery: Delivery,
	formats: readonly [BodyFormat, ...BodyFormat[]],
): Result<Value, string> {
	const named = formatNamed(delivery);
	return readAs(named !== undefined && formats.includes(named) ? named : formats[0], delivery.body);
}
