import type { Log, LogFields } from "../../model/log.ts";

const at =
	(level: "info" | "warn" | "error") =>
	(fact: string, fields: LogFields = {}): void =>
		console[level](JSON.stringify({ level, fact, ...fields }));

/** One JSON line a fact, which Workers Logs index by their fields. */
export const consoleLog: Log = { info: at("info"), warn: at("warn"), error: at("error") };
