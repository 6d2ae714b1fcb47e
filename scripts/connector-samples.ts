import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../src/host/node/definitions.ts";
import type { Connector } from "../src/kit/connector.ts";
import type { ConnectorTest } from "../src/kit/testing.ts";
import { invariant } from "../src/model/result.ts";

const tests = new Map<string, ConnectorTest>();

/** Stands in for the kit's while a connector's test is read: nothing is tested, and what it would be is kept. */
export function testConnector({ slug }: Connector, test: ConnectorTest): void {
	tests.set(slug, test);
}

/** Calls nothing that it is given, whatever is called of it: `describe.each(…)("…", …)`. */
const nothing = "const nothing = new Proxy(() => nothing, { get: () => nothing });";
const names = [
	"describe",
	"it",
	"test",
	"expect",
	"vi",
	"beforeAll",
	"beforeEach",
	"afterEach",
	"afterAll",
	"onTestFinished",
];
const runner = `data:text/javascript,${encodeURIComponent(`${nothing}export { ${names.map((name) => `nothing as ${name}`).join(", ")} };`)}`;

/**
 * What a connector's own test says of it: its samples, and what each gives. The test proves it, so that what is made of it is
 * true of the code.
 */
export async function testOf(slug: string): Promise<ConnectorTest> {
	const hooks = registerHooks({
		resolve: (specifier, context, next) => {
			if (specifier === "vitest") return { url: runner, shortCircuit: true };
			if (specifier.endsWith("/src/kit/testing.ts")) return { url: import.meta.url, shortCircuit: true };
			return next(specifier, context);
		},
	});
	try {
		await import(pathToFileURL(join(projectRoot, "connectors", slug, "index.test.ts")).href);
	} finally {
		hooks.deregister();
	}
	const test = tests.get(slug);
	invariant(test !== undefined, `connectors/${slug}/index.test.ts calls testConnector`);
	return test;
}
