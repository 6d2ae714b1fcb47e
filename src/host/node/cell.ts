import type { Remote } from "../../model/cell.ts";
import type { Sql } from "../../model/sql.ts";

interface Call {
	readonly run: () => unknown;
	readonly resolve: (value: unknown) => void;
	readonly reject: (error: unknown) => void;
}

/**
 * The outside of a cell that lives in this thread. Calls made in one turn of the event loop share one commit, and
 * none is answered before it: group commit is what makes many small durable writes affordable.
 *
 * Where one call throws, the group is rolled back and each call runs in a transaction of its own, so that only
 * the call at fault fails.
 */
export function remoteOf<Cell extends object>(sql: Sql, cell: Cell): Remote<Cell> {
	let queue: Call[] = [];

	function flush(): void {
		const calls = queue;
		queue = [];
		try {
			const values = sql.transaction(() => calls.map(({ run }) => run()));
			for (const [index, { resolve }] of calls.entries()) resolve(values[index]);
		} catch (error) {
			if (calls.length === 1) calls[0]?.reject(error);
			else for (const call of calls) alone(call);
		}
	}

	function alone({ run, resolve, reject }: Call): void {
		try {
			resolve(sql.transaction(run));
		} catch (error) {
			reject(error);
		}
	}

	const remote: Record<string, unknown> = {};
	for (const [name, method] of Object.entries(cell)) {
		if (typeof method !== "function") continue;
		remote[name] = (...args: readonly unknown[]) =>
			new Promise((resolve, reject) => {
				if (queue.length === 0) setImmediate(flush);
				queue.push({ run: () => method(...args), resolve, reject });
			});
	}
	return remote as Remote<Cell>;
}
