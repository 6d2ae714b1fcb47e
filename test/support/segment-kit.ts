import { createRequire } from "node:module";
import type { Json, JsonObject } from "../../src/model/json.ts";

const require = createRequire(import.meta.url);

/** Segment's own engine of mappings. Its ES modules are for bundlers only. */
const mappingKit = require("@segment/actions-core/mapping-kit") as {
	transform(mapping: object, payload: object): unknown;
};

/** Segment's own engine of triggers, in the version that its engine of mappings goes with. */
const subscriptions = createRequire(require.resolve("@segment/actions-core"))(
	"@segment/destination-subscriptions",
) as {
	parseFql(fql: string): { readonly error?: Error };
	validate(parsed: object, event: object): boolean;
};

/** What Segment makes of a payload; it throws where it finds the mapping wrong. */
export const transform = mappingKit.transform;

/** Whether Segment's trigger lets an event through. */
export const isTriggered = (fql: string, event: object): boolean =>
	subscriptions.validate(subscriptions.parseFql(fql), event);

/** What Segment finds wrong with a trigger. */
export const triggerError = (fql: string): string | undefined => subscriptions.parseFql(fql).error?.message;

const conditional =
	(test: "exists" | "blank") =>
	(value: Json, yes: Json | undefined, no?: Json): JsonObject => {
		const branches = Object.entries({ yes, no }).flatMap(([name, json]) =>
			json === undefined ? [] : [[name === "yes" ? "then" : "else", json] as const],
		);
		return { "@if": { [test]: value, ...Object.fromEntries(branches) } };
	};

/** `@if` with `exists`, and with `blank`, which holds where the value is not blank. */
export const either = conditional("exists");
export const filled = conditional("blank");
