import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { openSqlite } from "../host/node/sqlite.ts";
import type { ApiKey } from "../model/configuration.ts";
import { invariant } from "../model/result.ts";
import type { NewKey } from "./keys.ts";
import { type Office, openOffice } from "./office.ts";

const noon = Date.UTC(2026, 10, 22, 12);
const day = 86_400_000;

/** Nothing here is about actions or mappings. */
const judge = { actions: () => [], mappings: () => [] };

/** An office in a database of its own, with a clock that stands still until it is moved. */
function bench(path = ":memory:") {
	let now = noon;
	const sql = openSqlite(path);
	onTestFinished(() => sql.close());
	const secretKey = nodeCrypto.sha256("a key for tests");
	const office = openOffice({ sql, crypto: nodeCrypto, clock: () => now, secretKey, judge });
	return { sql, office, pass: (ms: number) => (now += ms) };
}

const shop: NewKey = {
	name: "shop",
	use: "server",
	settings: {
		origins: [],
		allow: ["192.0.2.0/24"],
		unsignedEvents: false,
		segmentWebhook: true,
		requestsPerMinute: 1_500,
	},
};

const published = (office: Office): readonly ApiKey[] => office.configuration(null)?.keys ?? [];

describe("a key", () => {
	it("is published as it was made, with a secret", () => {
		const { office } = bench();
		const { key, secret } = office.createKey(shop, "ada");
		expect(key).toMatch(/^[A-Za-z0-9_-]{20,}$/);
		expect(key).not.toMatch(/^-/);
		expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
		expect(published(office)).toEqual([
			{ ...shop, key, createdAt: noon, secrets: [{ secret, until: null }] },
		]);
	});

	it("says nothing of the others", () => {
		const { office } = bench();
		const made = Array.from({ length: 50 }, () => office.createKey(shop, "ada"));
		const firsts = (texts: readonly (string | null)[]) => new Set(texts.map((text) => text?.slice(0, 8)));
		expect(firsts(made.map(({ key }) => key)).size).toBe(50);
		expect(firsts(made.map(({ secret }) => secret)).size).toBe(50);
	});

	it("has no secret where it sits in a page", () => {
		const { office } = bench();
		const { key, secret } = office.createKey({ ...shop, use: "browser" }, "ada");
		expect(secret).toBeNull();
		expect(published(office)).toMatchObject([{ key, use: "browser", secrets: [] }]);
		expect(office.rotateKey(key, day, "ada")).toEqual({
			ok: false,
			failure: `${key} is a browser key: it has no secret to rotate`,
		});
	});

	it("changes the configuration's hash whenever it changes", () => {
		const { office } = bench();
		const hash = () => office.configuration(null)?.hash;
		const hashes = [hash()];
		const { key } = office.createKey(shop, "ada");
		hashes.push(hash());
		office.rotateKey(key, day, "ada");
		hashes.push(hash());
		office.revokeKey(key, "ada");
		hashes.push(hash());
		expect(new Set(hashes).size).toBe(3);
		expect(hashes[3]).toBe(hashes[0]);
	});
});

describe("a rotated key", () => {
	it("has its secret of before beside the new one, until the overlap ends", () => {
		const { office, pass } = bench();
		const { key, secret: first } = office.createKey(shop, "ada");
		const rotated = office.rotateKey(key, 7 * day, "ada");
		invariant(rotated.ok, "it is rotated");
		expect(rotated.value.key).toBe(key);
		expect(rotated.value.secret).not.toBe(first);
		expect(published(office)[0]?.secrets).toEqual([
			{ secret: rotated.value.secret, until: null },
			{ secret: first, until: noon + 7 * day },
		]);
		expect(office.keys()).toMatchObject([{ previousUntil: noon + 7 * day }]);
		pass(7 * day);
		expect(office.keys()).toMatchObject([{ previousUntil: null }]);
	});

	it("has two secrets at most", () => {
		const { office } = bench();
		const { key, secret: first } = office.createKey(shop, "ada");
		const second = office.rotateKey(key, 7 * day, "ada");
		const third = office.rotateKey(key, day, "ada");
		invariant(second.ok && third.ok, "it is rotated");
		expect(published(office)[0]?.secrets).toEqual([
			{ secret: third.value.secret, until: null },
			{ secret: second.value.secret, until: noon + day },
		]);
		expect(JSON.stringify(published(office))).not.toContain(first);
	});

	it("loses a secret that leaked at once", () => {
		const { office } = bench();
		const { key } = office.createKey(shop, "ada");
		const rotated = office.rotateKey(key, 0, "ada");
		invariant(rotated.ok, "it is rotated");
		expect(published(office)[0]?.secrets).toEqual([{ secret: rotated.value.secret, until: null }]);
	});
});

describe("a revoked key", () => {
	it("is not published, and stays in the list", () => {
		const { office, pass } = bench();
		const { key } = office.createKey(shop, "ada");
		pass(day);
		expect(office.revokeKey(key, "ada")).toMatchObject({ ok: true, value: { key, revokedAt: noon + day } });
		expect(published(office)).toEqual([]);
		expect(office.keys()).toEqual([
			{ ...shop, key, createdAt: noon, revokedAt: noon + day, previousUntil: null },
		]);
	});

	it("stays revoked", () => {
		const { office } = bench();
		const { key } = office.createKey(shop, "ada");
		office.revokeKey(key, "ada");
		const failure = `${key} is revoked and stays so`;
		expect(office.revokeKey(key, "ada")).toEqual({ ok: false, failure });
		expect(office.rotateKey(key, day, "ada")).toEqual({ ok: false, failure });
		expect(office.revokeKey("ak_unknown", "ada")).toEqual({
			ok: false,
			failure: "there is no key ak_unknown",
		});
	});
});

describe("the secrets of keys", () => {
	it("are nowhere in the files as they are", () => {
		const folder = mkdtempSync(join(tmpdir(), "hub-keys-"));
		onTestFinished(() => rmSync(folder, { recursive: true }));
		const { office } = bench(join(folder, "office.db"));
		const { key, secret } = office.createKey(shop, "ada");
		const rotated = office.rotateKey(key, day, "ada");
		invariant(rotated.ok, "it is rotated");
		const files = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
		expect(files.includes(key)).toBe(true);
		for (const each of [secret, rotated.value.secret]) {
			expect(each).not.toBeNull();
			expect(files.includes(each ?? "")).toBe(false);
		}
	});

	it("are destroyed when the key is revoked", () => {
		const { office, sql } = bench();
		const { key } = office.createKey(shop, "ada");
		office.revokeKey(key, "ada");
		const sealed = String(sql.query(`SELECT sealed FROM api_key`)[0]?.["sealed"]);
		expect(nodeCrypto.open(nodeCrypto.sha256("a key for tests"), sealed)).toBe("[]");
	});
});

describe("the audit log", () => {
	it("says who made, rotated and revoked which key, and no secret", () => {
		const { office } = bench();
		const { key, secret } = office.createKey(shop, "ada");
		office.rotateKey(key, day, "grace");
		office.revokeKey(key, "ada");
		office.revokeKey(key, "ada");
		const audit = office.audit(10);
		expect(audit.map(({ actor, act, subject }) => [actor, act, subject])).toEqual([
			["ada", "key revoke", key],
			["grace", "key rotate", key],
			["ada", "key create server", key],
		]);
		expect(JSON.stringify(audit)).not.toContain(secret);
	});
});
