import { readForm } from "../model/form.ts";
import { isDeeperThan, isList, isObject, readJson, type Value, type ValueObject } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import { bad, good, type Result } from "../model/result.ts";
import { type ApiError, apiError } from "./envelope.ts";

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

function parseForm(bytes: Uint8Array): Result<Value, ApiError> {
	if (!isUtf8(bytes)) return bad(apiError(400, "The form is not UTF-8"));
	const form = readForm(bytes);
	return form.ok ? form : bad(apiError(400, `The form can not be read: ${form.failure}`));
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** Whether all of a form is UTF-8, what is escaped in it too. A percent sign that escapes nothing is itself, as in PHP. */
function isUtf8(bytes: Uint8Array): boolean {
	try {
		const text = utf8.decode(bytes);
		for (const [escapes] of text.matchAll(/(?:%[0-9a-fA-F]{2})+/g)) decodeURIComponent(escapes);
		return true;
	} catch {
		return false;
	}
}
