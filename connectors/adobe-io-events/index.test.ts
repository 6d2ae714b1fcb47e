import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { openVerifier } from "../../src/verify/verify.ts";
import { adobeIoEvents } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const [older, newer] = [1, 2].map(() => generateKeyPairSync("rsa", { modulusLength: 2_048 }));
if (older === undefined || newer === undefined) throw new Error("there are two");
const pem = ({ publicKey }: { readonly publicKey: KeyObject }): string =>
	publicKey.export({ format: "pem", type: "spki" }).toString();
/** PKCS #1 v1.5 with SHA-256, by OpenSSL. */
const signature = (body: Uint8Array, { privateKey }: { readonly privateKey: KeyObject }): string =>
	sign("sha256", body, privateKey).toString("base64");

const batch = file("./samples/batch.json");
const settings = { clientId: "hub_client_id" };
const signed = { secrets: { publicKeys: [pem(older) + pem(newer)] }, proves: "all" } as const;
const headers = {
	"content-type": "application/json; charset=utf-8",
	"x-adobe-event-id": "9d2c6a0e-5b1c-4a2d-8e7f-1a2b3c4d5e6f",
	"x-adobe-event-code": "com.adobe.commerce.observer.sales_order_save_commit_after",
	"x-adobe-retry-count": "0",
};

/** Twice the same event, for two registrations. */
const order: Given = {
	type: "com.adobe.commerce.observer.sales_order_save_commit_after",
	id: "urn:uuid:5f6a7b8c/7e1a2b3c-0d4e-4f5a-8b9c-0d1e2f3a4b5c",
	time: "2026-06-04T10:00:00.000Z",
	identities: ["adobe-io-events.customer:77", "email:ada.quill@example.test"],
};
const stranger = "the event is for another recipient than the setting clientId says";

const samples: readonly Sample[] = [
	{
		name: "batch",
		settings,
		body: batch,
		headers: { ...headers, "x-adobe-digital-signature-1": signature(batch, older) },
		signed,
		retry: { headers: { "x-adobe-retry-count": "1" } },
		gives: [order, order],
	},
	{
		name: "batch, of which only the second key is known, as older documentation writes its header",
		settings,
		body: batch,
		headers: { ...headers, "x-adobe-digital-signature2": signature(batch, newer) },
		signed: { secrets: { publicKeys: [pem(newer)] }, proves: "all" },
		gives: [order, order],
	},
	{
		name: "batch with the older signature",
		settings,
		body: batch,
		headers: {
			...headers,
			"x-adobe-signature": createHmac("sha256", "client secret").update(batch).digest("base64"),
		},
		signed: { secrets: { client: ["client secret"] }, proves: "all" },
		gives: [order, order],
	},
	{
		// aio-lib-events, test/mock.js (Apache-2.0).
		name: "the example of Adobe's own library",
		settings: { clientId: "client_id1" },
		body: bytes('{"event_id":"eventId1","event":{"hello":"world"},"recipient_client_id":"client_id1"}'),
		headers: {
			"x-adobe-digital-signature-2":
				"Hgq9NEIAtFItHQfHYi2x94zAaHG7088PUDLdpSTdsFjLPD+IJCrKpSf4bxNeh3vHmMqj6zUVYfFEYvgI0riJNx12b3wIMHhoa/MxQGzzCcN4GnB/LVaTm9/1LZSxKpyR34FhaaYxbN3u3dSE60zk5swjzMKUFRmFiiE6k0knjcM+e0E3f1g9kFXgy/dUIOlty4SlS3hbv1UHS/BYXakH7d0lb4mrNxHIGNuIyFRmMpbZ4KyXDJo5nCQqvW0dZKAikpavf58/S8xbYyhJTImNJaUMZYQ5m8KD6H1ME48Hr3Q+Vgte9cXrTCreK1tVqCCy/ZaQGC7Z/qPOC+D849hi9g==",
		},
		signed: {
			secrets: {
				publicKeys: [
					"-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArGwUIIdaBSUrZq4V24cL\nR3I19gel9uBBmXE3lt4oVHF0lMsHnA72cJNf/IPFYDWElM/tE4bat8p78O2ZQpus\n6nzi/ISfSWprWhvTuI5sKx6CVgbRIzUM6VTIcvo8o3PK49HbgacRiUABZ1uNo7Cz\nPfmu5xAY+l2Ie1Dt8yperotKAKJmuPYeFWKGe9tzbPYgFluCy8DjPp2gGsmjsorR\n/CVRJq8fWl5aTLha+ZHSTuyNY+RQhC/fZ7CHf89EdSvonyu6W7/SJmSf9DGGjmX0\nHJNREqdTE9QdbSBMfNn/pa9fCGwR3yEoAZCkfVG06Xx02vOI0Q1RAkf2tGhO4bsZ\ncwIDAQAB\n-----END PUBLIC KEY-----",
				],
			},
			proves: "all",
		},
		gives: [{ type: "", id: "eventId1", identities: [] }],
	},
	{
		name: "events for others and a customer's, one in a batch",
		settings,
		body: bytes(
			'[{"event_id":"a","recipient_client_id":"another","event":{"type":"x","data":{"value":{"customer_id":5}}}},{"event_id":"b"},' +
				'{"event_id":"c","recipient_client_id":"hub_client_id","event":{"type":"com.adobe.commerce.observer.customer_save_commit_after","id":"c-1","data":{"value":{"entity_id":"77","email":"ada.quill@example.test"}}}}]',
		),
		headers: {},
		gives: [
			{ failed: stranger, identities: ["adobe-io-events.customer:5"] },
			{ failed: stranger, identities: [] },
			{
				type: "com.adobe.commerce.observer.customer_save_commit_after",
				id: "c-1",
				identities: ["adobe-io-events.customer:77", "email:ada.quill@example.test"],
			},
		],
	},
	{
		name: "an event at an endpoint that does not say whose events it takes",
		body: bytes('{"event_id":"a","recipient_client_id":""}'),
		gives: [
			{ failed: "the endpoint's setting clientId does not say whose events are taken", identities: [] },
		],
	},
];

testConnector(adobeIoEvents, {
	samples,
	handshakes: [
		{
			name: "a challenge",
			method: "GET",
			query: "challenge=8ec8d794-e0ab-42df-9017-e3dada8e84f7",
			answers: {
				status: 200,
				body: "8ec8d794-e0ab-42df-9017-e3dada8e84f7",
				type: "text/plain; charset=UTF-8",
			},
		},
	],
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

describe("a delivery that Adobe signed twice", () => {
	const configured = adobeIoEvents.configure(settings);
	if (!configured.ok) throw new Error("they are right");
	const { verification } = configured.value;
	const holds = (known: string, first: string, second: string): boolean =>
		openVerifier(
			verification,
			{ publicKeys: [known] },
			nodeCrypto,
		)(
			{
				method: "POST",
				path: "",
				query: "",
				headers: { "x-adobe-digital-signature-1": first, "x-adobe-digital-signature-2": second },
				body: batch,
				receivedAt: 0,
			},
			{ url: "https://hub.example.test/in/token" },
		).ok;
	const [byOlder, byNewer] = [signature(batch, older), signature(batch, newer)];

	it("is believed by either key, while one of the two is being replaced", () => {
		expect(holds(pem(older) + pem(newer), byOlder, byNewer)).toBe(true);
		expect(holds(pem(older), byOlder, byNewer)).toBe(true);
		expect(holds(pem(newer), byOlder, byNewer)).toBe(true);
		expect(holds(pem(newer), byOlder, byOlder)).toBe(false);
	});
});
