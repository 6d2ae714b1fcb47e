import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";
import { connectors } from "../connectors/index.ts";
import { loadProgram } from "../src/catalog/program.ts";
import { checkContextOf } from "../src/host/definitions.ts";
import { readProgram } from "../src/host/node/definitions.ts";
import { testMappings } from "../src/map/mappings.ts";
import { invariant } from "../src/model/result.ts";

const root = join(import.meta.dirname, "..");
const documents = [
	"README.md",
	"CONTRIBUTING.md",
	"ARCHITECTURE.md",
	"docs/reference/deliveries.md",
	...readdirSync(join(root, "connectors"), { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map((entry) => `connectors/${entry.name}/README.md`),
];

/** The `ts` fences of a document, in order. */
const fencesIn = (document: string): readonly string[] =>
	[...readFileSync(join(root, document), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(
		(match) => match[1] ?? "",
	);

/** A connector's folder that is gone after the tests: fences import as a connector does. */
const folder = mkdtempSync(join(root, "test", ".docs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// The compiler starts anew for each: seconds, where the machine is busy.
describe("the documents", { timeout: 60_000 }, () => {
	it.each(documents)("%s has examples that the compiler accepts", (document) => {
		const files = fencesIn(document).map((fence, index) => {
			const file = join(folder, `${document.replaceAll("/", "-")}-${index}.ts`);
			writeFileSync(file, fence.replaceAll("./index.ts", `./${document.replaceAll("/", "-")}-0.ts`));
			return file;
		});
		const config = ts.getParsedCommandLineOfConfigFile(
			join(root, "test", "tsconfig.json"),
			{},
			{
				...ts.sys,
				onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
					throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
				},
			},
		);
		const program = ts.createProgram(files, { ...config?.options, noUnusedLocals: false });
		const problems = files.flatMap((file) =>
			ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map((diagnostic) => {
				const { line } = ts.getLineAndCharacterOfPosition(
					diagnostic.file ?? ({} as never),
					diagnostic.start ?? 0,
				);
				return `fence line ${line + 1}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n")}`;
			}),
		);
		expect(problems).toEqual([]);
	});

	it.each(documents)("%s links to files that exist", (document) => {
		const text = readFileSync(join(root, document), "utf8");
		const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1] ?? "");
		const missing = links.filter(
			(link) =>
				!ts.sys.fileExists(join(root, document, "..", link)) &&
				!ts.sys.directoryExists(join(root, document, "..", link)),
		);
		expect(missing).toEqual([]);
	});
});

it("README.md shows a mapping that is sound and passes its tests", () => {
	const [text = ""] = [
		...readFileSync(join(root, "README.md"), "utf8").matchAll(/```yaml\n([\s\S]*?)```/g),
	].map((match) => match[1] ?? "");
	const { program } = loadProgram(readProgram(root));
	invariant(program !== undefined, "the shipped program is sound");
	const file = { name: "newsletter", path: "README.md", text, version: "1" };
	expect(testMappings([file], checkContextOf(program))).toEqual([]);
});

describe("docs/reference/connectors.md", () => {
	const reference = readFileSync(join(root, "docs", "reference", "connectors.md"), "utf8");

	it("has a section for each connector, which links to what there is", () => {
		for (const [slug, { title }] of connectors)
			expect(reference).toContain(
				`## ${title}\n\n\`${slug}\` · [README](../../connectors/${slug}/README.md)`,
			);
		const links = [...reference.matchAll(/\]\((\.\.[^)]+)\)/g)].map((match) => match[1] ?? "");
		expect(links.filter((link) => !existsSync(join(root, "docs", "reference", link)))).toEqual([]);
	});

	it("is what `npm run generate` makes of the connectors, their tests and their presets", async () => {
		const generate = join(root, "scripts", "generate.ts");
		const { stderr } = await promisify(execFile)(process.execPath, [generate, "--check"]).catch(
			(failure: { readonly stderr: string }) => failure,
		);
		expect(stderr).not.toContain("docs/reference/connectors.md");
	}, 60_000);
});

/** What CONTRIBUTING.md shows is a connector that passes its own test, as its reader would write them. */
describe("the connector of CONTRIBUTING.md", async () => {
	const [connector = "", test = ""] = fencesIn("CONTRIBUTING.md");
	writeFileSync(join(folder, "index.ts"), connector);
	const own = join(folder, "acme.ts");
	writeFileSync(own, test);
	await import(own);
});
