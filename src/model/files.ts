/** Where bodies too large for a row live, named by their hash: a folder, or a bucket. */
export interface Files {
	/** Durable when it returns; the same name always holds the same bytes. */
	put(name: string, bytes: Uint8Array): Promise<void>;
	get(name: string): Promise<Uint8Array | null>;
	/** One that is not there is no failure. */
	remove(name: string): Promise<void>;
}
