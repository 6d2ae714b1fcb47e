import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineConnector } from "../kit/define.ts";
import { isoTime } from "../kit/time.ts";
import { identitiesOf, textOf } from "../kit/values.ts";
import { isList, own } from "../model/json.ts";
import { good } from "../model/result.ts";
import { normalise } from "./normalise.ts";

/** A sender of arrays whose messages have an id and an e-mail address, and must not say `bad`. */
const acme = defineConnector({
	slug: "acme",
	title: "Acme",
	docs: "https://docs.acme.example",
	methods: ["POST"],
	secrets: {},
	settings: z.strictObject({}),
	retriesForMs: 0,
	verify: () => ({ schemes: [], unsigned: "accept", partly: "firstOnly" }),
	messages: (body) => good(isList(body) ? body : [body]),
	read: (content) => ({
		id: textOf(own(content, "id")),
		type: textOf(own(content, "type")) ?? "",
		time: isoTime(own(content, "at")),
		identities: identitiesOf([["email", own(content, "email")]]),
		content,
	}),
	problem: (content) => (own(content, "bad") === true ? "the message says that it is bad" : undefined),
});

function normalised(body: string | Uint8Array) {
	const configured = acme.configure({});
	if (!configured.ok) throw new Error("no settings");
	const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
	return normalise(configured.value, {
		method: "POST",
		path: "",
		query: "",
		headers: {},
		body: bytes,
		receivedAt: 0,
	});
}

const failures = (body: string) => {
	const items = normalised(body);
	if (!items.ok) return items.failure;
	return items.value.map((item) => (item.kind === "failed" ? item.reason : "read"));
};

const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

describe("normalise", () => {
	it("gives every message with its place", () => {
		expect(normalised('[{"id":"a","type":"t","at":"2026-06-04T10:00:00Z","email":"a@b.test"},{}]')).toEqual({
			ok: true,
			value: [
				{
					kind: "message",
					position: 0,
					message: {
						id: "a",
						type: "t",
						time: 1780567200000,
						identities: [{ kind: "email", value: "a@b.test" }],
						content: { id: "a", type: "t", at: "2026-06-04T10:00:00Z", email: "a@b.test" },
					},
				},
				{
					kind: "message",
					position: 1,
					message: { id: undefined, type: "", time: undefined, identities: [], content: {} },
				},
			],
		});
	});

	it("gives no message for an empty batch", () => {
		expect(normalised("[]")).toEqual({ ok: true, value: [] });
	});

	it("lets the good messages of a delivery go on when others fail", () => {
		expect(failures('[{"id":1},null,7,"x",[],{"bad":true},{"id":2}]')).toEqual([
			"read",
			"the message is not a JSON object",
			"the message is not a JSON object",
			"the message is not a JSON object",
			"the message is not a JSON object",
			"the message says that it is bad",
			"read",
		]);
	});

	it("keeps the identities of a message that fails, for their erasure", () => {
		expect(normalised('{"bad":true,"email":"a@b.test"}')).toMatchObject({
			value: [{ kind: "failed", identities: [{ kind: "email", value: "a@b.test" }] }],
		});
	});

	it("fails a message nested deeper than 64 levels, itself the first", () => {
		expect(failures(`[{"a":${nested(63)}},{"a":${nested(64)}},{"a":1}]`)).toEqual([
			"read",
			"the message is nested deeper than 64 levels",
			"read",
		]);
	});

	it("fails a message nested ten thousand levels deep, also where its numbers need care", () => {
		expect(failures(`[{"a":${nested(10_000)}},{"a":1}]`)).toEqual([
			"the message is nested deeper than 64 levels",
			"read",
		]);
		expect(failures(`[{"n":12345678901234567890,"a":${nested(100_000)}}]`)).toBe(
			"the JSON is nested too deeply to be read",
		);
	});

	it("fails a message larger than 512 KiB", () => {
		const exact = `{"a":"${"x".repeat(512 * 1024 - 8)}"}`;
		const large = `{"a":"${"ü".repeat(256 * 1024)}"}`;
		expect(failures(`[${exact},${large},{}]`)).toEqual([
			"read",
			"the message is larger than 524288 bytes",
			"read",
		]);
	});

	it("fails a message whose id is longer than 512 characters", () => {
		expect(failures(`[{"id":"${"x".repeat(512)}"},{"id":"${"x".repeat(513)}"}]`)).toEqual([
			"read",
			"the message's id is longer than 512 characters",
		]);
	});

	it("reads 4,000 messages and says that there were more", () => {
		const many = failures(`[${Array.from({ length: 4_002 }, () => "{}").join(",")}]`);
		expect(many).toHaveLength(4_001);
		expect(many.at(-2)).toBe("read");
		expect(many.at(-1)).toBe("the delivery has 4002 messages; those after the first 4000 were not read");
	});

	it("says why a whole delivery can not be read, without a part of it", () => {
		expect(failures("")).toBe("the text ends before the JSON does");
		expect(failures('{"email":"ada@example.test",')).toBe("the text ends before the JSON does");
		expect(failures('{"secret":nope}')).toBe("the text is not JSON");
		expect(normalised(new Uint8Array([0x22, 0xff, 0x22]))).toEqual({
			ok: false,
			failure: "the bytes are not UTF-8",
		});
	});

	it("takes a byte order mark, half letters, a prototype's name and doubled keys for what they are", () => {
		const read = normalised(
			'\uFEFF{"id":"\\ud800","__proto__":{"email":"eve@example.test"},"type":"a","type":"b"}',
		);
		expect(read).toMatchObject({
			ok: true,
			value: [{ kind: "message", message: { id: undefined, type: "b", identities: [] } }],
		});
		expect(Object.hasOwn({}, "email")).toBe(false);
	});
});
