import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import type { SentHeader } from "./canonical.ts";
import { type Escher, openEscher } from "./escher.ts";

/** Escher's own test cases (EscherAuth/test-cases, MIT), which `escher-auth` brings along. */
interface Case {
	readonly headersToSign?: unknown;
	readonly mandatorySignedHeaders?: unknown;
	readonly request: Sent;
	readonly config: Config;
	readonly keyDb?: readonly (readonly [string, string])[];
	readonly expected: {
		readonly request?: Sent;
		readonly url?: string;
		readonly apiKey?: string;
		readonly error?: string;
	};
}

interface Sent {
	readonly method: string;
	readonly url: string;
	readonly headers: readonly SentHeader[];
	readonly body?: string | null;
}

interface Config {
	readonly vendorKey?: string;
	readonly algoPrefix?: string;
	readonly credentialScope: string;
	readonly authHeaderName?: string;
	readonly dateHeaderName?: string;
	readonly date: string;
	readonly accessKeyId?: string;
	readonly apiSecret?: string;
}

const folder = join(
	dirname(fileURLToPath(import.meta.resolve("escher-auth/package.json"))),
	"escher-test-cases",
);
const cases = ["aws4_testsuite", "emarsys_testsuite", "test_cases"].flatMap((suite) =>
	readdirSync(join(folder, suite)).map((file): readonly [string, Case] => [
		`${suite}/${file}`,
		JSON.parse(readFileSync(join(folder, suite, file), "utf8")) as Case,
	]),
);

/** As Escher has them where a vendor says nothing. */
const escherOf = ({
	vendorKey,
	algoPrefix,
	credentialScope,
	authHeaderName,
	dateHeaderName,
}: Config): Escher =>
	openEscher({
		crypto: nodeCrypto,
		profile: {
			vendor: vendorKey ?? "Escher",
			prefix: algoPrefix ?? "ESR",
			authorization: (authHeaderName ?? "X-Escher-Auth").toLowerCase(),
			date: (dateHeaderName ?? "X-Escher-Date").toLowerCase(),
			scopes: [credentialScope],
		},
	});

const verify = (config: Config, { method, url, headers, body }: Sent, keys: ReadonlyMap<string, string>) =>
	escherOf(config).verify(
		{ method, target: url, headers, body: new TextEncoder().encode(body ?? "") },
		{
			now: Date.parse(config.date),
			hosts: [],
			secretsOf: (key) => [keys.get(key) ?? []].flat(),
		},
	);

const keysOf = ({ config, keyDb }: Case): ReadonlyMap<string, string> =>
	new Map(keyDb ?? [[config.accessKeyId ?? "", config.apiSecret ?? ""]]);

/** What is decided elsewhere here: methods and bodies by the routes, and no header but host and date has to be signed. */
const elsewhere = /invalid-request-(method|url)|post-body-null|notsigned-header|missing-auth-header/;

describe("Escher's own test cases", () => {
	const signed = cases.filter(([, { expected }]) => expected.request !== undefined);
	it("are all there", () => {
		expect(signed.length).toBeGreaterThan(35);
		expect(cases.length).toBeGreaterThan(65);
	});

	it.each(signed)("have a right signature: %s", (_name, each) => {
		const { expected, config } = each;
		expect(expected.request && verify(config, expected.request, keysOf(each))).toEqual({
			ok: true,
			value: { key: config.accessKeyId, presigned: false },
		});
	});

	it.each(cases.filter(([, { expected }]) => expected.url !== undefined))(
		"have a right URL: %s",
		(_name, each) => {
			const [, host = "", target = ""] = /^https:\/\/([^/]+)([^#]+)/.exec(each.expected.url ?? "") ?? [];
			const request: Sent = { method: "GET", url: target, headers: [["Host", host]] };
			expect(verify(each.config, request, keysOf(each))).toEqual({
				ok: true,
				value: { key: each.config.accessKeyId, presigned: true },
			});
		},
	);

	it.each(cases.filter(([name, each]) => /\/authenticate-valid|default-config/.test(name) && each.keyDb))(
		"are let in: %s",
		(_name, each) => {
			expect(verify(each.config, each.request, keysOf(each))).toMatchObject({
				ok: true,
				value: { key: each.expected.apiKey },
			});
		},
	);

	it.each(cases.filter(([name]) => /\/authenticate-error/.test(name) && !elsewhere.test(name)))(
		"are refused in the same words: %s",
		(_name, each) => {
			const { error } = each.expected;
			expect(verify(each.config, each.request, keysOf(each))).toEqual({
				ok: false,
				failure: expect.objectContaining({ message: expect.stringContaining(error ?? "?") }),
			});
		},
	);
});
