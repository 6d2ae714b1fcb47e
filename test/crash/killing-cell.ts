import { remoteOf as remoteOfNode } from "../../src/host/node/cell.ts";
import type { Remote } from "../../src/model/cell.ts";
import type { Sql } from "../../src/model/sql.ts";

/**
 * The place at which the process dies, from the environment: `settle after 2` is when the second call of a cell's
 * `settle` has committed, `settle before 2` when it has not begun. Empty is nowhere.
 */
const [method = "", when = "", call = ""] = (process.env["HUB_TEST_DIE_AT"] ?? "").split(" ");

/** Stands in for the host's own: the same cell, but for one call that its process does not survive. */
export function remoteOf<Cell extends object>(sql: Sql, cell: Cell): Remote<Cell> {
	const remote = remoteOfNode(sql, cell);
	const chosen = (remote as Readonly<Record<string, ((...args: unknown[]) => Promise<unknown>) | undefined>>)[
		method
	];
	if (chosen === undefined) return remote;
	let calls = 0;
	const dying = async (...args: unknown[]): Promise<unknown> => {
		calls += 1;
		if (calls < Number(call)) return chosen(...args);
		if (when === "after") await chosen(...args);
		process.kill(process.pid, "SIGKILL");
		return undefined;
	};
	return { ...remote, [method]: dying };
}
