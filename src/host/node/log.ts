import { pino } from "pino";
import type { Log, LogFields } from "../../model/log.ts";

/** One JSON line a fact, on the standard error: the standard output is for people. */
export function openLog(): Log {
	const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
	const at =
		(level: "info" | "warn" | "error") =>
		(fact: string, fields: LogFields = {}): void =>
			logger[level](fields, fact);
	return { info: at("info"), warn: at("warn"), error: at("error") };
}
