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

/** Every operator of the language, in the order of the reference. */
export const operators: readonly Operator[] = [
	...choiceOperators,
	...castOperators,
	...timeOperators,
	...numberOperators,
	...moneyOperators,
	...textOperators,
	...patternOperators,
	...listOperators,
	...objectOperators,
];

export const operatorOf: ReadonlyMap<string, Operator> = new Map(
	operators.map((operator) => [operator.name, operator]),
);
