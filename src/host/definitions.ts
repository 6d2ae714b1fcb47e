import { connectors } from "../../connectors/index.ts";
import { shapeOf } from "../catalog/definition.ts";
import { loadProgram, type Program } from "../catalog/program.ts";
import { type Fields, fieldsOfRows } from "../map/check/fields.ts";
import { draftMapping } from "../map/draft/draft.ts";
import { testReceivedAt } from "../map/mapping.ts";
import type { MappingCompiler } from "../map/mapping-compiler.ts";
import { type CheckContext, checkMappings, liveMappings } from "../map/mappings.ts";
import type { MappingFile } from "../model/mapping-file.ts";
import type { Delivery } from "../model/message.ts";
import { sentenceOf } from "../model/problem.ts";
import { bad, good, type Result } from "../model/result.ts";
import { nodeCrypto } from "./crypto.ts";
import { fieldRows } from "./fields.generated.ts";

/** A file of definitions, by its path from the project's root. */
export interface DefinitionFile {
	readonly path: string;
	readonly text: string;
}

/** What the files say. */
export interface Definitions {
	readonly program: Program;
	/** Presets and one's own, whichever replaces which. */
	readonly files: readonly MappingFile[];
	readonly mappings: MappingCompiler;
}

/** A mistake in the program is a failure: nothing can be recorded by it. Mistakes in mappings keep nobody waiting. */
export function loadDefinitions(files: {
	readonly program: readonly DefinitionFile[];
	readonly mappings: readonly MappingFile[];
}): Result<Definitions, readonly string[]> {
	const { program, problems } = loadProgram(files.program);
	if (program === undefined) return bad(problems.map(sentenceOf));
	return good({ program, files: files.mappings, mappings: openMappingCompiler(checkContextOf(program)) });
}

/** The newest few: what is live, what somebody tries, and what was live before. */
const rememberedMax = 4;

export function openMappingCompiler(context: CheckContext): MappingCompiler {
	const keyOf = (set: readonly MappingFile[]): string =>
		set.map(({ path, version }) => `${path} ${version}`).join("\n");
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
	messageOf: (connector, content) => {
		const configured = connectors.get(connector)?.configure({});
		return configured?.ok === true ? configured.value.read(content, noDelivery) : undefined;
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
