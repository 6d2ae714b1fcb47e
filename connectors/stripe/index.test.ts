import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { invariant } from "../../src/model/result.ts";
import { openVerifier } from "../../src/verify/verify.ts";
import { stripe } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const secret = "whsec_0123456789abcdef";
const signedAt = 1_780_567_200;
const time = "2026-06-04T10:00:00.000Z";

const hexOf = (body: Uint8Array, at: number): string =>
	createHmac("sha256", secret).update(`${at}.`).update(body).digest("hex");

/** Signed as Stripe documents it; the inputs of its own library are below. */
const event = (name: string, given: Given, settings: Sample["settings"] = {}): Sample => {
	const body = file(`./samples/${name}.json`);
	return {
		name: `${name} ${JSON.stringify(settings)}`,
		settings,
		body,
		headers: {
			"content-type": "application/json; charset=utf-8",
			"stripe-signature": `t=${signedAt},v1=${hexOf(body, signedAt)}`,
		},
		signed: { secrets: { signing: [secret] }, proves: "all" },
		gives: [given],
	};
};

const ada = ["stripe.customer:cus_Example77", "email:ada.quill@example.test"];
const session = {
	type: "checkout.session.completed",
	id: "evt_1RExample0000000000001",
	time,
	identities: ada,
};

/** As Stripe documents them: https://docs.stripe.com/api/v2/core/events/event-types */
const thinEvent = (about: string, type: string, id: string, url: string) => ({
	id: "evt_65Example",
	object: "v2.core.event",
	type: `v1.${type}`,
	created: time,
	livemode: true,
	related_object: { id, type: about, url },
	reason: null,
});
const thin = (about: string, type: string, id: string, path: string, url = path): Sample => ({
	name: `a thin event ${type}`,
	body: bytes(JSON.stringify(thinEvent(about, type, id, url))),
	gives: [
		{
			type: `v1.${type}`,
			id: "evt_65Example",
			time,
			identities: [],
			asks: [`https://api.stripe.com${path}`],
		},
	],
});

const samples: readonly Sample[] = [
	event("checkout-session-completed", { ...session, ignore: "test" }),
	event("checkout-session-completed", session, { sandbox: "count" }),
	event("charge-refunded", {
		type: "charge.refunded",
		id: "evt_1RExample0000000000002",
		time,
		identities: ada,
		ignore: "test",
	}),
	event("invoice-paid", {
		type: "invoice.paid",
		id: "evt_1RExample0000000000003",
		time,
		identities: ada,
		ignore: "test",
	}),
	event("payment-intent-succeeded", {
		type: "payment_intent.succeeded",
		id: "evt_1RExample0000000000004",
		time,
		identities: ["id:cust-77", "stripe.customer:cus_Example77"],
	}),
	event("customer-created", {
		type: "customer.created",
		id: "evt_1RExample0000000000005",
		time,
		identities: [...ada, "phone:+442071234567"],
	}),
	event("v2-thin-event", {
		failed:
			"the event is a thin one about what the hub does not ask for: let the event destination send snapshots",
		identities: [],
	}),
	...[
		["checkout.session", "checkout/sessions", "checkout.session.completed", "cs_1"],
		["payment_intent", "payment_intents", "payment_intent.succeeded", "pi_1"],
		["invoice", "invoices", "invoice.paid", "in_1"],
		["refund", "refunds", "refund.created", "re_1"],
		["customer", "customers", "customer.created", "cus_1"],
	].map(([about = "", path = "", type = "", id = ""]) => thin(about, type, id, `/v1/${path}/${id}`)),
	{
		...thin("customer", "customer.created", "cus_1", "/v1/customers/cus_1", "https://evil.example/cus_1"),
		name: "a thin event that says another URL",
	},
	{
		...thin("customer", "customer.created", "../charges/ch_1", "/v1/customers/..%2Fcharges%2Fch_1"),
		name: "a thin event whose id is a path",
	},
	{
		name: "a thin event of a sandbox",
		body: bytes(
			JSON.stringify({ ...thinEvent("customer", "customer.created", "cus_1", ""), livemode: false }),
		),
		gives: [{ type: "v1.customer.created", id: "evt_65Example", time, identities: [], ignore: "test" }],
	},
	{
		name: "an event of a connected account",
		body: bytes(
			'{"id":"evt_1","object":"event","account":"acct_1","type":"invoice.paid","livemode":true,"data":{}}',
		),
		gives: [{ type: "invoice.paid", id: "evt_1", identities: [] }],
	},
];

testConnector(stripe, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

describe("Stripe's signature", () => {
	// stripe-node, test/Webhook.spec.ts (MIT): secret and payload; the time is ours.
	const body = JSON.stringify({ id: "evt_test_webhook", object: "event" }, null, 2);
	const at = 1_700_000_000;
	const right = "4f1cd7feda9826e746b7d482c4badebb657398df1099e1046364f6196a230150";
	const wrong = "0".repeat(64);
	const verified = (header: string, secondsLater = 0): boolean => {
		const configured = stripe.configure({});
		invariant(configured.ok, "a connector needs no settings");
		const verify = openVerifier(
			configured.value.verification,
			{ signing: ["whsec_test_secret"] },
			nodeCrypto,
		);
		const headers = { "stripe-signature": header };
		const receivedAt = (at + secondsLater) * 1_000;
		const delivery = { method: "POST", path: "", query: "", headers, body: bytes(body), receivedAt };
		return verify(delivery, { url: "https://hub.example.test/in/t" }).ok;
	};

	it("is any of several, as long as the secret is being replaced", () => {
		expect(verified(`t=${at},v1=${right}`)).toBe(true);
		expect(verified(`t=${at},v1=${wrong},v1=${right}`)).toBe(true);
		expect(verified(`t=${at},v1=${right},v1=${wrong}`)).toBe(true);
		expect(verified(`t=${at},v1=${wrong}`)).toBe(false);
	});

	it("is none of the version before, which is of test events", () => {
		expect(verified(`t=${at},v0=${right}`)).toBe(false);
		expect(verified(`t=${at},v0=${right},v1=${wrong}`)).toBe(false);
	});

	it("is good for five minutes, and before its time where clocks differ", () => {
		expect(verified(`t=${at},v1=${right}`, 300)).toBe(true);
		expect(verified(`t=${at},v1=${right}`, 301)).toBe(false);
		expect(verified(`t=${at},v1=${right}`, -3_600)).toBe(true);
	});

	it("has its time in it", () => {
		expect(verified(`t=${at + 1},v1=${right}`)).toBe(false);
		expect(verified(`v1=${right}`)).toBe(false);
	});
});
