import { equalBytes } from "../../model/bytes.ts";
import type { Outside } from "../../model/outside.ts";
import { invariant } from "../../model/result.ts";

/** A bucket. R2 answers a `put` when the object is durable, and lists names in their order. */
export function openOutside(bucket: R2Bucket): Outside {
	const get = async (name: string): Promise<Uint8Array | null> => {
		const object = await bucket.get(name);
		return object === null ? null : new Uint8Array(await object.arrayBuffer());
	};
	return {
		get,
		put: async (name, bytes) => {
			const written = await bucket.put(name, bytes, { onlyIf: { etagDoesNotMatch: "*" } });
			if (written !== null) return;
			const there = await get(name);
			invariant(there !== null && equalBytes(there, bytes), `${name} is written once, and holds other bytes`);
		},
		list: async (prefix, max = Number.POSITIVE_INFINITY) => {
			const names: string[] = [];
			let cursor: string | undefined;
			do {
				const page: R2Objects = await bucket.list({
					prefix,
					limit: Math.min(pageMax, max - names.length),
					...(cursor === undefined ? {} : { cursor }),
				});
				names.push(...page.objects.map(({ key }) => key));
				cursor = page.truncated ? page.cursor : undefined;
			} while (cursor !== undefined && names.length < max);
			return names;
		},
	};
}

/** As many as R2 lists at once. */
const pageMax = 1_000;
