/**
 * A cell as seen from outside: each call is one transaction of its own, made somewhere else.
 * Arguments and values are structured-cloneable.
 */
export type Remote<Cell> = {
	readonly [Name in keyof Cell]: Cell[Name] extends (...args: infer Args) => infer Value
		? (...args: Args) => Promise<Value>
		: never;
};
