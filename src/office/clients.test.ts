import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { openSqlite } from "../host/node/sqlite.ts";
import type { NewClient } from "./clients.ts";
import { type Office, openOffice } from "./office.ts";

const noon = Date.UTC(2026, 10, 22, 12);
const day = 86_400_000;
const erp: NewClient = {
	name: "erp",
	scope: "loyalty.async_events",
	expiresAt: null,
	callbacks: ["https://erp.example"],
};

/** Nothing here is about actions or mappings. */
const judge = { actions: () => [], mappings: () => [] };

/** An office in a database of its own, with a clock that stands still until it is moved. */
function bench(path = ":memory:") {
	let now = noon;
	const sql = openSqlite(path);
	onTestFinished(() => sql.close());
	const secretKey = nodeCrypto.sha256("a key for tests");
	const office = openOffice({ sql, crypto: nodeCrypto, clock: () => now, secretKey, judge });
	return { office, pass: (ms: number) => (now += ms) };
}

const published = (office: Office) => office.configuration(null)?.clients;

describe("a client", () => {
	it("is published by its id, and known by its secret", () => {
		const { office } = bench();
		const { id, secret } = office.createClient(erp, "ada");
		expect(published(office)).toEqual([{ ...erp, id }]);
		expect(office.signInClient(id, secret)).toEqual({
			...erp,
			id,
			createdAt: noon,
			revokedAt: null,
			status: "active",
		});
		expect(office.signInClient(id, secret.slice(1))).toBeNull();
		expect(office.signInClient("client_other", secret)).toBeNull();
	});

	it("ends when it is meant to", () => {
		const { office, pass } = bench();
		const { id, secret } = office.createClient({ ...erp, expiresAt: noon + day }, "ada");
		pass(day - 1);
		expect(office.signInClient(id, secret)).toMatchObject({ status: "active" });
		pass(1);
		expect(office.signInClient(id, secret)).toBeNull();
		expect(office.clients()).toMatchObject([{ id, status: "expired" }]);
	});

	it("is revoked for good", () => {
		const { office } = bench();
		const { id, secret } = office.createClient(erp, "ada");
		const before = office.configuration(null)?.hash;
		expect(office.revokeClient(id, "ada")).toMatchObject({ ok: true, value: { revokedAt: noon } });
		expect(office.configuration(null)?.hash).not.toBe(before);
		expect(published(office)).toEqual([]);
		expect(office.signInClient(id, secret)).toBeNull();
		expect(office.clients()).toMatchObject([{ id, status: "revoked" }]);
		expect(office.revokeClient(id, "ada")).toEqual({ ok: false, failure: `${id} is revoked and stays so` });
		expect(office.revokeClient("client_1", "ada")).toEqual({
			ok: false,
			failure: "there is no client client_1",
		});
	});

	it("has a secret that is nowhere in the files", () => {
		const folder = mkdtempSync(join(tmpdir(), "hub-clients-"));
		onTestFinished(() => rmSync(folder, { recursive: true }));
		const { office } = bench(join(folder, "office.db"));
		const { id, secret } = office.createClient(erp, "ada");
		const files = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
		expect([files.includes(id), files.includes(secret)]).toEqual([true, false]);
	});
});

describe("the audit log", () => {
	it("says who was refused and why, and which client it was where there is one", () => {
		const { office } = bench();
		const { id, secret } = office.createClient(erp, "ada");
		office.signInClient(id, "a guess");
		office.signInClient("a guess", "a guess");
		office.revokeClient(id, "grace");
		office.signInClient(id, secret);
		const told = office.audit(10).map(({ actor, act, subject }) => [actor, act, subject]);
		expect(told).toEqual([
			[id, "token refused", "the client is revoked"],
			["grace", "client revoke", id],
			["stranger", "token refused", "there is no such client"],
			[id, "token refused", "the secret is wrong"],
			["ada", "client create", id],
		]);
	});

	it("is not filled by somebody who guesses", () => {
		const { office, pass } = bench();
		for (let each = 0; each < 50; each += 1) office.signInClient("a guess", "a guess");
		expect(office.audit(100)).toHaveLength(10);
		pass(60_001);
		office.signInClient("a guess", "a guess");
		expect(office.audit(100)).toHaveLength(11);
	});
});
