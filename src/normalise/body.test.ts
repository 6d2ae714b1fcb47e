import { describe, expect, it } from "vitest";
import type { BodyFormat } from "../model/format.ts";
import { ExactNumber } from "../model/json.ts";
import { readBodyOf } from "./body.ts";

const read = (body: string, type: string | undefined, ...formats: readonly [BodyFormat, ...BodyFormat[]]) =>
	readBodyOf(
		{
			method: "POST",
			path: "",
			query: "",
			headers: type === undefined ? {} : { "content-type": type },
			body: new TextEncoder().encode(body),
			receivedAt: 0,
		},
		formats,
	);
const form = "application/x-www-form-urlencoded; charset=utf-8";

describe("a body", () => {
	it("is JSON whatever it is called, with or without a byte order mark, and keeps all digits", () => {
		for (const type of ["application/json", "text/plain", "application/cloudevents+json", undefined, form])
			expect(read('\uFEFF{"id":820982911946154508}\r\n', type, "json")).toEqual({
				ok: true,
				value: { id: new ExactNumber("820982911946154508") },
			});
	});

	it("is a form where its connector says so", () => {
		expect(read("data[email]=a%40b.test", undefined, "form")).toEqual({
			ok: true,
			value: { data: { email: "a@b.test" } },
		});
	});

	it("is what its media type says where its connector takes several, else the first of them", () => {
		expect(read("a=1", form, "json", "form")).toEqual({ ok: true, value: { a: "1" } });
		expect(read('{"a":1}', "text/plain", "json", "form")).toEqual({ ok: true, value: { a: 1 } });
		expect(read('{"a":1}', "text/xml", "json", "form")).toEqual({ ok: true, value: { a: 1 } });
	});

	it("is XML where its media type says so, or where it has none and begins as XML", () => {
		const value = { ok: true, value: { a: { b: "007" } } };
		for (const type of ["text/xml; charset=utf-8", "application/xml", "application/soap+xml", undefined])
			expect(read('\uFEFF<?xml version="1.0"?>\r\n<x:a><b>007</b></x:a>', type, "json", "xml")).toEqual(
				value,
			);
		expect(read('{"a":1}', "text/xml", "json", "xml")).toEqual({ ok: true, value: { a: 1 } });
		expect(read("<a/>", "application/json", "json", "xml").ok).toBe(false);
	});

	it("is a value a line where its media type or its connector says so, and keeps all digits", () => {
		const value = { ok: true, value: [{ id: new ExactNumber("820982911946154508") }, { b: "é" }] };
		const lines = '\uFEFF{"id":820982911946154508}\r\n \n{"b":"é"}\n';
		for (const type of ["application/x-ndjson", "application/ndjson; charset=utf-8", "application/jsonl"])
			expect(read(lines, type, "json", "ndjson")).toEqual(value);
		expect(read(lines.trimEnd(), "text/plain", "ndjson")).toEqual(value);
		expect(read("", undefined, "ndjson")).toEqual({ ok: true, value: [] });
		expect(read('{"a":1}\n\n{"b":', undefined, "ndjson")).toEqual({
			ok: false,
			failure: "in line 3 the text ends before the JSON does",
		});
		expect(read(lines, "application/x-ndjson", "json").ok).toBe(false);
	});

	it("is not read where its connector looks at the bytes", () => {
		expect(read("hello", "text/plain", "bytes")).toEqual({ ok: true, value: null });
	});
});
