/** The hub exactly as `npm start` runs it; beside that it tells its parent, when asked, the CPU time it has used. */
import "../src/host/node/start.ts";

process.on("message", () => process.send?.(process.cpuUsage()));
process.on("disconnect", () => process.exit());
