import { reading } from "./check/reads.ts";
import { suggest } from "./check/suggest.ts";
import {
	type Call,
	type Compiler,
	type Example,
	type Expression,
	type Kind,
	type Operator,
	type Parameter,
	type Parameters,
	refuse,
	type Wrong,
	wrong,
} from "./compiler.ts";
import type { Evaluate, Site } from "./evaluate.ts";
import type { Shortcut } from "./path.ts";
import { entryOf } from "./yaml.ts";

type GivenBy<Options extends Parameters> = {
	readonly [Name in keyof Options]: Options[Name] extends Parameter<infer Given> ? Given : never;
};

interface Definition<Operand, Options extends Parameters> {
	readonly name: string;
	readonly about: string;
	readonly gives: Kind;
	/** Where it gives nothing but what some of its arguments give: these. */
	readonly passes?: (operand: Operand, options: GivenBy<Options>) => readonly Expression[];
	readonly hands?: Operator["hands"];
	/** Whether it gives what its operand gives, and nothing where something that the operand needs is missing. */
	readonly forgives?: true;
	/** Where it gives what stands there, for most messages. */
	readonly shortcut?: (operand: Operand) => Shortcut | undefined;
	readonly operand: Parameter<Operand>;
	readonly options: Options;
	readonly examples: readonly Example[];
	/** Is called once for each place where the operator stands; what it gives runs for every message. */
	compile(operand: Operand, options: GivenBy<Options>, site: Site, compiler: Compiler): Evaluate;
}

/** Declares an operator: what its arguments are is checked here, once, so that `compile` is given the right ones. */
export function defineOperator<Operand, Options extends Parameters>(
	definition: Definition<Operand, Options>,
): Operator {
	const { name, about, gives, passes, hands, operand, options, examples } = definition;
	return {
		name,
		about,
		gives,
		hands,
		operand,
		options,
		examples,
		bind(call, compiler) {
			const whole = reading(compiler, true);
			const given = readOptions(name, options, call, whole);
			// What is handed on is read by who takes it, and as that takes it.
			const first = operand.read(call.operand, hands === undefined ? whole : compiler, call);
			if (given === wrong || first === wrong) return wrong;
			const bound = given as GivenBy<Options>;
			const passed = passes?.(first, bound);
			return {
				evaluate: definition.compile(first, bound, call.site, compiler),
				isJson: passed?.every(({ isJson }) => isJson) ?? (gives === "text" || gives === "boolean"),
				shortcut: definition.shortcut?.(first),
				unforgiving: definition.forgives ? passed?.[0]?.evaluate : undefined,
			};
		},
	};
}

/** An argument that may be left out. */
export const optional = <Given>(parameter: Parameter<Given>): Parameter<Given | undefined> => ({
	...parameter,
	optional: true,
});

function readOptions(
	name: string,
	options: Parameters,
	call: Call,
	compiler: Compiler,
): Readonly<Record<string, unknown>> | Wrong {
	let sound = true;
	for (const { key, at } of call.node.entries) {
		if (key === name || Object.hasOwn(options, key)) continue;
		sound = false;
		const known = Object.keys(options);
		const help = known.length === 0 ? "it takes nothing but its operand" : suggest(key, known);
		refuse(compiler, at, "unknown-argument", `\`${name}\` has no argument called \`${key}\``, help);
	}
	const given: Record<string, unknown> = {};
	for (const [key, parameter] of Object.entries(options)) {
		const entry = entryOf(call.node, key);
		if (entry !== undefined) {
			given[key] = parameter.read(entry.value, compiler, call);
			sound &&= given[key] !== wrong;
		} else if (!parameter.optional) {
			sound = false;
			const help = `write \`${key}:\` beside it: ${parameter.expects}`;
			refuse(compiler, call.site.place, "missing-argument", `\`${name}\` needs \`${key}\``, help);
		}
	}
	return sound ? given : wrong;
}
