import { connectors } from "../../connectors/index.ts";
import { actionNameOf, checkActions, isActionFile, withActions } from "../catalog/actions.ts";
import { shapeOf } from "../catalog/definition.ts";
import { loadProgram, type Program } from "../catalog/program.ts";
import type { Catalogue, Compiled } from "../catalogue.ts";
import { type Fields, fieldsOfRows } from "../map/check/fields.ts";
import { draftMapping } from "../map/draft/draft.ts";
import { testReceivedAt } from "../map/mapping.ts";
import type { MappingCompiler } from "../map/mapping-compiler.ts";
import { type CheckContext, checkMappings, liveMappings } from "../map/mappings.ts";
import type { ActionFile, MappingFile } from "../model/mapping-file.ts";
import type { Delivery } from "../model/message.ts";
import { sentenceOf } from "../model/problem.ts";
import { bad, good, type Result } from "../model/result.ts";
import type { OfferedFiles } from "../office/office.ts";
import { nodeCrypto } from "./crypto.ts";
import { fieldRows } from "./fields.generated.ts";

/** A file of definitions, by its path from the project's root. */
export interface DefinitionFile {
	readonly path: string;
	readonly text: string;
}

/** What the files say. */
export interface Definitions {
	/** The factory's actions, and all that is no action. */
	readonly program: Program;
	/** Custom actions, presets and local mappings, whichever replaces which. */
	readonly files: OfferedFiles;
	readonly catalogue: Catalogue;
}

/**
 * A mistake in the program's own settings is a failure: nothing can be recorded by it. Mistakes in actions and mappings
 * keep nobody waiting.
 */
export function loadDefinitions(files: {
	readonly program: readonly DefinitionFile[];
	readonly mappings: readonly MappingFile[];
}): Result<Definitions, readonly string[]> {
	const { program, problems } = loadProgram(files.program.filter((file) => !isActionFile(file)));
	if (program === undefined) return bad(problems.map(sentenceOf));
	const actions = files.program.filter(isActionFile).map(actionFileOf);
	return good({ program, files: { actions, mappings: files.mappings }, catalogue: openCatalogue(program) });
}

export const actionFileOf = (file: DefinitionFile): ActionFile => ({
	...file,
	name: actionNameOf(file.path),
	version: nodeCrypto.sha256Hex(file.text).slice(0, 12),
});

/** Custom actions over the program of this process, and mappings by both. */
function openCatalogue(base: Program): Catalogue {
	const compiledBy = remembering(keyOf, (actions): Compiled => {
		const program = withActions(base, actions);
		return { program, compiler: openMappingCompiler(checkContextOf(program)) };
	});
	return {
		compile: ({ actions, mappings }) => {
			const compiled = compiledBy(actions.live ?? []);
			return { ...compiled, mappings: compiled.compiler.compile(mappings), actionProblems: actions.problems };
		},
		judge: {
			actions: (set, before) => checkActions(set, before, base),
			mappings: (set, actions) => compiledBy(actions).compiler.check(set),
		},
	};
}

const keyOf = (set: readonly MappingFile[]): string =>
	set.map(({ path, version }) => `${path} ${version}`).join("\n");

/** The newest few: what is live, what somebody tries, and what was live before. */
const rememberedMax = 4;

export function openMappingCompiler(context: CheckContext): MappingCompiler {
	return {
		check: remembering(keyOf, (set) => checkMappings(set, context)),
		compile: remembering(
			({ hash }) => hash,
			(published) => liveMappings(published, context),
		),
		draft: (request) => draftMapping({ ...request, context }),
		fields: (connector) => context.fields?.(connector) ?? new Map(),
	};
}

function remembering<Asked, Answer>(keyOf: (asked: Asked) => string, answer: (asked: Asked) => Answer) {
	const known = new Map<string, Answer>();
	return (asked: Asked): Answer => {
		const key = keyOf(asked);
		const found = known.get(key) ?? answer(asked);
		known.delete(key);
		known.set(key, found);
		const oldest = known.keys().next().value;
		if (known.size > rememberedMax && oldest !== undefined) known.delete(oldest);
		return found;
	};
}

/** What a mapping is checked against. */
export const checkContextOf = (program: Program): CheckContext => ({
	action: (name) => {
		const definition = program.actions.get(name);
		return definition === undefined ? undefined : shapeOf(definition);
	},
	actionNames: [...program.actions.values()]
		.filter(({ sender }) => sender === "anyone")
		.map(({ name }) => name),
	identityKinds: new Set(program.identityKinds.keys()),
	connectors: new Set(connectors.keys()),
	fields: (connector) => knownFields.get(connector),
	sha256Hex: nodeCrypto.sha256Hex,
	messageOf: (connector, content, headers) => {
		const configured = connectors.get(connector)?.configure({});
		return configured?.ok === true ? configured.value.read(content, { ...noDelivery, headers }) : undefined;
	},
});

/** A message of a test was never delivered. */
const noDelivery: Delivery = {
	method: "POST",
	path: "",
	query: "",
	headers: {},
	body: new Uint8Array(),
	receivedAt: testReceivedAt,
};

/** What the connectors' samples have in them, and the messages in the tests of the presets. */
export const knownFields: ReadonlyMap<string, Fields> = new Map(
	Object.entries(fieldRows).map(([connector, rows]) => [connector, fieldsOfRows(rows)]),
);
