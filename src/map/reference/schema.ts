import type { JsonObject } from "../../model/json.ts";
import type { Operator } from "../compiler.ts";
import { joiners } from "../condition.ts";
import type { CheckContext } from "../context.ts";
import { type Matcher, matchers } from "../matchers.ts";
import { operators } from "../operators/operators.ts";
import {
	deliveryKeys,
	described,
	eventKeys,
	givenKeys,
	mappingKeys,
	schemaOfKeys,
	testKeys,
} from "./form.ts";
import { signatureOf } from "./reference.ts";
import { anyOf, closed, listOf, part } from "./schema-parts.ts";

/**
 * The JSON Schema (draft 07) of a mapping file, for editors: completion, explanations, and most of what the checker
 * finds, while one types. It lets through what only the checker can judge, such as whether a path's name is bound.
 */
export function schemaOf(context: CheckContext): JsonObject {
	return {
		$schema: "http://json-schema.org/draft-07/schema#",
		title: "A mapping: which messages become which events",
		...schemaOfKeys(mappingKeys),
		oneOf: [{ required: ["event"] }, { required: ["events"] }],
		definitions: {
			from: anyOf(sourceOf(context), listOf(sourceOf(context))),
			action: anyOf({ enum: context.actionNames }, { type: "string" }),
			customer: customerOf(context),
			event: schemaOfKeys(eventKeys),
			test: {
				...schemaOfKeys(testKeys),
				oneOf: [{ required: ["gives"] }, { required: ["fails"] }],
			},
			delivery: schemaOfKeys(deliveryKeys),
			given: schemaOfKeys(givenKeys),
			...conditions(),
			...values(),
			...Object.fromEntries(operators.map((operator) => [operator.name, schemaOfOperator(operator)])),
		},
	};
}

function sourceOf({ connectors }: CheckContext): JsonObject {
	const names = [...connectors];
	return anyOf({ enum: names }, { type: "string", pattern: `^(${names.join("|")})/.` });
}

function customerOf({ identityKinds }: CheckContext): JsonObject {
	const identity: JsonObject = {
		type: "object",
		properties: Object.fromEntries([...identityKinds].map((kind) => [kind, part("value")])),
		patternProperties: { [nameKey]: part("value") },
		additionalProperties: false,
		minProperties: 1,
		maxProperties: 1,
	};
	return anyOf(scalar, part("operator"), identity, listOf(identity));
}

const scalar: JsonObject = { type: ["string", "number", "boolean", "null"] };
const path: JsonObject = { type: "string", pattern: "^\\$" };
/** A key that is neither a path nor a word of the language. */
const nameKey = "^(?!\\$)";
/** A key that begins with a root: `$.total`, `$$`, `$line.sku`. */
const rootKey = "^\\$(\\$?$|\\$?\\.|[A-Za-z_][A-Za-z0-9_]*\\.)";

/** What stands under `when`, `where` and `$if`, and what stands under one of its paths. */
function conditions(): JsonObject {
	const tests = matchers.map(
		(matcher) => [matcher.name, described(matcher.about, givenTo(matcher))] as const,
	);
	const joined = [...joiners].map(([name, about]) => {
		const schema = name === "$not" ? part("tested") : listOf(part("tested"), { minItems: 1 });
		return [name, described(about, schema)] as const;
	});
	return {
		condition: {
			type: "object",
			properties: Object.fromEntries([...tests, ...joined]),
			patternProperties: { [nameKey]: part("tested"), [rootKey]: part("tested") },
			additionalProperties: false,
		},
		tested: anyOf(scalar, listOf(scalar), part("condition")),
	};
}

function givenTo({ takes }: Matcher): JsonObject {
	switch (takes) {
		case "value":
			return scalar;
		case "values":
			return listOf(scalar);
		case "text":
		case "pattern":
			return { type: "string" };
		case "boolean":
			return anyOf({ type: "boolean" }, path);
	}
}

function values(): JsonObject {
	const plain: JsonObject = {
		type: "object",
		patternProperties: { [nameKey]: part("value") },
		additionalProperties: false,
	};
	const operator = part("operator");
	return {
		value: anyOf(scalar, listOf(part("value")), plain, operator),
		text: anyOf({ type: "string" }, operator),
		wording: anyOf({ type: ["string", "number", "boolean"] }, operator),
		number: anyOf({ type: "number" }, { type: "string", pattern: "^(\\$|-?[0-9])" }, operator),
		list: anyOf(path, listOf(part("value")), operator),
		object: anyOf(path, plain, operator),
		operator: { anyOf: operators.map(({ name }) => ({ $ref: `#/definitions/${name}` })) },
	};
}

function schemaOfOperator(operator: Operator): JsonObject {
	const { name, about, operand, options, examples } = operator;
	const given = Object.entries(options);
	const example = examples[0]?.expression ?? "";
	const hover = `${signatureOf(operator)}\n\n${about}\n\nExample: ${example}`;
	return closed(
		{
			[name]: described(hover, operand.schema),
			...Object.fromEntries(
				given.map(([key, { expects, schema }]) => [
					key,
					described(`\`${key}\` of \`${name}\`: ${expects}.`, schema),
				]),
			),
		},
		[name, ...given.filter(([, parameter]) => !parameter.optional).map(([key]) => key)],
	);
}
