// Loaded before anything else by every npm script, and plain JavaScript: an older Node could not even read the sources.
import module from "node:module";
import { join } from "node:path";

const needed = 26;
if (Number(process.versions.node.split(".")[0]) < needed) {
	console.error(
		`Node ${process.versions.node} is too old: the hub needs Node ${needed} or newer. \`npm ci\` brings it along for ` +
			"Linux, macOS and Windows unless optional packages are left out; run the hub through `npm run`.",
	);
	process.exit(2);
}

// What was stripped of its types and compiled once need not be again: the next start is three times as fast. Not in the
// system's temporary folder, where others could lay code for us.
module.enableCompileCache(join(import.meta.dirname, "..", "node_modules", ".cache", "compiled"));
