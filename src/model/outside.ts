/**
 * Where the hub keeps what must outlive its databases: a folder on another disk, or a bucket. What is written there is
 * small, written once, and never altered.
 *
 * Names are paths of letters, digits, `.`, `-` and `_`, with slashes between.
 */
export interface Outside {
	/** Durable when it resolves. Writing the same once more is nothing; rejects where the name holds other bytes. */
	put(name: string, bytes: Uint8Array): Promise<void>;
	get(name: string): Promise<Uint8Array | null>;
	/** The first `max` names that begin with `prefix`, a path that ends with a slash, in their order; all without `max`. */
	list(prefix: string, max?: number): Promise<readonly string[]>;
}
