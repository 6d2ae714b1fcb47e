/**
 * The hub as `npm start` runs it, with one module exchanged: `cell.ts`, through which everything durable goes, for one
 * that kills the process at a named place. SIGKILL leaves no time for anything: what is not on disk by then is lost.
 */
import { registerHooks } from "node:module";

const cell = import.meta.resolve("../../src/host/node/cell.ts");
const killingCell = import.meta.resolve("./killing-cell.ts");

registerHooks({
	resolve: (specifier, context, next) => {
		const resolved = next(specifier, context);
		const exchanged = resolved.url === cell && context.parentURL !== killingCell;
		return exchanged ? { ...resolved, url: killingCell } : resolved;
	},
});
await import("../../src/host/node/start.ts");
process.on("disconnect", () => process.exit());
