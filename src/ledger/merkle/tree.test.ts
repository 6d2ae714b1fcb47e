import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../host/crypto.ts";
import { bytesOfHex, hexOf } from "../../model/bytes.ts";
import {
	consistencyPath,
	emptyFrontier,
	grown,
	inclusionPath,
	newTiles,
	nodeHasher,
	openTree,
	rootOf,
	rootOfFrontier,
	type Tree,
	verifyConsistency,
	verifyInclusion,
} from "./tree.ts";

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array =>
	new Uint8Array(createHash("sha256").update(Buffer.concat(parts)).digest());
const node = nodeHasher(nodeCrypto);

/** RFC 6962 §2.1 as it is written there, over the leaves' hashes. */
function mth(leaves: readonly Uint8Array[]): Uint8Array {
	if (leaves.length === 0) return sha256();
	if (leaves.length === 1) return leaves[0] as Uint8Array;
	const k = largestPowerOfTwoBelow(leaves.length);
	return sha256(Buffer.of(1), mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

/** PATH(m, D[n]) of §2.1.1. */
function path(m: number, leaves: readonly Uint8Array[]): readonly Uint8Array[] {
	if (leaves.length <= 1) return [];
	const k = largestPowerOfTwoBelow(leaves.length);
	return m < k
		? [...path(m, leaves.slice(0, k)), mth(leaves.slice(k))]
		: [...path(m - k, leaves.slice(k)), mth(leaves.slice(0, k))];
}

/** SUBPROOF(m, D[n], b) of §2.1.2. */
function subproof(m: number, leaves: readonly Uint8Array[], whole: boolean): readonly Uint8Array[] {
	if (m === leaves.length) return whole ? [] : [mth(leaves)];
	const k = largestPowerOfTwoBelow(leaves.length);
	return m <= k
		? [...subproof(m, leaves.slice(0, k), whole), mth(leaves.slice(k))]
		: [...subproof(m - k, leaves.slice(k), false), mth(leaves.slice(0, k))];
}

const largestPowerOfTwoBelow = (n: number): number => 2 ** (n.toString(2).length - (n & (n - 1) ? 1 : 2));

const leafOf = (number: number): Uint8Array => sha256(Buffer.of(0), Buffer.from(`leaf ${number}`));
const leaves = Array.from({ length: 140_000 }, (_, number) => leafOf(number));

/** A tree that has its leaves and stored nodes in memory, as the ledger has them in tables. */
function treeOf(all: readonly Uint8Array[]): Tree {
	const levels: Uint8Array[][] = [[...all]];
	const tree = openTree(nodeCrypto, (level, from, to) => {
		const found = levels[level]?.slice(from, to) ?? [];
		expect(found).toHaveLength(to - from);
		return found;
	});
	newTiles(tree, { from: 0, to: all.length }, (level, index, hash) => {
		levels[level] ??= [];
		expect(levels[level]).toHaveLength(index);
		levels[level].push(hash);
	});
	return tree;
}

const hex = (hashes: readonly Uint8Array[]): readonly string[] => hashes.map(hexOf);

/** The leaves, roots and proofs of the reference implementation of Certificate Transparency. */
const reference = {
	leaves: [
		"",
		"00",
		"10",
		"2021",
		"3031",
		"40414243",
		"5051525354555657",
		"606162636465666768696a6b6c6d6e6f",
	].map((text) => sha256(Buffer.of(0), bytesOfHex(text))),
	roots: [
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	],
	inclusionOf0In8: [
		"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
	],
	consistencyOf6And8: [
		"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
		"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	],
};

describe("the tree of RFC 6962", () => {
	it("has the roots and proofs of the reference implementation", () => {
		const tree = treeOf(reference.leaves);
		expect(reference.roots.map((_, size) => hexOf(rootOf(tree, size)))).toEqual(reference.roots);
		expect(hex(inclusionPath(tree, 0, 8))).toEqual(reference.inclusionOf0In8);
		expect(hex(consistencyPath(tree, 6, 8))).toEqual(reference.consistencyOf6And8);
	});

	it("has the roots of the recursive definition, however it grew", () => {
		const tree = treeOf(leaves);
		let frontier = emptyFrontier;
		for (let size = 0; size <= 300; size++) {
			const expected = hexOf(mth(leaves.slice(0, size)));
			expect(hexOf(rootOf(tree, size))).toBe(expected);
			expect(hexOf(rootOfFrontier(tree, frontier))).toBe(expected);
			frontier = grown(node, frontier, leaves.slice(size, size + 1), () => {});
		}
		for (const size of [511, 512, 65_535, 65_536, 65_537, 131_072, 139_999]) {
			expect(hexOf(rootOf(tree, size))).toBe(hexOf(mth(leaves.slice(0, size))));
		}
	});

	it("stores one node for every 256, the same while it grows and at once", () => {
		const tree = treeOf(leaves);
		const found: string[] = [];
		const frontier = grown(node, emptyFrontier, leaves, (level, index, hash) => {
			found.push(`${level} ${index}`);
			expect(hex(tree.read(level, index, index + 1))).toEqual([hexOf(hash)]);
		});
		expect(found).toHaveLength(Math.floor(140_000 / 256) + Math.floor(140_000 / 65_536));
		expect(hexOf(rootOfFrontier(tree, frontier))).toBe(hexOf(mth(leaves)));
	});

	it("gives the proofs of the recursive definition, and they verify", () => {
		const tree = treeOf(leaves);
		const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 31, 255, 256, 257, 300];
		for (const size of sizes) {
			const root = rootOf(tree, size);
			for (let index = 0; index < size; index += size > 64 ? 7 : 1) {
				const found = inclusionPath(tree, index, size);
				expect(hex(found)).toEqual(hex(path(index, leaves.slice(0, size))));
				expect(verifyInclusion(node, { index, size, leaf: leafOf(index), path: found, root })).toBe(true);
			}
			for (let from = 1; from <= size; from += size > 64 ? 5 : 1) {
				const found = consistencyPath(tree, from, size);
				expect(hex(found)).toEqual(hex(subproof(from, leaves.slice(0, size), true)));
				const roots = { fromRoot: rootOf(tree, from), toRoot: root };
				expect(verifyConsistency(node, { from, to: size, path: found, ...roots })).toBe(true);
			}
		}
	});

	it("proves at any size", () => {
		const tree = treeOf(leaves);
		const sizes = fc.tuple(
			fc.integer({ min: 1, max: leaves.length }),
			fc.double({ min: 0, max: 0.999, noNaN: true }),
		);
		fc.assert(
			fc.property(sizes, ([size, place]) => {
				const index = Math.floor(size * place);
				const root = rootOf(tree, size);
				const inclusion = { index, size, leaf: leafOf(index), path: inclusionPath(tree, index, size), root };
				expect(verifyInclusion(node, inclusion)).toBe(true);
				const from = index + 1;
				const roots = { fromRoot: rootOf(tree, from), toRoot: root };
				const path = consistencyPath(tree, from, size);
				expect(verifyConsistency(node, { from, to: size, path, ...roots })).toBe(true);
			}),
		);
	});
});

describe("a forged proof", () => {
	const tree = treeOf(leaves);
	const flipped = (bytes: Uint8Array, bit: number): Uint8Array =>
		bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
	const spoiled = (path: readonly Uint8Array[], how: number): readonly Uint8Array[] => {
		const at = how % Math.max(path.length, 1);
		const changes: readonly (readonly Uint8Array[])[] = [
			path.map((hash, index) => (index === at ? flipped(hash, how % 256) : hash)),
			path.filter((_, index) => index !== at),
			[...path.slice(0, at), leafOf(how), ...path.slice(at)],
			[...path, leafOf(how)],
			path.toReversed(),
		];
		return changes[how % changes.length] ?? [];
	};
	const trial = fc.record({
		size: fc.integer({ min: 1, max: 3_000 }),
		place: fc.double({ min: 0, max: 0.999, noNaN: true }),
		other: fc.integer({ min: 0, max: 3_000 }),
		how: fc.nat({ max: 100_000 }),
	});

	it("of inclusion is rejected", () => {
		fc.assert(
			fc.property(trial, ({ size, place, other, how }) => {
				const index = Math.floor(size * place);
				const right = {
					index,
					size,
					leaf: leafOf(index),
					path: inclusionPath(tree, index, size),
					root: rootOf(tree, size),
				};
				const forged = [
					{ ...right, leaf: flipped(right.leaf, how % 256) },
					{ ...right, root: flipped(right.root, how % 256) },
					...(other === index ? [] : [{ ...right, index: other }]),
					{ ...right, index: -1 },
					{ ...right, index: index + 0.5 },
					...(hex(spoiled(right.path, how)).join() === hex(right.path).join()
						? []
						: [{ ...right, path: spoiled(right.path, how) }]),
				];
				expect(forged.map((one) => verifyInclusion(node, one))).toEqual(forged.map(() => false));
			}),
			{ numRuns: 1_000 },
		);
	});

	it("that ends at a part of the tree is rejected", () => {
		const [leaf, root] = [leafOf(0), rootOf(tree, 2)];
		expect(verifyInclusion(node, { index: 0, size: 2, leaf, path: [], root: leaf })).toBe(false);
		expect(verifyInclusion(node, { index: 0, size: 4, leaf, path: [leafOf(1)], root })).toBe(false);
	});

	it("of consistency is rejected", () => {
		fc.assert(
			fc.property(trial, ({ size, place, how }) => {
				const from = Math.floor(size * place) + 1;
				const right = {
					from,
					to: size,
					fromRoot: rootOf(tree, from),
					toRoot: rootOf(tree, size),
					path: consistencyPath(tree, from, size),
				};
				const forged = [
					{ ...right, fromRoot: flipped(right.fromRoot, how % 256) },
					{ ...right, toRoot: flipped(right.toRoot, how % 256) },
					{ ...right, from: size + 1 },
					...(hex(spoiled(right.path, how)).join() === hex(right.path).join()
						? []
						: [{ ...right, path: spoiled(right.path, how) }]),
				];
				expect(forged.map((one) => verifyConsistency(node, one))).toEqual(forged.map(() => false));
			}),
			{ numRuns: 1_000 },
		);
	});
});
