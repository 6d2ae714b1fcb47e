import { createHmac, createSign, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { adobeCommerce } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const keys = generateKeyPairSync("rsa", {
	modulusLength: 2048,
	publicKeyEncoding: { type: "spki", format: "pem" },
	privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const signatureOf = (signed: Uint8Array | string): string =>
	createSign("SHA256").update(signed).sign(keys.privateKey, "base64");

const event = (name: string, ...gives: readonly Given[]): Sample => {
	const body = file(`./samples/${name}.json`);
	return {
		name,
		settings: { clientId: "hub_client_id" },
		body,
		headers: {
			"content-type": "application/json; charset=utf-8",
			"x-adobe-provider": "dx_commerce_events",
			"x-adobe-digital-signature-2": signatureOf(body),
		},
		signed: { secrets: { io: [keys.publicKey] }, proves: "all" },
		retry: { headers: { "x-adobe-delivery-id": "another try", "x-adobe-retry-count": "1" } },
		gives,
	};
};

const ada = ["adobe-commerce.customer:77", "email:ada.quill@example.test"];
const order = {
	type: "observer.sales_order_save_commit_after",
	id: "9d2c6a0e-5b1c-4a2d-8e7f-1a2b3c4d5e6f",
	time: "2026-06-04T10:00:00.000Z",
	identities: ada,
};

// adobe/aio-lib-events, test/mock.js (Apache-2.0).
const adobeKey = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArGwUIIdaBSUrZq4V24cL
R3I19gel9uBBmXE3lt4oVHF0lMsHnA72cJNf/IPFYDWElM/tE4bat8p78O2ZQpus
6nzi/ISfSWprWhvTuI5sKx6CVgbRIzUM6VTIcvo8o3PK49HbgacRiUABZ1uNo7Cz
Pfmu5xAY+l2Ie1Dt8yperotKAKJmuPYeFWKGe9tzbPYgFluCy8DjPp2gGsmjsorR
/CVRJq8fWl5aTLha+ZHSTuyNY+RQhC/fZ7CHf89EdSvonyu6W7/SJmSf9DGGjmX0
HJNREqdTE9QdbSBMfNn/pa9fCGwR3yEoAZCkfVG06Xx02vOI0Q1RAkf2tGhO4bsZ
cwIDAQAB
-----END PUBLIC KEY-----`;
const adobeBody = bytes(
	'{"event_id":"eventId1","event":{"hello":"world"},"recipient_client_id":"client_id1"}',
);
const adobeSignature =
	"Hgq9NEIAtFItHQfHYi2x94zAaHG7088PUDLdpSTdsFjLPD+IJCrKpSf4bxNeh3vHmMqj6zUVYfFEYvgI0riJNx12b3wIMHhoa/MxQGzzCcN4GnB/LVaTm9/1LZSxKpyR34FhaaYxbN3u3dSE60zk5swjzMKUFRmFiiE6k0knjcM+e0E3f1g9kFXgy/dUIOlty4SlS3hbv1UHS/BYXakH7d0lb4mrNxHIGNuIyFRmMpbZ4KyXDJo5nCQqvW0dZKAikpavf58/S8xbYyhJTImNJaUMZYQ5m8KD6H1ME48Hr3Q+Vgte9cXrTCreK1tVqCCy/ZaQGC7Z/qPOC+D849hi9g==";

const webhookBody = file("./samples/webhook-order.json");

const samples: readonly Sample[] = [
	event("io-event-order", order),
	event("io-event-batch", order, { ...order, id: "9d2c6a0e-5b1c-4a2d-8e7f-1a2b3c4d5e70" }),
	event("io-event-creditmemo", {
		type: "observer.sales_order_creditmemo_save_after",
		id: "b81c0d55-2f6a-4d0e-a9b7-3c2d1e0f9a8b",
		time: "2026-06-10T10:00:00.000Z",
		identities: [],
	}),
	event("io-event-customer", {
		type: "observer.customer_save_commit_after",
		id: "5a0b1c22-8d3e-4f4a-9b5c-6d7e8f901a2b",
		time: "2026-06-04T09:00:01.000Z",
		identities: ada,
	}),
	event("io-event-subscriber", {
		type: "observer.newsletter_subscriber_save_commit_after",
		id: "7c2d3e44-af50-416c-bd7e-8f9012345c6d",
		time: "2026-06-04T09:30:00.000Z",
		identities: ada,
	}),
	{
		name: "webhook-order",
		query: "event=order_placed",
		body: webhookBody,
		headers: {
			"content-type": "application/json",
			"x-adobe-commerce-webhook-signature": signatureOf(Buffer.from(webhookBody).toString("base64")),
		},
		signed: { secrets: { webhooks: [keys.publicKey] }, proves: "all" },
		gives: [{ type: "order_placed", identities: ada }],
	},
	{
		name: "the example of Adobe's own library",
		settings: { clientId: "client_id1" },
		body: adobeBody,
		headers: { "content-type": "application/json", "x-adobe-digital-signature-1": adobeSignature },
		signed: { secrets: { io: [adobeKey] }, proves: "all" },
		gives: [{ type: "", id: "eventId1", identities: [] }],
	},
	{
		name: "an event that an older registration has signed",
		settings: { clientId: "client_id1" },
		body: adobeBody,
		headers: {
			"content-type": "application/json",
			"x-adobe-signature": createHmac("sha256", "adobe_client_secret").update(adobeBody).digest("base64"),
		},
		signed: { secrets: { client: ["adobe_client_secret"] }, proves: "all" },
		gives: [{ type: "", id: "eventId1", identities: [] }],
	},
	{
		name: "an event for somebody else's client, which Adobe has signed",
		settings: { clientId: "hub_client_id" },
		body: adobeBody,
		headers: { "x-adobe-digital-signature-1": adobeSignature },
		signed: { secrets: { io: [adobeKey] }, proves: "all" },
		gives: [{ failed: "the event is for another recipient than the setting clientId says", identities: [] }],
	},
	{
		name: "an event where nobody has said whose are taken",
		body: adobeBody,
		gives: [
			{ failed: "the endpoint's setting clientId does not say whose events are taken", identities: [] },
		],
	},
	{
		name: "an event of one instance among several, about a guest",
		settings: { clientId: "hub_client_id" },
		body: bytes(
			'{"event_id":"e","recipient_client_id":"hub_client_id","event":{"type":"com.adobe.commerce.eu_shop.observer.sales_order_save_commit_after","data":{"value":{"customer_id":0,"customer_email":"ada.quill@example.test"}}}}',
		),
		gives: [
			{
				type: "observer.sales_order_save_commit_after",
				id: "e",
				identities: ["email:ada.quill@example.test"],
			},
		],
	},
];

testConnector(adobeCommerce, {
	samples,
	handshakes: [
		{
			name: "the challenge of a registration that is saved",
			method: "GET",
			query: "challenge=8ec8d794-e0ab-42df-9017-e3dada8e84f7",
			answers: {
				status: 200,
				type: "text/plain; charset=UTF-8",
				body: "8ec8d794-e0ab-42df-9017-e3dada8e84f7",
			},
		},
	],
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

it("lets Commerce go on, as its webhooks ask", () => {
	expect(adobeCommerce.answer).toEqual({
		status: 200,
		json: JSON.parse(new TextDecoder().decode(file("./samples/webhook-response.json"))),
	});
});
