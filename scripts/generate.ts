/** `npm run generate`: writes what is made from other files; with `--check`, fails where that is stale. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { connectors } from "../connectors/index.ts";
import { loadProgram } from "../src/catalog/program.ts";
import { referenceOfActions } from "../src/catalog/reference.ts";
import { checkContextOf } from "../src/host/definitions.ts";
import { projectRoot, readMappings, readProgram } from "../src/host/node/definitions.ts";
import { contentsOf } from "../src/host/samples.ts";
import { type Preset, referenceOfConnectors } from "../src/kit/reference.ts";
import { type Fields, fieldsOf, rowsOf } from "../src/map/check/fields.ts";
import { testedContents } from "../src/map/mappings.ts";
import { referenceOf } from "../src/map/reference/reference.ts";
import { schemaOf } from "../src/map/reference/schema.ts";
import type { Value } from "../src/model/json.ts";
import { invariant } from "../src/model/result.ts";
import { testOf } from "./connector-samples.ts";

/** By path from the project's root, what each generated file has to say. */
const generated: Readonly<Record<string, () => string | Promise<string>>> = {
	"src/host/fields.generated.ts": knownFields,
	"src/host/samples.generated.ts": bundledSamples,
	"src/host/workers/definitions.generated.ts": bundledDefinitions,
	"mappings/mapping.schema.json": mappingSchema,
	"docs/reference/mappings.md": referenceOf,
	"docs/reference/actions.md": referenceOfActions,
	"docs/reference/connectors.md": connectorReference,
};

/** What fields each connector's messages have, as far as its samples and the tests of the presets show. */
function knownFields(): string {
	const { program } = loadProgram(readProgram(projectRoot));
	invariant(program !== undefined, "the program has no mistakes");
	const presets = readMappings(projectRoot).filter(({ path }) => !path.startsWith("mappings/local/"));
	const tested = testedContents(presets, checkContextOf(program));
	const known = [...connectors.values()].filter(({ anyShape }) => !anyShape);
	const entries = known.map(({ slug }) => {
		const inTests = tested.filter((test) => test.connectors.includes(slug)).map(({ content }) => content);
		return listed(slug, fieldsOf([...sampled(slug), ...inTests]));
	});
	return `// biome-ignore-all format: nobody writes this by hand
// Made by \`npm run generate\` from connectors/*/samples and the tests of the presets: change those.
import type { FieldRow } from "../map/check/fields.ts";

export const fieldRows: Readonly<Record<string, readonly FieldRow[]>> = {
${entries.join("")}};
`;
}

const listed = (slug: string, fields: Fields): string =>
	`\t${JSON.stringify(slug)}: [\n${rowsOf(fields)
		.map((row) => `\t\t${JSON.stringify(row)},\n`)
		.join("")}\t],\n`;

/** The messages of a connector's samples. */
const sampled = (slug: string): readonly Value[] => samplesOf(slug).flatMap(({ contents }) => contents);

/** A connector's samples. What is no delivery says so by its name: signatures, and answers to us. */
function samplesOf(slug: string) {
	const connector = connectors.get(slug);
	const folder = join(projectRoot, "connectors", slug, "samples");
	if (connector === undefined || !existsSync(folder)) return [];
	const deliveries = readdirSync(folder).filter((name) => !/^signature|-response\./.test(name));
	return deliveries.sort().map((name) => {
		const body = readFileSync(join(folder, name));
		const contents = contentsOf(connector, body);
		invariant(contents.ok, `${slug}/samples/${name} can be read`);
		return { name, body, contents: contents.value };
	});
}

/** What `endpoint test` sends: one sample of each connector, which a hub without a file system has too. */
function bundledSamples(): string {
	const entries = [...connectors.values()].map(({ slug, sampleFile }) => {
		const samples = samplesOf(slug);
		const sample = samples.find(({ name, contents }) =>
			sampleFile === undefined ? contents.length > 0 : name === sampleFile,
		);
		invariant(sample !== undefined, `${slug} has the sample ${sampleFile ?? "that it is tested by"}`);
		const { name, body } = sample;
		return `\t[${JSON.stringify(slug)}, ${JSON.stringify({ file: name, body: body.toString("utf8") })}],\n`;
	});
	return `// biome-ignore-all format: nobody writes this by hand
// Made by \`npm run generate\` from connectors/*/samples: change those.
import type { SampleBody } from "../sample.ts";

export const sampleBodies: ReadonlyMap<string, SampleBody> = new Map([
${entries.join("")}]);
`;
}

/** For editors: it knows the shipped connectors and the program's actions and kinds of identity. */
function mappingSchema(): string {
	const { program } = loadProgram(readProgram(projectRoot));
	invariant(program !== undefined, "the program's files are sound");
	return `${JSON.stringify(schemaOf(checkContextOf(program)), null, "\t")}\n`;
}

/** Workers have no file system: the texts of the program and of the mappings go into the bundle. */
function bundledDefinitions(): string {
	const list = (files: readonly object[]): string =>
		files.map((file) => `\t${JSON.stringify(file)},\n`).join("");
	return `// biome-ignore-all format: nobody writes this by hand
// Made by \`npm run generate\` from program/ and mappings/: change those.
import type { MappingFile } from "../../model/mapping-file.ts";
import type { DefinitionFile } from "../definitions.ts";

export const programFiles: readonly DefinitionFile[] = [
${list(readProgram(projectRoot))}];

export const mappingFiles: readonly MappingFile[] = [
${list(readMappings(projectRoot))}];
`;
}

async function connectorReference(): Promise<string> {
	const presets = shippedPresets();
	const described = [...connectors.values()].map(async (connector) => ({
		connector,
		test: await testOf(connector.slug),
		presets: presets.filter(({ from }) => from.includes(connector.slug)),
	}));
	return referenceOfConnectors(await Promise.all(described));
}

const preset = z.looseObject({
	title: z.string(),
	from: z.union([z.string(), z.array(z.string())]),
	event: z.looseObject({ action: z.string() }).optional(),
	events: z.array(z.looseObject({ action: z.string() })).optional(),
});

function shippedPresets(): readonly (Preset & { readonly from: readonly string[] })[] {
	const files = readMappings(projectRoot).filter(({ path }) => !path.startsWith("mappings/local/"));
	return files.map(({ name, text }) => {
		const { title, from, event, events = [] } = preset.parse(parse(text));
		const actions = [...(event === undefined ? [] : [event]), ...events].map(({ action }) => action);
		return { name, title, from: [from].flat().map((one) => one.split("/")[0] ?? ""), actions };
	});
}

const check = process.argv.includes("--check");
for (const [path, textOf] of Object.entries(generated)) {
	const file = join(projectRoot, path);
	const text = await textOf();
	if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
	if (check) {
		console.error(`${path} is stale: run \`npm run generate\` and commit what it writes`);
		process.exitCode = 1;
	} else {
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, text);
		console.log(`wrote ${path}`);
	}
}
