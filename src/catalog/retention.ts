import type { Problem } from "../model/problem.ts";
import { openFields, type ProgramFile } from "./fields.ts";

/** `program/retention.yaml`: how long what deliveries and backups hold is kept. */
export interface Retention {
	readonly deliveriesMs: number;
	/** Those of which every message is unmatched or ignored. */
	readonly unreadMs: number;
	/** Whoever makes backups of the hub deletes them by then: what an erasure's answer says of them goes by it. */
	readonly backupsMs: number;
}

const day = 86_400_000;

/** Reads `retention.yaml`; absent settings have their defaults. */
export function readRetention(file: ProgramFile): {
	readonly retention: Retention;
	readonly problems: readonly Problem[];
} {
	const { fields, problems } = openFields(file);
	const retention: Retention = {
		deliveriesMs: fields.duration("deliveries", 90 * day),
		unreadMs: fields.duration("unread", 7 * day),
		backupsMs: fields.duration("backups", 30 * day),
	};
	fields.finish();
	return { retention, problems };
}
