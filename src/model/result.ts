/** What the world does to us, as a value; what we do to ourselves is thrown (`Invariant`). */
export type Result<Value, Failure> =
	| { readonly ok: true; readonly value: Value }
	| { readonly ok: false; readonly failure: Failure };

export const good = <Value>(value: Value): { readonly ok: true; readonly value: Value } => ({
	ok: true,
	value,
});
export const bad = <Failure>(failure: Failure): { readonly ok: false; readonly failure: Failure } => ({
	ok: false,
	failure,
});

/** One of our own promises was broken. Caught only by the hosts. */
export class Invariant extends Error {
	override readonly name = "Invariant";
}

/** Throws unless `condition` holds: one of our own promises was broken. */
export function invariant(condition: boolean, promise: string): asserts condition {
	if (!condition) throw new Invariant(promise);
}

/** Closes a `switch` over a union: a new member then shows every place that must think of it. */
export function unreachable(value: never): never {
	throw new Invariant(`no case for ${JSON.stringify(value)}`);
}
