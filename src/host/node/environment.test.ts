import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { bytesOfHex } from "../../model/bytes.ts";
import { invariant } from "../../model/result.ts";
import { type Environment, readEnvironment, secretKeyOf, signingOf } from "./environment.ts";

function read(variables: NodeJS.ProcessEnv): Environment {
	const environment = readEnvironment(variables);
	invariant(environment.ok, "these variables are right");
	return environment.value;
}

describe("the environment", () => {
	it("needs to say nothing", () => {
		expect(read({ PATH: "/bin" })).toEqual({
			port: 8787,
			host: "127.0.0.1",
			data: resolve("data"),
			publicUrl: null,
			proxies: [],
			environments: ["local"],
			production: false,
			adminPassword: null,
			secretKey: null,
			signing: null,
			checkpoints: resolve("data/checkpoints"),
		});
	});

	it("says where the hub listens, what it is called, and where its data lie", () => {
		const variables = {
			PORT: "80",
			HOST: "::",
			HUB_DATA: "/var/lib/hub",
			HUB_PUBLIC_URL: "https://hub.example.com/",
			HUB_PROXIES: "127.0.0.1, 2001:db8::/32",
			HUB_ENVIRONMENT: "eu1, us1",
			HUB_PRODUCTION: "true",
			HUB_ADMIN_PASSWORD: "a long password",
			HUB_SECRET_KEY: "sixteen letters!",
			HUB_SIGNING_KEY: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
			HUB_CHECKPOINTS: "/mnt/elsewhere",
		};
		const { proxies, ...others } = read(variables);
		expect(proxies.map(([address, bits]) => `${address}/${bits}`)).toEqual(["127.0.0.1/32", "2001:db8::/32"]);
		expect(others).toEqual({
			port: 80,
			host: "::",
			data: resolve("/var/lib/hub"),
			publicUrl: "https://hub.example.com",
			environments: ["eu1", "us1"],
			production: true,
			adminPassword: "a long password",
			secretKey: "sixteen letters!",
			signing: {
				// SHA-256 of the public key that RFC 8032 §7.1 gives for this seed.
				hub: "21fe31dfa154a261",
				seed: bytesOfHex(variables.HUB_SIGNING_KEY),
				earlier: [],
			},
			checkpoints: resolve("/mnt/elsewhere"),
		});
	});

	it("says nothing by an empty variable", () => {
		expect(read({ PORT: "", HUB_PUBLIC_URL: "", HUB_SECRET_KEY: "" })).toEqual(read({}));
	});

	it("is refused with one sentence for each variable that is wrong", () => {
		const wrong = {
			PORT: "http",
			HUB_PUBLIC_URL: "hub.example.com",
			HUB_PROXIES: "127.0.0.1,all",
			HUB_PRODUCTION: "yes",
			HUB_ADMIN_PASSWORD: "short",
			HUB_SECRET_KEY: "short",
			HUB_SIGNING_KEY: "short",
		};
		expect(readEnvironment(wrong)).toMatchInlineSnapshot(`
			{
			  "failure": [
			    "PORT: needs a port from 0 to 65535",
			    "HUB_PUBLIC_URL: needs an address such as https://hub.example.com",
			    "HUB_PROXIES: "all" is no address or network such as 192.0.2.7 or 2001:db8::/32",
			    "HUB_PRODUCTION: needs true or false",
			    "HUB_ADMIN_PASSWORD: needs at least 8 characters",
			    "HUB_SECRET_KEY: needs at least 16 characters",
			    "HUB_SIGNING_KEY: needs a key of 64 hex digits, such as \`openssl rand -hex 32\` makes",
			  ],
			  "ok": false,
			}
		`);
	});

	it.each(["-1", "65536", "80.5", "0x50", " "])("has no port %j", (PORT) => {
		expect(readEnvironment({ PORT })).toEqual({ ok: false, failure: ["PORT: needs a port from 0 to 65535"] });
	});

	it("needs a secret key everywhere but on one's own machine", () => {
		const refused = readEnvironment({ HUB_ENVIRONMENT: "eu1" });
		expect(refused).toEqual({ ok: false, failure: [expect.stringMatching(/^HUB_SECRET_KEY: is needed/)] });
		expect(readEnvironment({ HUB_ENVIRONMENT: "eu1", HUB_SECRET_KEY: "sixteen letters!" }).ok).toBe(true);
	});
});

function local(): Environment {
	const folder = mkdtempSync(join(tmpdir(), "hub-environment-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	return read({ HUB_DATA: join(folder, "data") });
}

describe("the signing key", () => {
	it("is made once where none is given, in a file for its owner alone", () => {
		const environment = local();
		const signing = signingOf(environment);
		expect(signing.hub).toMatch(/^[0-9a-f]{16}$/);
		expect(signingOf(environment)).toEqual(signing);
		expect(signingOf(local()).hub).not.toBe(signing.hub);
		expect(statSync(join(environment.data, "signing.key")).mode & 0o777).toBe(0o600);
	});

	it("may be another one day: the hub keeps the name of its first", () => {
		const first = "peter+c9a2b9d1+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
		const read = readEnvironment({ HUB_SIGNING_KEY: `${"0".repeat(64)} ${first}` });
		expect(read).toEqual({
			ok: false,
			failure: [expect.stringMatching(/^HUB_SIGNING_KEY: needs, behind the key/)],
		});
		const right = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
		const rotated = readEnvironment({ HUB_SIGNING_KEY: `${"0".repeat(64)}\n${right}` });
		expect(rotated).toMatchObject({ ok: true, value: { signing: { hub: "PeterNeumann" } } });
	});
});

describe("the secret key", () => {
	it("is made once on one's own machine, in a file for its owner alone", () => {
		const environment = local();
		const key = secretKeyOf(environment);
		expect(key).toHaveLength(32);
		expect(secretKeyOf(environment)).toEqual(key);
		expect(secretKeyOf(local())).not.toEqual(key);
		expect(statSync(join(environment.data, "secret.key")).mode & 0o777).toBe(0o600);
		expect(statSync(environment.data).mode & 0o777).toBe(0o700);
	});

	it("is not taken from a file that was cut short", () => {
		const environment = local();
		secretKeyOf(environment);
		const path = join(environment.data, "secret.key");
		writeFileSync(path, "00ff");
		expect(() => secretKeyOf(environment)).toThrow(path);
	});

	it("is of the text in HUB_SECRET_KEY where that is set", () => {
		const environment = local();
		const key = secretKeyOf({ ...environment, secretKey: "sixteen letters!" });
		expect(key).toHaveLength(32);
		expect(secretKeyOf({ ...local(), secretKey: "sixteen letters!" })).toEqual(key);
		expect(secretKeyOf({ ...environment, secretKey: "sixteen letters?" })).not.toEqual(key);
	});
});
