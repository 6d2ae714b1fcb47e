/** `npm run bench [-- [--json] [--full] [row …]]`: how fast the hub is, each figure beside what it must reach. */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Figure, isReached, type Row, tableOf } from "./figure.ts";
import { append } from "./rows/append.ts";
import { batch } from "./rows/batch.ts";
import { dispatch } from "./rows/dispatch.ts";
import { enrichment } from "./rows/enrichment.ts";
import { history } from "./rows/history.ts";
import { mapping } from "./rows/mapping.ts";
import { startUp } from "./rows/start-up.ts";
import { verification } from "./rows/verification.ts";
import { webhook } from "./rows/webhook.ts";

const rows: Readonly<Record<string, Row>> = {
	mapping,
	dispatch,
	webhook,
	verification,
	batch,
	enrichment,
	append,
	history,
	"start-up": startUp,
};

const { values: options, positionals } = parseArgs({
	options: { json: { type: "boolean", default: false }, full: { type: "boolean", default: false } },
	allowPositionals: true,
});
const unknown = positionals.filter((name) => !Object.hasOwn(rows, name));
if (unknown.length > 0) {
	console.error(`no row is called ${unknown.join(", ")}; there are ${Object.keys(rows).join(", ")}`);
	process.exitCode = 2;
} else await run(positionals.length > 0 ? positionals : Object.keys(rows));

async function run(names: readonly string[]): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), "hub-bench-"));
	const figures: Figure[] = [];
	try {
		for (const name of names) {
			const say = (what: string): void => console.error(`${name}: ${what}`);
			figures.push(...((await rows[name]?.({ folder, full: options.full, say })) ?? []));
		}
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
	const machine = { node: process.version, cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length };
	if (options.json) {
		const measured = figures.map((figure) => ({ ...figure, reached: isReached(figure) }));
		console.log(JSON.stringify({ machine, figures: measured }, null, "\t"));
	} else {
		console.log(`\n${tableOf(figures)}\n\nNode ${machine.node}, ${machine.cores} × ${machine.cpu}`);
	}
}
