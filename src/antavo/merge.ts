import { textOf } from "../kit/values.ts";
import { claimOf } from "../ledger/command.ts";
import type { CustomerView } from "../ledger/view.ts";
import { own } from "../model/json.ts";
import { bad, good, invariant, type Result } from "../model/result.ts";
import type { Asked, CallParts } from "./call.ts";
import { customerAt, shown } from "./customers.ts";
import { type ApiError, busy, errorOfOutcome, isFailed, missing } from "./envelope.ts";
import { hubKeyOf } from "./events.ts";

/** `POST /customers/{customer_id}/merge`: the customer goes over to the `target`, who is answered. */
export async function postMerge(parts: CallParts, asked: Asked): Promise<Result<object, ApiError>> {
	const target = textOf(own(asked.body, "target"));
	if (target === undefined) return bad(missing("target"));
	const from = await customerAt(parts, asked.param("customer"));
	if (!from.ok) return from;
	const into = await customerAt(parts, target);
	if (!into.ok) return into;

	const hubKey = await hubKeyOf(parts);
	const claimed = ({ id }: CustomerView) => {
		const { program, hub } = parts;
		const claim = claimOf({ kind: "id", value: id }, { program, hubKey, crypto: hub.crypto });
		invariant(claim !== undefined, "a customer has a loyalty id");
		return claim;
	};
	const userAgent = asked.header("User-Agent");
	const merged = await parts.hub.ledger.merge({
		from: claimed(from.value),
		into: claimed(into.value),
		timestamp: parts.hub.clock(),
		provenance: {
			source: "Events API",
			signed: asked.caller.signed,
			...(asked.ip === undefined ? {} : { ipAddress: asked.ip }),
			...(userAgent === undefined ? {} : { userAgent }),
		},
	});
	if (merged === undefined) return bad(busy);
	if (isFailed(merged)) return bad(errorOfOutcome(merged));
	const survivor = await customerAt(parts, into.value.id);
	return survivor.ok ? good(shown(parts.program, survivor.value)) : survivor;
}
