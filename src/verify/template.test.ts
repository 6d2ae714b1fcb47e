import { describe, expect, it } from "vitest";
import { arrivalOf } from "./place.ts";
import { openSigned, parseSigned } from "./template.ts";

const url = "https://user:pass@hub.example.test/in/t%2F1?a=%40b&c=%22";

function signed(template: string, body = "", more: { url?: string; headers?: Record<string, string> } = {}) {
	const bytes = new TextEncoder().encode(body);
	const delivery = {
		method: "POST",
		path: "",
		query: "a=%40b&c=%22",
		headers: more.headers ?? {},
		body: bytes,
		receivedAt: 0,
	};
	const found = openSigned(template)(
		arrivalOf(delivery, { url: more.url ?? url, received: bytes }),
		"17",
		"s3cret",
	);
	return found === undefined ? undefined : new TextDecoder("utf-8", { ignoreBOM: true }).decode(found.signed);
}

describe("a template of what is signed", () => {
	it("puts tokens and text together, byte by byte", () => {
		expect(signed("v0:{ts}:{body}", "é\r\n")).toBe("v0:17:é\r\n");
		expect(signed("{secret}{method}{url}{body}", "{}")).toBe(`s3cretPOST${url}{}`);
		expect(signed('{"a":{ts},{}', "")).toBe('{"a":17,{}');
	});

	it("does not decode and encode a body that is no UTF-8", () => {
		const bytes = new Uint8Array([0xff, 0xfe, 0x00]);
		const delivery = { method: "POST", path: "", query: "", headers: {}, body: bytes, receivedAt: 0 };
		const arrival = arrivalOf(delivery, { url: "", received: bytes });
		expect(openSigned("{body}")(arrival, undefined, "")?.signed).toBe(bytes);
		expect(openSigned("a{body}")(arrival, undefined, "")?.signed).toEqual(
			new Uint8Array([0x61, 0xff, 0xfe, 0x00]),
		);
	});

	it("trims as PHP does, and writes base64 of any length", () => {
		expect(signed("{bodyTrimmed}", " \t\r\n\0 {\n} \v\n")).toBe("{\n}");
		expect(signed("{bodyTrimmed}", " \n")).toBe("");
		const long = "é".repeat(40_000);
		expect(signed("{bodyBase64}", long) === Buffer.from(long).toString("base64")).toBe(true);
	});

	it("decodes of a URL what HubSpot decodes, and no more", () => {
		const escaped = "https://h.test/a%3A%2f%3F%40%21%24%27%28%29%2A%2C%3B%20%25%22?x=%26";
		expect(signed("{urlDecoded}", "", { url: escaped })).toBe("https://h.test/a:/?@!$'()*,;%20%25%22?x=%26");
	});

	it("takes the port off a URL, or puts its scheme's there", () => {
		const at = (text: string) =>
			["{urlNoPort}", "{urlWithPort}"].map((one) => signed(one, "", { url: text }));
		expect(at("https://h.test/a:1?b")).toEqual(["https://h.test/a:1?b", "https://h.test:443/a:1?b"]);
		expect(at("http://h.test")).toEqual(["http://h.test", "http://h.test:80"]);
		expect(at("https://h.test:8443/a")).toEqual(["https://h.test/a", "https://h.test:8443/a"]);
		expect(at("https://u:1@[::1]:8443/a")).toEqual(["https://u:1@[::1]/a", "https://u:1@[::1]:8443/a"]);
	});

	it("sorts a form's fields, and counts a value that comes twice once", () => {
		expect(signed("{kv}", "b=2&a=%C3%A9+1&b=1&b=2&A=0")).toBe("A0aé 1b1b2");
		expect(signed("{kv}", "")).toBe("");
	});

	it("reads headers, the query and fields, and has no bytes where one is missing", () => {
		const headers = { "webhook-id": "m1", "stripe-signature": "t=5, v1=a" };
		expect(
			signed("{header:Webhook-Id}.{query:a}.{field:n.0}", '{"n":[12345678901234567890]}', { headers }),
		).toBe("m1.@b.12345678901234567890");
		expect(signed("{header:Stripe-Signature[t]}", "", { headers })).toBe("5");
		expect(signed("{header:x}.{body}")).toBeUndefined();
		expect(signed("{bodyFirstElement}", "{}")).toBeUndefined();
	});

	it.each([
		["", "a template of what is signed is not empty"],
		["{boddy}", "there is no token {boddy}; there are {body}, "],
		["{constructor}", "there is no token {constructor}; "],
		["{body:x}", "{body} has no argument"],
		["{header:a b}", '"header:a b" is no place in a request, such as header:X-Signature, '],
		["{header}", '"header:" is no place in a request'],
	])("%j is refused with what would be right", (template, failure) => {
		const parsed = parseSigned(template);
		expect(parsed.ok ? "" : parsed.failure).toContain(failure);
	});
});
