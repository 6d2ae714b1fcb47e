import { expect, it } from "vitest";
import { z } from "zod";
import type { JsonObject } from "../model/json.ts";
import { defineConnector } from "./define.ts";
import { referenceOfConnectors } from "./reference.ts";
import { text } from "./settings.ts";
import type { Given } from "./testing.ts";

const acme = defineConnector({
	slug: "acme",
	title: "Acme Shop",
	docs: "https://docs.acme.example",
	methods: ["POST", "PUT"],
	body: ["json", "form"],
	secrets: {
		key: { title: "Key", description: "Signs." },
		code: { title: "Code", description: "In the URL." },
	},
	settings: z.strictObject({
		header: text("Where the signature is.", "X-Signature"),
		shop: text("Where its API is."),
	}),
	retriesForMs: 90 * 60_000,
	handshakes: [
		{ method: "GET", has: ["query:challenge"], answer: { status: 200, text: "{query:challenge}" } },
	],
	verify: ({ header }) => ({
		schemes: [
			{
				kind: "hmac",
				secret: "key",
				algorithm: "sha256",
				signature: { from: `header:${header}`, encoding: "base64" },
				signed: "{ts}.{body}",
				timestamp: { from: "header:X-Time", unit: "s", toleranceSeconds: 300 },
			},
			{ kind: "token", secret: "code", from: "query:code" },
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	read: { type: "", identities: {} },
	enrich: ({ shop }) =>
		shop === ""
			? undefined
			: {
					origin: shop,
					headers: { Authorization: "Bearer {secret:code}" },
					perSecond: 1,
					fetches: [
						{ into: "order", path: "/orders/{field:id}" },
						{ into: "contact", path: "/contacts/{field:enriched.order.contact}" },
					],
				},
	pull: { everyMs: 240_000, isOn: () => false, ask: async () => ({ ok: false, failure: "" }) },
	stream: { isWanted: () => false, isOn: () => false, instead: "", read: async () => "" },
});

const one: Given = { type: "a", id: "1", identities: ["acme.customer:7", "email:a@b.test"] };
const described = (...gives: readonly Given[]): string =>
	referenceOfConnectors([
		{
			connector: acme,
			test: { samples: [{ name: "a", gives }], handshakes: [] },
			presets: [
				{ name: "acme/paid", title: "A paid order is a checkout", actions: ["checkout", "profile"] },
				{ name: "segment/identify", title: "Traits", actions: ["profile"] },
			],
		},
	]);

it("says of a connector what it declares, and what its samples prove", () => {
	const lines = described(
		one,
		{ ...one, ignore: "test" },
		{ ...one, control: "erase" },
		{ failed: "wrong", identities: ["id:unread"] },
	).split("\n");
	expect(lines).toEqual(
		expect.arrayContaining([
			"| [Acme Shop](#acme-shop) | HMAC-SHA256, the URL | yes | 2 | yes |  | yes |  |",
			"- Deliveries: POST, PUT; JSON, forms",
			"- Proof: HMAC-SHA256 of `{ts}.{body}` in `header:X-Signature` (base64), by `key`, not older than 300 s; " +
				"the secret `code` in `query:code`; nothing is taken without",
			"- Handshakes: GET with `query:challenge` → 200",
			"- A message is known again by the sender's id",
			"- Tries again: for 1.5 hours",
			"- Persons: `acme.customer`, `email`",
			"- Knows test traffic, requests to erase a person",
			"- By itself, where it is set up so, the hub asks it every 4 minutes (`pull`) or reads its stream, on hosts that can " +
				"hold a connection (`stream`)",
			"- Secrets: `key`, `code`",
			"- Settings: `header`, `shop`, `source`, `orders`",
			"The presets of [segment](../../mappings/segment/README.md) read it.",
			"| [acme/paid](../../mappings/acme/paid.yaml) | A paid order is a checkout | `checkout`, `profile` |",
		]),
	);
});

it("says what is asked of the system, by the settings of a sample where there is no default", () => {
	const asked = (settings: JsonObject): string =>
		referenceOfConnectors([
			{ connector: acme, test: { samples: [{ name: "a", settings, gives: [one] }] }, presets: [] },
		]);
	expect(asked({})).not.toContain("Asks");
	expect(asked({ shop: "https://a.example" })).toContain(
		"- Asks `https://a.example` with `code` for what messages leave out: `$.enriched.order`, `$.enriched.contact`\n",
	);
});

it("says how a message is known again that has no id, and who is one", () => {
	const { id: _id, ...nameless } = one;
	expect(described(nameless)).toContain("known again by what it says, as long as");
	expect(described(one, nameless)).toContain("by the sender's id; without one, by what it says, as long as");
	expect(described({ ...one, control: "merge" })).toContain("- Knows persons who became one");
	expect(described({ ...one, ignore: "echo" })).toContain("- Knows its own echoes");
	expect(described(one)).toContain("- Knows neither tests, echoes, erasures nor merges");
});
