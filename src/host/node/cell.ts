import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Remote } from "../../model/cell.ts";
import type { Clock } from "../../model/clock.ts";
import type { Sql } from "../../model/sql.ts";
import type { SqliteFile } from "./sqlite.ts";

/** One call of a cell's method, as it goes to wherever the cell is. */
export interface Call {
	readonly name: string;
	readonly args: readonly unknown[];
}

export type Answer =
	| { readonly ok: true; readonly value: unknown }
	| { readonly ok: false; readonly error: unknown };

/**
 * Makes calls of a cell in one transaction, which is what makes many small durable writes affordable. Where one of
 * them throws, all is rolled back and each is made in a transaction of its own, so that only the call at fault fails.
 */
export function perform<Cell extends object>(
	sql: Sql,
	cell: Cell,
	calls: readonly Call[],
): readonly Answer[] {
	const make = ({ name, args }: Call): Answer => {
		const method = cell[name as keyof Cell] as (...args: readonly unknown[]) => unknown;
		return { ok: true, value: method(...args) };
	};
	try {
		return sql.transaction(() => calls.map(make));
	} catch (error) {
		if (calls.length === 1) return [{ ok: false, error }];
		return calls.flatMap((call) => perform(sql, cell, [call]));
	}
}

/** The outside of a cell that lives in this thread: calls made in one turn of the event loop share one commit. */
export function remoteOf<Cell extends object>(sql: Sql, cell: Cell): Remote<Cell> {
	return grouped(Object.keys(cell), async (calls) => perform(sql, cell, calls));
}

/** A cell that lives in a thread of its own, so that its work holds up nobody else's. */
export interface Threaded<Cell> {
	readonly remote: Remote<Cell>;
	/** Hands over what is no call; the thread has it before any call that is made from here on. */
	tell(news: object): void;
	/** The cell's database: what is asked of it is done between two groups of calls. */
	readonly file: Remote<FileCare>;
	/** Lets the calls that were made end, and closes the cell's database. */
	close(): Promise<void>;
}

/** What goes to a thread; the clock is this side's, so that one clock rules all cells. */
export interface CallGroup {
	readonly now: number;
	readonly calls: readonly Call[];
}

/** What a thread's database can be asked for beside its cell's calls. */
export type FileCare = Pick<SqliteFile, "scrub" | "oweVacuum" | "vacuum">;

/** Such a call as it goes to the thread. */
export interface FileCall {
	readonly file: Call & { readonly name: keyof FileCare };
}

/** Starts the thread that the file `module` is, and waits until its cell is open: it then says the names of its methods. */
export async function remoteInThread<Cell extends object>(
	module: string,
	workerData: unknown,
	clock: Clock,
): Promise<Threaded<Cell>> {
	const thread = new Worker(module, { workerData });
	const [names] = (await once(thread, "message")) as [readonly string[]];
	// A ledger that died between two calls leaves nothing to go on with: the process ends, and is started again.
	thread.on("error", (error) => {
		throw error;
	});
	const waiting: ((answers: readonly Answer[]) => void)[] = [];
	thread.on("message", (answers: readonly Answer[]) => waiting.shift()?.(answers));

	const send = (message: object): Promise<readonly Answer[]> =>
		new Promise((resolve) => {
			waiting.push(resolve);
			thread.postMessage(message);
		});
	async function ask<Name extends keyof FileCare>(
		name: Name,
		...args: Parameters<FileCare[Name]>
	): Promise<ReturnType<FileCare[Name]>> {
		const [answer] = await send({ file: { name, args } } satisfies FileCall);
		if (answer?.ok !== true) throw answer?.error;
		return answer.value as ReturnType<FileCare[Name]>;
	}
	return {
		remote: grouped(names, (calls) => send({ now: clock(), calls } satisfies CallGroup)),
		tell: (news) => thread.postMessage(news),
		file: {
			scrub: () => ask("scrub"),
			oweVacuum: (...args) => ask("oweVacuum", ...args),
			vacuum: (...args) => ask("vacuum", ...args),
		},
		close: async () => {
			thread.postMessage(null);
			await once(thread, "exit");
		},
	};
}

/** A `Remote` whose calls of one turn of the event loop go as one group, and come back in its order. */
function grouped<Cell>(
	names: readonly string[],
	send: (calls: readonly Call[]) => Promise<readonly Answer[]>,
): Remote<Cell> {
	interface Waiting extends Call {
		resolve(value: unknown): void;
		reject(error: unknown): void;
	}
	let queue: Waiting[] = [];

	async function flush(): Promise<void> {
		const calls = queue;
		queue = [];
		try {
			const answers = await send(calls.map(({ name, args }) => ({ name, args })));
			for (const [index, { resolve, reject }] of calls.entries()) {
				const answer = answers[index];
				if (answer?.ok === true) resolve(answer.value);
				else reject(answer?.error);
			}
		} catch (error) {
			for (const { reject } of calls) reject(error);
		}
	}

	const methods = names.map((name) => [
		name,
		(...args: readonly unknown[]) =>
			new Promise((resolve, reject) => {
				if (queue.length === 0) setImmediate(() => void flush());
				queue.push({ name, args, resolve, reject });
			}),
	]);
	return Object.fromEntries(methods) as Remote<Cell>;
}
