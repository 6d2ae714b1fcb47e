import { parse } from "qs";
import {
	isDeeperThan,
	isList,
	isObject,
	own,
	readJson,
	type Value,
	type ValueObject,
} from "../model/json.ts";
import { limits } from "../model/limits.ts";
import { bad, good, type Result } from "../model/result.ts";
import { type ApiError, apiError } from "./envelope.ts";
import { antavoLimits } from "./limits.ts";

/**
 * The body of a call: a JSON object, or a form whose names nest in brackets, as PHP writes and reads them. An empty
 * body, and PHP's empty array, are an object without properties.
 */
export function parseBody(bytes: Uint8Array, contentType: string | null): Result<ValueObject, ApiError> {
	const mediaType = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase();
	const parsed = mediaType === "application/x-www-form-urlencoded" ? parseForm(bytes) : parseJsonBody(bytes);
	if (!parsed.ok) return parsed;
	const body = objectOf(parsed.value);
	if (body === undefined) return bad(apiError(400, "The body must be an object"));
	if (isDeeperThan(body, limits.depthMax)) return bad(apiError(400, "The body is nested too deeply"));
	return good(body);
}

/** An object, or PHP's word for an empty one. */
export function objectOf(value: Value | undefined): ValueObject | undefined {
	if (isList(value)) return value.length === 0 ? {} : undefined;
	return isObject(value) ? value : undefined;
}

function parseJsonBody(bytes: Uint8Array): Result<Value, ApiError> {
	if (bytes.length === 0) return good({});
	const json = readJson(bytes);
	return json.ok ? json : bad(apiError(400, `The body is not JSON: ${json.failure.reason}`));
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

function parseForm(bytes: Uint8Array): Result<Value, ApiError> {
	let text: string;
	try {
		text = utf8.decode(bytes);
		// qs leaves what it can not decode as it is.
		decodeURIComponent(text.replaceAll("+", " "));
	} catch {
		return bad(apiError(400, "The form is not UTF-8"));
	}
	try {
		const form = parse(text, {
			depth: antavoLimits.formDepthMax,
			strictDepth: true,
			parameterLimit: antavoLimits.formParametersMax,
			arrayLimit: antavoLimits.formListMax,
			throwOnLimitExceeded: true,
			// As in PHP, the last of two equal names counts. Objects without a prototype have no names of its own.
			duplicates: "last",
			plainObjects: true,
		});
		return good(plain(form as Value));
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		return bad(apiError(400, "The form has too many fields, lists that are too long, or nests too deeply"));
	}
}

/** With ordinary objects, which every host can send to a cell. */
function plain(value: Value): Value {
	if (isList(value)) return value.map(plain);
	if (!isObject(value)) return value;
	return Object.fromEntries(Object.keys(value).map((name) => [name, plain(own(value, name) ?? null)]));
}
