import { createHash } from "node:crypto";

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array =>
	createHash("sha256").update(Buffer.concat(parts)).digest();

const node = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(Buffer.of(1), left, right);

/**
 * RFC 6962 §2.1 a leaf at a time: what is kept are the roots of the largest full subtrees, from left to right, and the
 * root is what they give from right to left. It shares no code with the ledger.
 */
export function openTree() {
	const full: { readonly size: number; readonly root: Uint8Array }[] = [];
	return {
		add: (leaf: Uint8Array): void => {
			let right = { size: 1, root: leaf };
			for (let left = full.at(-1); left?.size === right.size; left = full.at(-1)) {
				full.pop();
				right = { size: 2 * right.size, root: node(left.root, right.root) };
			}
			full.push(right);
		},
		root: (): Uint8Array => {
			const [last, ...rest] = full.toReversed();
			if (last === undefined) return sha256();
			return rest.reduce((right, left) => node(left.root, right), last.root);
		},
	};
}
