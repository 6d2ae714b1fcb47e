import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { openSqlite } from "../host/node/sqlite.ts";
import { hexOf } from "../model/bytes.ts";
import type { Configuration, Endpoint } from "../model/configuration.ts";
import type { Crypto } from "../model/crypto.ts";
import { invariant, type Result } from "../model/result.ts";
import type { NewEndpoint, Rotation } from "./endpoints.ts";
import { type Judge, type Office, openOffice } from "./office.ts";

const noon = Date.UTC(2026, 10, 22, 12);
const minute = 60_000;
const day = 24 * 60 * minute;
const secretKey = nodeCrypto.sha256("a key for tests");

/** Passwords are meant to be slow; where a test wants many, they need not be. */
const quickCrypto: Crypto = {
	...nodeCrypto,
	hashPassword: (password) => nodeCrypto.sha256Hex(password),
	verifyPassword: (password, hash) => nodeCrypto.sha256Hex(password) === hash,
};

/** Finds nothing wrong with anything. */
const judge: Judge = { actions: () => [], mappings: () => [] };

/** An office in a database of its own, with a clock that stands still until it is moved. */
function benchAt(path: string, crypto = quickCrypto) {
	let now = noon;
	const sql = openSqlite(path);
	onTestFinished(() => sql.close());
	const reopen = (key = secretKey): Office =>
		openOffice({ sql, crypto, clock: () => now, secretKey: key, judge });
	const pass = (ms: number): void => {
		now += ms;
	};
	return { sql, office: reopen(), reopen, pass };
}

const shop: NewEndpoint = {
	connector: "segment",
	name: "shop",
	settings: { use: "server", origins: [] },
	secrets: { shared: "correct horse battery staple" },
	writeKey: true,
};

function made(result: Result<Endpoint, string>): Endpoint {
	invariant(result.ok, "the endpoint is made");
	return result.value;
}

function published(office: Office): Configuration {
	const configuration = office.configuration(null);
	invariant(configuration !== null, "who knows nothing is told");
	return configuration;
}

describe("an endpoint", () => {
	it("is published as it was made, with an id, a token and a write key of its own", () => {
		const { office } = benchAt(":memory:");
		const first = made(office.createEndpoint(shop, "ada"));
		const second = made(office.createEndpoint({ ...shop, name: "app", writeKey: false }, "ada"));
		expect(published(office).endpoints).toHaveLength(2);
		expect(published(office).endpoints).toEqual(expect.arrayContaining([first, second]));
		expect(first).toEqual({
			id: expect.stringMatching(/^ep_[0-9a-f]{16}$/),
			connector: "segment",
			name: "shop",
			state: "active",
			createdAt: noon,
			deletedAt: null,
			settings: { use: "server", origins: [] },
			secrets: {
				shared: { value: "correct horse battery staple", since: noon, previous: null },
			},
			token: { value: expect.stringMatching(/^[A-Za-z0-9_-]{32}$/), since: noon, previous: null },
			writeKey: { value: expect.stringMatching(/^[A-Za-z0-9]{32}$/), since: noon, previous: null },
		});
		expect(second.writeKey).toBeNull();
		expect(new Set([first.id, second.id, first.token.value, second.token.value]).size).toBe(4);
	});

	it("has its name to itself while it lives", () => {
		const { office } = benchAt(":memory:");
		const first = made(office.createEndpoint(shop, "ada"));
		expect(office.createEndpoint(shop, "ada")).toEqual({
			ok: false,
			failure: 'an endpoint is already called "shop"; names are unique',
		});
		office.setEndpointState(first.id, "deleted", "ada");
		expect(made(office.createEndpoint(shop, "ada")).id).not.toBe(first.id);
	});

	it("can be paused and resumed", () => {
		const { office } = benchAt(":memory:");
		const { id } = made(office.createEndpoint(shop, "ada"));
		for (const state of ["paused", "active"] as const) {
			expect(made(office.setEndpointState(id, state, "ada")).state).toBe(state);
			expect(published(office).endpoints).toMatchObject([{ id, state }]);
		}
		expect(office.setEndpointState("ep_unknown", "paused", "ada")).toEqual({
			ok: false,
			failure: "there is no endpoint ep_unknown",
		});
	});

	it("stays deleted, and is known for 30 days", () => {
		const { office, reopen, pass } = benchAt(":memory:");
		const { id } = made(office.createEndpoint(shop, "ada"));
		office.setEndpointState(id, "deleted", "ada");
		expect(office.setEndpointState(id, "active", "ada").ok).toBe(false);
		pass(30 * day - 1);
		expect(published(office).endpoints).toMatchObject([{ id, state: "deleted", deletedAt: noon }]);
		pass(1);
		expect(published(office).endpoints).toEqual([]);
		expect(published(reopen()).endpoints).toEqual([]);
	});
});

describe("what proves an endpoint's sender", () => {
	const nothing: Rotation = { secrets: {}, writeKey: false, url: false, overlapMs: day };

	it("is replaced, and counts beside its successor until the overlap ends", () => {
		const { office, reopen, pass } = benchAt(":memory:");
		const before = made(office.createEndpoint(shop, "ada"));
		pass(minute);
		const rotation = { ...nothing, secrets: { shared: "new", header: "first" }, writeKey: true, url: true };
		const after = made(office.rotateEndpoint(before.id, rotation, "ada"));
		const until = noon + minute + day;
		expect(after).toMatchObject({
			secrets: {
				shared: {
					value: "new",
					since: noon + minute,
					previous: { value: "correct horse battery staple", until },
				},
				header: { value: "first", since: noon + minute, previous: null },
			},
			token: { previous: { value: before.token.value, until } },
			writeKey: { previous: { value: before.writeKey?.value, until } },
		});
		expect(after.token.value).not.toBe(before.token.value);
		expect(after.writeKey?.value).toMatch(/^[A-Za-z0-9]{32}$/);
		expect(after.writeKey?.value).not.toBe(before.writeKey?.value);

		const { hash } = published(office);
		pass(day - 1);
		expect(office.configuration(hash)).toBeNull();
		expect(published(reopen()).endpoints).toEqual([after]);
		pass(1);
		const [left] = office.configuration(hash)?.endpoints ?? [];
		expect(left).toEqual({
			...after,
			token: { ...after.token, previous: null },
			writeKey: { ...after.writeKey, previous: null },
			secrets: {
				shared: { value: "new", since: noon + minute, previous: null },
				header: after.secrets["header"],
			},
		});
	});

	it("is gone from the database when it does not count any more", () => {
		const { office, sql, pass } = benchAt(":memory:");
		const { id } = made(office.createEndpoint(shop, "ada"));
		const kept = (): string => {
			const sealed = String(sql.query("SELECT sealed FROM endpoint WHERE id = ?", id)[0]?.["sealed"]);
			return sealed === "" ? "" : nodeCrypto.open(secretKey, sealed);
		};
		const hour = { ...nothing, overlapMs: 60 * minute };
		made(office.rotateEndpoint(id, { ...hour, secrets: { shared: "second" } }, "ada"));
		expect(kept()).toContain("correct horse battery staple");
		// At most two count.
		made(office.rotateEndpoint(id, { ...hour, secrets: { shared: "third" } }, "ada"));
		expect(kept()).not.toContain("correct horse battery staple");
		expect(kept()).toContain("second");
		pass(60 * minute);
		published(office);
		expect(kept()).not.toContain("second");
		// A secret that leaked counts no longer at all.
		made(office.rotateEndpoint(id, { ...hour, secrets: { shared: "fourth" }, overlapMs: 0 }, "ada"));
		expect(kept()).not.toContain("third");

		const { token } = made(office.setEndpointState(id, "deleted", "ada"));
		expect(JSON.parse(kept())).toEqual({ token, writeKey: null, secrets: {} });
		pass(30 * day);
		published(office);
		expect(kept()).toBe("");
		expect(office.setEndpointState(id, "active", "ada")).toEqual({
			ok: false,
			failure: `there is no endpoint ${id}`,
		});
	});

	it("is not replaced by itself, nor where there is none", () => {
		const { office } = benchAt(":memory:");
		const { id } = made(office.createEndpoint({ ...shop, writeKey: false }, "ada"));
		const { shared } = shop.secrets;
		for (const wrong of [{ secrets: { shared: shared ?? "" } }, { writeKey: true }])
			expect(office.rotateEndpoint(id, { ...nothing, ...wrong }, "ada").ok).toBe(false);
		expect(published(office).endpoints).toMatchObject([{ secrets: { shared: { previous: null } } }]);
	});

	it("is taken away at once, and not where there is none", () => {
		const { office } = benchAt(":memory:");
		const { id } = made(office.createEndpoint(shop, "ada"));
		const rotation = { ...nothing, secrets: { shared: null, header: "first" } };
		const header = { value: "first", since: noon, previous: null };
		expect(made(office.rotateEndpoint(id, rotation, "ada")).secrets).toEqual({ header });
		expect(office.audit(1)).toMatchObject([{ act: "endpoint rotate shared taken away, header" }]);
		const again = office.rotateEndpoint(id, { ...nothing, secrets: { shared: null } }, "ada");
		expect(again).toEqual({ ok: false, failure: "the secret shared is not set" });
	});

	it("is in the audit log by its name alone", () => {
		const { office } = benchAt(":memory:");
		const { id } = made(office.createEndpoint(shop, "ada"));
		const rotation = { ...nothing, secrets: { shared: "a new secret" }, writeKey: true, url: true };
		office.rotateEndpoint(id, rotation, "grace");
		const [entry] = office.audit(1);
		expect(entry).toMatchObject({
			actor: "grace",
			act: "endpoint rotate shared, write key, url",
			subject: id,
		});
	});
});

describe("an endpoint's settings", () => {
	const { settings } = shop;

	it("are replaced by who knew them", () => {
		const { office } = benchAt(":memory:");
		const { id } = made(office.createEndpoint(shop, "ada"));
		const change = { settings: { ...settings, use: "browser" }, instead: settings };
		expect(made(office.setEndpointSettings(id, change, "grace")).settings).toEqual(change.settings);
		expect(published(office).endpoints).toMatchObject([{ id, settings: change.settings }]);
		expect(office.audit(1)).toMatchObject([{ actor: "grace", act: "endpoint set use", subject: id }]);
		// Who still thinks of the old ones would undo that.
		expect(office.setEndpointSettings(id, { ...change, settings }, "ada").ok).toBe(false);
		expect(published(office).endpoints).toMatchObject([{ settings: change.settings }]);
	});
});

describe("the configuration", () => {
	it("has a hash that changes with the endpoints, and with nothing else", () => {
		const { office, reopen, pass } = benchAt(":memory:");
		const hashes = [published(office).hash];
		const { id } = made(office.createEndpoint(shop, "ada"));
		hashes.push(published(office).hash);
		office.setEndpointState(id, "paused", "ada");
		hashes.push(published(office).hash);
		expect(new Set(hashes).size).toBe(3);
		for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{16}$/);

		pass(day);
		office.createToken("ci", "Administrator", "ada");
		office.createEndpoint(shop, "ada");
		expect(published(office).hash).toBe(hashes[2]);
		expect(published(reopen())).toEqual(published(office));
		office.setEndpointState(id, "active", "ada");
		expect(published(office).hash).toBe(hashes[1]);
	});

	it("is not told again to who knows it", () => {
		const { office } = benchAt(":memory:");
		const { hash } = published(office);
		expect(office.configuration(hash)).toBeNull();
		office.createEndpoint(shop, "ada");
		expect(office.configuration(hash)?.endpoints).toHaveLength(1);
	});

	it("keeps its hub key for ever", () => {
		const { office, reopen } = benchAt(":memory:");
		const { hubKey } = published(office);
		expect(hubKey).toHaveLength(32);
		expect(published(reopen()).hubKey).toEqual(hubKey);
		expect(published(benchAt(":memory:").office).hubKey).not.toEqual(hubKey);
	});
});

describe("what is secret", () => {
	it("is nowhere in the files as it is", () => {
		const folder = mkdtempSync(join(tmpdir(), "hub-office-"));
		onTestFinished(() => rmSync(folder, { recursive: true }));
		const { office } = benchAt(join(folder, "office.db"), nodeCrypto);
		const { token, writeKey, id } = made(office.createEndpoint(shop, "ada"));
		office.setPassword("admin", "a long password");
		const session = office.signIn("admin", "a long password") ?? "";
		const bearer = office.createToken("ci", "Administrator", "ada");
		const { hubKey } = published(office);

		const files = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));
		expect(files.includes(id)).toBe(true);
		const secrets = [
			"correct horse battery staple",
			token.value,
			writeKey?.value ?? "",
			"a long password",
			session,
			bearer,
			hexOf(hubKey),
			hubKey,
		];
		for (const secret of secrets) {
			expect(secret.length).toBeGreaterThan(0);
			expect(files.includes(secret)).toBe(false);
		}
	});

	it("is not opened with another key", () => {
		const { reopen } = benchAt(":memory:");
		expect(() => reopen(nodeCrypto.sha256("another key"))).toThrow();
	});
});

describe("the audit log", () => {
	it("says who did what, the newest first", () => {
		const { office, pass } = benchAt(":memory:");
		const { id } = made(office.createEndpoint(shop, "ada"));
		pass(1);
		office.setEndpointState(id, "paused", "grace");
		office.createToken("ci", "Administrator", "grace");
		expect(office.audit(10)).toEqual([
			{ seq: 3, at: noon + 1, actor: "grace", act: "token create", subject: "ci" },
			{ seq: 2, at: noon + 1, actor: "grace", act: "endpoint paused", subject: id },
			{ seq: 1, at: noon, actor: "ada", act: "endpoint create", subject: id },
		]);
		expect(office.audit(1)).toMatchObject([{ seq: 3 }]);
	});

	it.each([
		"UPDATE audit SET actor = 'nobody'",
		"DELETE FROM audit",
		"REPLACE INTO audit (seq, at, actor, act, subject) VALUES (1, 0, 'nobody', 'nothing', '')",
		"UPDATE OR REPLACE audit SET seq = 1 WHERE seq = 2",
	])("refuses %s", (statement) => {
		const { sql, office } = benchAt(":memory:");
		office.createEndpoint(shop, "ada");
		office.createToken("ci", "Administrator", "ada");
		const before = office.audit(10);
		expect(() => sql.query(statement)).toThrow("the audit log is only appended to");
		expect(office.audit(10)).toEqual(before);
	});
});

describe("an account", () => {
	it("signs in with its password, until it signs out", () => {
		const { office, reopen } = benchAt(":memory:", nodeCrypto);
		expect(office.hasAccount("admin")).toBe(false);
		office.setPassword("admin", "a long password");
		expect(office.hasAccount("admin")).toBe(true);
		const session = office.signIn("admin", "a long password") ?? "";
		expect(office.sessionAccount(session)).toBe("admin");
		expect(reopen().sessionAccount(session)).toBe("admin");
		office.signOut(session);
		expect(office.sessionAccount(session)).toBeNull();
	});

	it("does not sign in with another password or name", () => {
		const { office } = benchAt(":memory:");
		office.setPassword("admin", "a long password");
		expect(office.signIn("admin", "a long passwore")).toBeNull();
		expect(office.signIn("admin", "")).toBeNull();
		expect(office.signIn("root", "a long password")).toBeNull();
		expect(office.sessionAccount("")).toBeNull();
		expect(office.audit(3)).toMatchObject([
			{ actor: "stranger", act: "sign-in refused", subject: "unknown account" },
			{ actor: "stranger", act: "sign-in refused", subject: "admin" },
			{ actor: "stranger", act: "sign-in refused", subject: "admin" },
		]);
	});

	it("does not sign in for a minute after ten wrong tries, even with the right password", () => {
		const { office, pass } = benchAt(":memory:");
		office.setPassword("admin", "a long password");
		for (let tries = 0; tries < 10; tries += 1) expect(office.signIn("admin", "wrong")).toBeNull();
		expect(office.signIn("admin", "a long password")).toBeNull();
		pass(minute - 1);
		expect(office.signIn("admin", "a long password")).toBeNull();
		pass(1);
		expect(office.signIn("admin", "a long password")).not.toBeNull();
	});

	it("stays signed in for twelve hours", () => {
		const { office, pass } = benchAt(":memory:");
		office.setPassword("admin", "a long password");
		const session = office.signIn("admin", "a long password") ?? "";
		pass(12 * 60 * minute - 1);
		expect(office.sessionAccount(session)).toBe("admin");
		pass(1);
		expect(office.sessionAccount(session)).toBeNull();
	});

	it("is signed out everywhere by a new password, and not by the old one said again", () => {
		const { office } = benchAt(":memory:");
		office.setPassword("admin", "a long password");
		const session = office.signIn("admin", "a long password") ?? "";
		office.setPassword("admin", "a long password");
		expect(office.sessionAccount(session)).toBe("admin");
		office.setPassword("admin", "another password");
		expect(office.sessionAccount(session)).toBeNull();
		expect(office.signIn("admin", "a long password")).toBeNull();
		expect(office.signIn("admin", "another password")).not.toBeNull();
	});
});

describe("a token", () => {
	it("is known by its name, as long as it is whole", () => {
		const { office, reopen } = benchAt(":memory:");
		const token = office.createToken("ci", "Administrator", "ada");
		expect(token).toMatch(/^hub_[A-Za-z0-9_-]{43}$/);
		expect(reopen().tokenName(token)).toBe("ci");
		expect(office.tokenName(token.slice(0, -1))).toBeNull();
		expect(office.tokenName("")).toBeNull();
	});
});
