import type { PublishedMappings } from "../model/configuration.ts";
import type { Value } from "../model/json.ts";
import type { MappingFile } from "../model/mapping-file.ts";
import type { Message } from "../model/message.ts";
import type { Problem } from "../model/problem.ts";
import { checkFields } from "./check/check-fields.ts";
import type { MappingReads } from "./check/coverage.ts";
import { runTests } from "./check/mapping-tests.ts";
import { findOverlaps } from "./check/overlap.ts";
import { suggest } from "./check/suggest.ts";
import type { Clause } from "./condition.ts";
import type { CheckContext } from "./context.ts";
import { buildDispatch, candidatesFor, type Dispatch } from "./dispatch.ts";
import type { DeliveryContext, Run } from "./evaluate.ts";
import { type MappedEvent, runPlan } from "./event-plan.ts";
import { compileMapping, type From, type Mapping, type SharedPlan } from "./mapping.ts";
import { type Nearest, nearestOf } from "./nearest.ts";
import { literalOf } from "./yaml.ts";

export type { MappingFile } from "../model/mapping-file.ts";
export type { CheckContext } from "./context.ts";
export type { MappedEvent } from "./event-plan.ts";
export type { Nearest } from "./nearest.ts";

/** What became of a message. */
export type Mapped =
	/** With up to three mappings that nearly matched, the nearest first. */
	| { readonly kind: "unmatched"; readonly nearest: readonly Nearest[] }
	/** Only a mapping with `active: false` reads it. */
	| { readonly kind: "switched_off"; readonly mapping: string }
	/** In the order of the mappings' names, and within one in the order of the file. */
	| { readonly kind: "mapped"; readonly events: readonly MappedEvent[] };

/** Mappings that are sound and go together. */
export interface MappingSet {
	readonly mappings: readonly MappingFacts[];
	/** `endpoint` is its name. Never throws, whatever the message has in it. */
	run(connector: string, endpoint: string, message: Message, delivery: DeliveryContext): Mapped;
	/** What each active mapping reads of a connector's messages. */
	reads(connector: string): readonly MappingReads[];
}

export interface MappingFacts {
	readonly name: string;
	readonly version: string;
	readonly title: string;
	/** `segment`, `segment/shop` */
	readonly from: readonly string[];
	readonly active: boolean;
}

/** What messages are mapped by at one time. */
export interface LiveMappings {
	/** Null where nothing can be mapped: everything waits then. */
	readonly set: MappingSet | null;
	/** What keeps the newest mappings out, or all of them. */
	readonly problems: readonly Problem[];
	/** The mapping that would read this message, had it no mistakes: it was never good, so nothing reads it so far. */
	awaits(
		connector: string,
		endpoint: string,
		message: Message,
		delivery: DeliveryContext,
	): string | undefined;
}

/** Compiles what is published. A set that was good can be broken by a change of the program. */
export function liveMappings(
	{ live, awaited, problems }: PublishedMappings,
	context: CheckContext,
): LiveMappings {
	const compiled = compileMappings(live ?? [], context);
	const waiting = compiledOf(awaited, context).flatMap(({ mapping }) =>
		mapping?.active === true ? [mapping] : [],
	);
	return {
		set: live === null ? null : (compiled.set ?? null),
		problems: compiled.set === undefined ? compiled.problems.filter(isError) : problems,
		awaits: (connector, endpoint, message, delivery) => {
			if (waiting.length === 0) return undefined;
			const run: Run = { message, delivery, items: [], steps: 0 };
			const reads = ({ from, when }: Mapping): boolean =>
				from.some((one) => covers(one, connector, endpoint)) && allHold(when, run);
			return waiting.find(reads)?.name;
		},
	};
}

/** Checks and compiles a set of mapping files. There is no set where a problem is an error. */
export function compileMappings(
	files: readonly MappingFile[],
	context: CheckContext,
): { set: MappingSet | undefined; problems: readonly Problem[] } {
	const { mappings, problems } = compileAll(files, context);
	const tables = tablesOf(mappings);
	problems.push(...overlapsIn(tables));
	if (problems.some(isError)) return { set: undefined, problems };
	const set: MappingSet = {
		mappings: mappings.map(factsOf),
		run: runOver(tables),
		reads: (connector) => mappings.filter((mapping) => isReading(mapping, connector)).map(readsOf),
	};
	return { set, problems };
}

/** All that is wrong with a set: what keeps it from going live, what may be a mistake, and the tests that fail. */
export function checkMappings(files: readonly MappingFile[], context: CheckContext): readonly Problem[] {
	const { mappings, problems } = compileAll(files, context);
	return [...problems, ...overlapsIn(tablesOf(mappings)), ...failuresOf(mappings, context)].sort(byPlace);
}

/** Runs the `tests:` of each file against that file alone; a test that fails is a problem at its place. */
export function testMappings(files: readonly MappingFile[], context: CheckContext): readonly Problem[] {
	const { mappings, problems } = compileAll(files, context);
	return [...problems, ...failuresOf(mappings, context)];
}

/** The contents of the messages in the tests of the files without errors, each with the connectors that may send it. */
export const testedContents = (
	files: readonly MappingFile[],
	context: CheckContext,
): readonly { readonly connectors: readonly string[]; readonly content: Value }[] =>
	compileAll(files, context).mappings.flatMap(({ from, tests }) =>
		tests.map(({ message }) => ({
			connectors: from.map(({ connector }) => connector),
			content: literalOf(message),
		})),
	);

const failuresOf = (mappings: readonly Mapping[], context: CheckContext): readonly Problem[] =>
	mappings.flatMap((mapping) => runTests(mapping, context, eventsFor));

const overlapsIn = (tables: ReadonlyMap<string, Table>): readonly Problem[] =>
	findOverlaps([...tables.values()].flatMap((table) => [table.others, ...table.byEndpoint.values()]));

const byPlace = (a: Problem, b: Problem): number =>
	a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1;

const isReading = ({ from, active }: Mapping, connector: string): boolean =>
	active && from.some((one) => one.connector === connector);

const readsOf = ({ name, reads }: Mapping): MappingReads => ({ mapping: name, reads });

/** The mappings of the files without errors, in the order of their names, and the problems of all. */
function compileAll(
	files: readonly MappingFile[],
	context: CheckContext,
): { mappings: readonly Mapping[]; problems: Problem[] } {
	const problems: Problem[] = [];
	const mappings: Mapping[] = [];
	const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
	const compiled = compiledOf(sorted, context);
	for (const [index, file] of sorted.entries()) {
		const { mapping, problems: own } = compiled[index] ?? nothing;
		const found = file.name === sorted[index - 1]?.name ? [...own, sameName(file)] : own;
		if (mapping !== undefined && !found.some(isError)) mappings.push(mapping);
		problems.push(...found.filter((problem) => !isOutdone(problem, found)).sort(byPlace));
	}
	const names = sorted.map(({ name }) => name);
	return { mappings, problems: [...problems, ...mappings.flatMap((mapping) => strangersOf(mapping, names))] };
}

/** What one file is by itself: the same for ever, as long as the text and what it is checked against are the same. */
interface Compiled {
	readonly mapping: Mapping | undefined;
	readonly problems: readonly Problem[];
}

const nothing: Compiled = { mapping: undefined, problems: [] };

/** Of each thing that mappings are checked against, the files of the last sets and the plans that they share. */
const known = new WeakMap<CheckContext, { files: Map<string, Compiled>; plans: Map<string, SharedPlan> }>();

/** Compiles those files whose texts are new since the last time. */
function compiledOf(files: readonly MappingFile[], context: CheckContext): readonly Compiled[] {
	const before = known.get(context) ?? freshMemory();
	const compiled = files.map((file) => {
		const key = `${file.path}\n${file.name}\n${file.version}\n${file.text}`;
		const found = before.files.get(key) ?? compileFile(file, context, before.plans);
		before.files.set(key, found);
		return found;
	});
	// A set and what somebody tries beside it; where there is more, it is of sets that are gone.
	known.set(context, before.files.size > 2 * files.length + forgottenMin ? freshMemory() : before);
	return compiled;
}

const forgottenMin = 1_000;

const freshMemory = () => ({ files: new Map<string, Compiled>(), plans: new Map<string, SharedPlan>() });

function compileFile(file: MappingFile, context: CheckContext, plans: Map<string, SharedPlan>): Compiled {
	const problems: Problem[] = [];
	const mapping = compileMapping(file, context, { plans, report: (problem) => problems.push(problem) });
	if (mapping !== undefined) problems.push(...checkFields(mapping, context));
	return { mapping, problems };
}

/** What a mapping names in `beside`, and is not there. */
const strangersOf = ({ beside, place: { file } }: Mapping, names: readonly string[]): readonly Problem[] =>
	beside
		.filter(({ name }) => !names.includes(name))
		.map(({ name, at: { line, column } }) => ({
			file,
			line,
			column,
			severity: "warning",
			code: "unknown-mapping",
			message: `no mapping is called \`${name}\``,
			help: suggest(name, names),
		}));

/** Whether there is an error at the same place: what a warning says there is a part of it. */
const isOutdone = (problem: Problem, found: readonly Problem[]): boolean =>
	!isError(problem) &&
	found.some(
		({ severity, line, column }) =>
			severity === "error" && line === problem.line && column === problem.column,
	);

const isError = ({ severity }: Problem): boolean => severity === "error";

const sameName = ({ name, path }: MappingFile): Problem => ({
	file: path,
	line: 1,
	column: 1,
	severity: "error",
	code: "same-name",
	message: `there are two mappings called \`${name}\``,
	help: "give one of them another name",
});

const factsOf = ({ name, version, title, from, active }: Mapping): MappingFacts => ({
	name,
	version,
	title,
	from: from.map(({ connector, endpoint }) =>
		endpoint === undefined ? connector : `${connector}/${endpoint}`,
	),
	active,
});

/** One connector's dispatch: for each endpoint that some mapping names, and for all others. */
interface Table {
	readonly byEndpoint: ReadonlyMap<string, Dispatch>;
	readonly others: Dispatch;
}

function tablesOf(mappings: readonly Mapping[]): ReadonlyMap<string, Table> {
	const connectors = new Set(mappings.flatMap(({ from }) => from.map(({ connector }) => connector)));
	return new Map([...connectors].map((connector) => [connector, tableOf(connector, mappings)]));
}

function tableOf(connector: string, mappings: readonly Mapping[]): Table {
	const endpoints = new Set<string>();
	for (const { from } of mappings) {
		for (const one of from) {
			if (one.connector === connector && one.endpoint !== undefined) endpoints.add(one.endpoint);
		}
	}
	const readBy = (endpoint: string | undefined): Dispatch =>
		buildDispatch(mappings.filter(({ from }) => from.some((one) => covers(one, connector, endpoint))));
	return {
		byEndpoint: new Map([...endpoints].map((endpoint) => [endpoint, readBy(endpoint)])),
		others: readBy(undefined),
	};
}

const covers = (from: From, connector: string, endpoint: string | undefined): boolean =>
	from.connector === connector && (from.endpoint === undefined || from.endpoint === endpoint);

function runOver(tables: ReadonlyMap<string, Table>): MappingSet["run"] {
	return (connector, endpoint, message, delivery) => {
		const table = tables.get(connector);
		if (table === undefined) return { kind: "unmatched", nearest: [] };
		const dispatch = table.byEndpoint.get(endpoint) ?? table.others;
		const run: Run = { message, delivery, items: [], steps: 0 };
		const events: MappedEvent[] = [];
		let matched = false;
		let switchedOff: string | undefined;
		for (const { mapping, open } of candidatesFor(dispatch, message.content, run)) {
			if (!allHold(open, run)) continue;
			if (mapping.active) {
				matched = true;
				runMapping(mapping, run, events);
			} else switchedOff ??= mapping.name;
		}
		if (matched) return { kind: "mapped", events };
		if (switchedOff !== undefined) return { kind: "switched_off", mapping: switchedOff };
		return { kind: "unmatched", nearest: nearestOf(dispatch, run) };
	};
}

function allHold(clauses: readonly Clause[], run: Run): boolean {
	for (const { test } of clauses) if (!test(run.message.content, run)) return false;
	return true;
}

function runMapping(mapping: Mapping, run: Run, events: MappedEvent[]): void {
	for (const plan of mapping.events) runPlan(plan, mapping, run, events);
}

/** What one mapping alone makes of a message. */
function eventsFor(mapping: Mapping, run: Run): readonly MappedEvent[] {
	const events: MappedEvent[] = [];
	if (allHold(mapping.when, run)) runMapping(mapping, run, events);
	return events;
}
