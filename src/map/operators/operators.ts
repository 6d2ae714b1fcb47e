import type { Operator } from "../compiler.ts";
import { castOperators } from "./casts.ts";
import { choiceOperators } from "./choice.ts";
import { listOperators } from "./lists.ts";
import { moneyOperators } from "./money.ts";
import { numberOperators } from "./numbers.ts";
import { objectOperators } from "./objects.ts";
import { patternOperators } from "./patterns.ts";
import { textOperators } from "./texts.ts";
import { timeOperators } from "./times.ts";

/** Every operator of the language, in the order and under the titles of the reference. */
export const operatorGroups: readonly { readonly title: string; readonly operators: readonly Operator[] }[] =
	[
		{ title: "Choosing", operators: choiceOperators },
		{ title: "Kinds of value", operators: castOperators },
		{ title: "Times", operators: timeOperators },
		{ title: "Numbers", operators: numberOperators },
		{ title: "Money", operators: moneyOperators },
		{ title: "Texts", operators: textOperators },
		{ title: "Regular expressions", operators: patternOperators },
		{ title: "Lists", operators: listOperators },
		{ title: "Objects", operators: objectOperators },
	];

export const operators: readonly Operator[] = operatorGroups.flatMap(({ operators }) => operators);

export const operatorOf: ReadonlyMap<string, Operator> = new Map(
	operators.map((operator) => [operator.name, operator]),
);
