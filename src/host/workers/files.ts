import type { Files } from "../../model/files.ts";

/** A bucket of files named by their hash. R2 answers a `put` when the object is durable. */
export const openFiles = (bucket: R2Bucket): Files => ({
	put: async (name, bytes) => {
		await bucket.put(`bodies/${name}`, bytes);
	},
	remove: async (name) => {
		await bucket.delete(`bodies/${name}`);
	},
	get: async (name) => {
		const object = await bucket.get(`bodies/${name}`);
		return object === null ? null : new Uint8Array(await object.arrayBuffer());
	},
});
