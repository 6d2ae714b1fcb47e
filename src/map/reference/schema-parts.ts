import type { JsonObject } from "../../model/json.ts";

/** The parts of the JSON Schema that others refer to; `schema.ts` says what each is. */
type SchemaPart =
	| "from"
	| "action"
	| "customer"
	| "event"
	| "test"
	| "delivery"
	| "given"
	| "condition"
	| "tested"
	| "value"
	| "text"
	| "wording"
	| "number"
	| "list"
	| "object"
	| "operator";

export const part = (name: SchemaPart): JsonObject => ({ $ref: `#/definitions/${name}` });

export const listOf = (
	items: JsonObject,
	bounds: { minItems?: number; maxItems?: number } = {},
): JsonObject => ({
	type: "array",
	items,
	...bounds,
});

/** An object that has these keys and no others. */
export const closed = (properties: JsonObject, required: readonly string[] = []): JsonObject => ({
	type: "object",
	properties,
	...(required.length === 0 ? {} : { required }),
	additionalProperties: false,
});

export const anyOf = (...schemas: readonly JsonObject[]): JsonObject => ({ anyOf: schemas });
