import { ExactNumber, isList, isObject, type Value } from "../../model/json.ts";
import type { AttributeShape } from "../context.ts";
import { decimalOf, isInteger } from "../values/decimal.ts";
import { instantOf } from "../values/instant.ts";

const emailLike = /^[^\s@]{1,64}@[^\s@]{1,190}\.[^\s@.]{2,24}$/;
const phoneLike = /^\+?[0-9][0-9 ()./-]{4,20}[0-9]$/;
const urlLike = /^(https?:\/\/|\/|www\.)\S*$/i;

/** What a value of a concept looks like, where it looks like anything; for texts only. */
const looks: Readonly<Record<string, (text: string) => boolean>> = {
	email: (text) => emailLike.test(text),
	phone: (text) => phoneLike.test(text),
	mobile: (text) => phoneLike.test(text),
	url: (text) => urlLike.test(text),
	referrer: (text) => urlLike.test(text) || text === "",
	currency: (text) => /^[A-Za-z]{3}$/.test(text),
	country: (text) => /^\p{L}[\p{L} .'()-]{1,60}$/u.test(text),
	language: (text) => /^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$|^\p{L}{4,20}$/u.test(text),
};

/** Whether the values look as those of the concept do; undefined where these have no look, or there is no value. */
export function looksLike(concept: string, values: readonly Value[]): boolean | undefined {
	const look = looks[concept];
	const texts = values.filter((value) => typeof value === "string");
	if (look === undefined || texts.length === 0) return undefined;
	return texts.every(look);
}

/** What nobody would take for anything else, whatever the field is called. */
export const unmistakable: Readonly<Record<string, (text: string) => boolean>> = {
	email: (text) => emailLike.test(text),
	phone: (text) => /^\+[1-9][0-9]{7,14}$/.test(text),
};

/** What is to be done to a value for it to be of a type. */
export type Cast = "none" | "text" | "number" | "integer" | "boolean" | "unix" | "unixMs";

/** The cast that makes all the values fit the type; undefined where there is none. Nulls fit everything. */
export function castFor(type: AttributeShape["type"], values: readonly Value[]): Cast | undefined {
	const casts = new Set(values.filter((value) => value !== null).map((value) => castOf(type, value)));
	if (casts.has(undefined)) return undefined;
	// What is cast to a number or a text may be one already; what is counted from 1970 is no text of ISO 8601.
	if (type !== "date") casts.delete("none");
	const [cast = "none", other] = casts;
	return other === undefined ? cast : undefined;
}

function castOf(type: AttributeShape["type"], value: Value): Cast | undefined {
	switch (type) {
		case "any":
			return "none";
		case "list":
			return isList(value) ? "none" : undefined;
		case "object":
			return isObject(value) ? "none" : undefined;
		case "text":
			if (isList(value) || isObject(value)) return undefined;
			return typeof value === "string" ? "none" : "text";
		case "boolean":
			if (typeof value === "boolean") return "none";
			return value === "true" || value === "false" ? "boolean" : undefined;
		case "number":
		case "integer":
			return numberCast(type, value);
		case "date":
			return dateCast(value);
	}
}

function numberCast(type: "number" | "integer", value: Value): Cast | undefined {
	const number = decimalOf(value);
	if (typeof number === "string" || (type === "integer" && !isInteger(number))) return undefined;
	return typeof value === "string" ? type : "none";
}

/** Seconds and milliseconds from 2001 to 2100; what is outside is an amount or an id. */
const unixRange = { from: 1_000_000_000, to: 4_102_444_800 } as const;

function dateCast(value: Value): Cast | undefined {
	if (typeof value === "string" && instantOf(value) !== undefined) return "none";
	const number = decimalOf(value);
	if (typeof number === "string" || number instanceof ExactNumber) return undefined;
	if (number >= unixRange.from && number <= unixRange.to) return "unix";
	return number >= unixRange.from * 1_000 && number <= unixRange.to * 1_000 ? "unixMs" : undefined;
}
