import {
	remoteInThread as remoteInThreadOfNode,
	remoteOf as remoteOfNode,
	type Threaded,
} from "../../src/host/node/cell.ts";
import type { Remote } from "../../src/model/cell.ts";
import type { Sql } from "../../src/model/sql.ts";

/**
 * The place at which the process dies, from the environment: `settle after 2` is when the second call of a cell's
 * `settle` has committed, `settle before 2` when it has not begun. Empty is nowhere.
 */
const [method = "", when = "", call = ""] = (process.env["HUB_TEST_DIE_AT"] ?? "").split(" ");

export { perform } from "../../src/host/node/cell.ts";

/** Stand in for the host's own: the same cells, but for one call that their process does not survive. */
export const remoteOf = <Cell extends object>(sql: Sql, cell: Cell): Remote<Cell> =>
	dyingAt(remoteOfNode(sql, cell));

export async function remoteInThread<Cell extends object>(
	...start: Parameters<typeof remoteInThreadOfNode>
): Promise<Threaded<Cell>> {
	const thread = await remoteInThreadOfNode<Cell>(...start);
	return { ...thread, remote: dyingAt(thread.remote) };
}

function dyingAt<Cell>(remote: Remote<Cell>): Remote<Cell> {
	const methods = remote as Readonly<Record<string, ((...args: unknown[]) => Promise<unknown>) | undefined>>;
	const chosen = methods[method];
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
