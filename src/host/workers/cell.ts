import type { Remote } from "../../model/cell.ts";
import { invariant } from "../../model/result.ts";
import type { Sql } from "../../model/sql.ts";

/** A Durable Object that holds a cell: one remote procedure serves all the cell's methods. */
export interface CellObject extends Rpc.DurableObjectBranded {
	call(name: string, args: readonly unknown[]): Promise<unknown>;
}

/** The cell seen from within its own object: each call is one transaction. */
export function remoteHere<Cell extends object>(sql: Sql, cell: Cell): Remote<Cell> {
	const remote = Object.entries(cell).map(([name, method]) => [
		name,
		async (...args: readonly unknown[]) => sql.transaction(() => method(...args)),
	]);
	return Object.fromEntries(remote);
}

/** Does in the object what `remoteOf` and `stubOf` ask of it. */
export function callOf<Methods extends object>(cell: Methods, name: string, args: readonly unknown[]) {
	invariant(Object.hasOwn(cell, name), `the cell has a method ${name}`);
	const method = cell[name as keyof Methods] as (...args: readonly unknown[]) => Promise<unknown>;
	return method(...args);
}

/** The cell seen from anywhere else, by its object's name. */
export const remoteOf = <Cell extends object>(
	namespace: DurableObjectNamespace<CellObject>,
	name: string,
): Remote<Cell> => stubOf<Remote<Cell>>(namespace, name);

/**
 * What an object answers, by its name: methods that are asynchronous as they are.
 *
 * A stub belongs to the request that made it and stays broken after a failure, so each call takes a new one.
 */
export function stubOf<Methods extends object>(
	namespace: DurableObjectNamespace<CellObject>,
	name: string,
): Methods {
	return new Proxy({} as Methods, {
		get: (_target, method) => {
			// A value with a method `then` would be taken for a promise.
			if (typeof method !== "string" || method === "then") return undefined;
			return (...args: readonly unknown[]) => namespace.getByName(name).call(method, args);
		},
	});
}
