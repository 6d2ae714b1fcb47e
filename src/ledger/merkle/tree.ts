import { equalBytes } from "../../model/bytes.ts";
import type { Crypto } from "../../model/crypto.ts";

/** Hash of an inner node: SHA-256(0x01 ‖ left ‖ right), as RFC 6962 §2.1 has it. */
export type NodeHash = (left: Uint8Array, right: Uint8Array) => Uint8Array;

/**
 * Reads hashes of complete subtrees, those from `from` until before `to`. Level 0 has the leaves; each node of a
 * further level is the root of 256 nodes of the level before.
 */
export type HashReader = (level: number, from: number, to: number) => readonly Uint8Array[];

/** So many nodes have one stored node above them. */
export const tileWidth = 256;
const tileHeight = 8;

/** What the root of a tree, and the proofs from it, are computed with. */
export interface Tree {
	readonly read: HashReader;
	readonly node: NodeHash;
	/** SHA-256 of nothing. */
	readonly empty: Uint8Array;
}

export const openTree = (crypto: Pick<Crypto, "sha256">, read: HashReader): Tree => ({
	read,
	node: nodeHasher(crypto),
	empty: crypto.sha256(""),
});

export function nodeHasher(crypto: Pick<Crypto, "sha256">): NodeHash {
	const buffer = new Uint8Array(65);
	buffer[0] = 1;
	return (left, right) => {
		buffer.set(left, 1);
		buffer.set(right, 33);
		return crypto.sha256(buffer);
	};
}

/** The root over the first `size` leaves: MTH of RFC 6962 §2.1. */
export const rootOf = (tree: Tree, size: number): Uint8Array =>
	size === 0 ? tree.empty : subtree(tree, 0, size);

/** The hashes that lead from the leaf `index` to the root at `size`: PATH of RFC 6962 §2.1.1. */
export function inclusionPath(tree: Tree, index: number, size: number): readonly Uint8Array[] {
	if (size <= 1) return [];
	const path: Uint8Array[] = [];
	let start = 0;
	let length = size;
	while (length > 1) {
		const left = splitOf(length);
		if (index < start + left) {
			path.push(subtree(tree, start + left, length - left));
			length = left;
		} else {
			path.push(subtree(tree, start, left));
			start += left;
			length -= left;
		}
	}
	return path.reverse();
}

/** The hashes that show that the tree of size `to` begins with that of size `from`: PROOF of RFC 6962 §2.1.2. */
export function consistencyPath(tree: Tree, from: number, to: number): readonly Uint8Array[] {
	if (from === 0 || from === to) return [];
	const path: Uint8Array[] = [];
	let start = 0;
	let length = to;
	while (start + length !== from) {
		const left = splitOf(length);
		if (from <= start + left) {
			path.push(subtree(tree, start + left, length - left));
			length = left;
		} else {
			path.push(subtree(tree, start, left));
			start += left;
			length -= left;
		}
	}
	// A subtree that begins the older tree and ends it is its root, which the verifier has.
	if (start > 0) path.push(subtree(tree, start, length));
	return path.reverse();
}

export interface Inclusion {
	/** From 0. */
	readonly index: number;
	readonly size: number;
	readonly leaf: Uint8Array;
	readonly path: readonly Uint8Array[];
	readonly root: Uint8Array;
}

/** As RFC 9162 §2.1.3.2 verifies it. */
export function verifyInclusion(node: NodeHash, { index, size, leaf, path, root }: Inclusion): boolean {
	if (!isSize(index) || !isSize(size) || index >= size) return false;
	let at = index;
	let last = size - 1;
	let hash = leaf;
	for (const sibling of path) {
		if (last === 0) return false;
		if (at % 2 === 1 || at === last) {
			hash = node(sibling, hash);
			[at, last] = climb(at, last);
		} else hash = node(hash, sibling);
		at = half(at);
		last = half(last);
	}
	return last === 0 && equalBytes(hash, root);
}

export interface Consistency {
	readonly from: number;
	readonly to: number;
	readonly fromRoot: Uint8Array;
	readonly toRoot: Uint8Array;
	readonly path: readonly Uint8Array[];
}

/** As RFC 9162 §2.1.4.2 verifies it. Anything is consistent with the tree of nothing. */
export function verifyConsistency(
	node: NodeHash,
	{ from, to, fromRoot, toRoot, path }: Consistency,
): boolean {
	if (!isSize(from) || !isSize(to) || from > to) return false;
	if (from === 0) return path.length === 0;
	if (from === to) return path.length === 0 && equalBytes(fromRoot, toRoot);
	let at = from - 1;
	let last = to - 1;
	while (at % 2 === 1) {
		at = half(at);
		last = half(last);
	}
	// Where the older tree is one complete subtree, the way begins at its root.
	const [first, ...rest] = at === 0 ? [fromRoot, ...path] : path;
	if (first === undefined) return false;
	let older = first;
	let newer = first;
	for (const hash of rest) {
		if (last === 0) return false;
		if (at % 2 === 1 || at === last) {
			older = node(hash, older);
			newer = node(hash, newer);
			[at, last] = climb(at, last);
		} else newer = node(newer, hash);
		at = half(at);
		last = half(last);
	}
	return last === 0 && equalBytes(older, fromRoot) && equalBytes(newer, toRoot);
}

/** Leaves one after the other, kept as the complete subtrees they make: at most one of each height. */
export interface Frontier {
	readonly size: number;
	/** From the largest subtree to the smallest. */
	readonly peaks: readonly Uint8Array[];
}

export const emptyFrontier: Frontier = { size: 0, peaks: [] };

/** Told of each node that is to be stored, as soon as its leaves are there. */
export type OnTile = (level: number, index: number, hash: Uint8Array) => void;

/** The frontier with more leaves. Costs one hash a leaf. */
export function grown(
	node: NodeHash,
	{ size: before, peaks: had }: Frontier,
	leaves: readonly Uint8Array[],
	onTile: OnTile,
): Frontier {
	const peaks = [...had];
	let size = before;
	for (const leaf of leaves) {
		let hash = leaf;
		let height = 0;
		for (let count = size; count % 2 === 1; count = half(count)) {
			const left = peaks.pop();
			if (left !== undefined) hash = node(left, hash);
			height += 1;
			if (height % tileHeight === 0) onTile(height / tileHeight, half(count), hash);
		}
		peaks.push(hash);
		size += 1;
	}
	return { size, peaks };
}

/** The root over all leaves of a frontier. */
export function rootOfFrontier(
	{ node, empty }: Pick<Tree, "node" | "empty">,
	{ peaks }: Frontier,
): Uint8Array {
	return peaks.length === 0 ? empty : peaks.reduceRight((right, left) => node(left, right));
}

/** Computes the nodes that are to be stored when a log grows, lower levels first; the caller stores each. */
export function newTiles(
	{ read, node }: Pick<Tree, "read" | "node">,
	{ from, to }: { readonly from: number; readonly to: number },
	store: OnTile,
): void {
	let level = 1;
	for (let span = tileWidth; span <= to; span *= tileWidth) {
		for (let index = Math.floor(from / span); index < Math.floor(to / span); index++) {
			store(level, index, folded(node, read(level - 1, index * tileWidth, (index + 1) * tileWidth)));
		}
		level += 1;
	}
}

/** The hash over `length` leaves from `start` on, which are a subtree of some tree. */
function subtree(tree: Tree, start: number, length: number): Uint8Array {
	let hash: Uint8Array | undefined;
	let end = start + length;
	let rest = length;
	// Its complete subtrees, from the smallest, which is the last, to the largest.
	for (let height = 0; rest > 0; height++, rest = half(rest)) {
		if (rest % 2 === 0) continue;
		const leaves = 2 ** height;
		end -= leaves;
		const left = complete(tree, height, end / leaves);
		hash = hash === undefined ? left : tree.node(left, hash);
	}
	return hash ?? tree.empty;
}

/** The root of the complete subtree `index` of 2^height leaves. */
function complete({ read, node }: Tree, height: number, index: number): Uint8Array {
	const level = Math.floor(height / tileHeight);
	const nodes = 2 ** (height - level * tileHeight);
	return folded(node, read(level, index * nodes, (index + 1) * nodes));
}

/** The root over a power of two of nodes. */
function folded(node: NodeHash, nodes: readonly Uint8Array[]): Uint8Array {
	let row = nodes;
	while (row.length > 1) {
		const above: Uint8Array[] = [];
		for (let index = 0; index + 1 < row.length; index += 2) {
			above.push(node(row[index] as Uint8Array, row[index + 1] as Uint8Array));
		}
		row = above;
	}
	return row[0] as Uint8Array;
}

/** The largest power of two below `length`. */
function splitOf(length: number): number {
	let split = 1;
	while (split * 2 < length) split *= 2;
	return split;
}

/** Up to the first height at which the node is a right one: on the way it has no sibling. */
function climb(at: number, last: number): readonly [number, number] {
	let [node, end] = [at, last];
	while (node % 2 === 0 && node !== 0) {
		node = half(node);
		end = half(end);
	}
	return [node, end];
}

const half = (number: number): number => Math.floor(number / 2);

const isSize = (number: number): boolean => Number.isSafeInteger(number) && number >= 0;
