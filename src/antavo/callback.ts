import { textOf } from "../kit/values.ts";
import type { Client } from "../model/configuration.ts";
import { isObject, own, type ValueObject } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import { bad, good, type Result } from "../model/result.ts";
import { type ApiError, apiError } from "./envelope.ts";

const name = "callback_url";

/**
 * Where the result of a call is to be posted; undefined where nowhere. Antavo documents it beside the event and within its
 * data. It has to be on one of the client's trusted sites: the hub posts to no address that only a caller names.
 */
export function callbackIn(
	body: ValueObject,
	client: Client | undefined,
): Result<string | undefined, ApiError> {
	const data = own(body, "data");
	const given = [own(body, name), isObject(data) ? own(data, name) : undefined].filter(
		(value) => value !== undefined && value !== null && value !== "",
	);
	const [first, second = first] = given;
	if (first === undefined) return good(undefined);
	if (second !== first)
		return bad(apiError(400, "The callback_url beside the data is another than that in it"));
	const url = textOf(first) ?? "";
	const site = url.length > limits.urlCharactersMax ? null : siteOf(url);
	if (site === null) return bad(wrongUrl);
	return isTrusted(url, client) ? good(url) : bad(untrusted(site));
}

/** The event alone. */
export function withoutCallback(body: ValueObject): ValueObject {
	const { [name]: _beside, ...event } = body;
	const data = own(body, "data");
	if (!isObject(data)) return event;
	const { [name]: _within, ...attributes } = data;
	return { ...event, data: attributes };
}

/** Whether results of the client's calls may be posted there. */
export const isTrusted = (url: string, client: Client | undefined): boolean =>
	client?.callbacks.includes(siteOf(url) ?? "") === true;

/** The origin of an address to post to; null where it is none. */
export function siteOf(text: string): string | null {
	const url = URL.parse(text);
	const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
	// A password would be sent to nobody: `fetch` refuses such an address.
	return isWeb && url?.username === "" && url.password === "" ? url.origin : null;
}

const wrongUrl = apiError(
	400,
	"Property 'callback_url' must be an address such as https://shop.example.com/results, without a user name, of at most " +
		`${limits.urlCharactersMax} characters`,
);

const untrusted = (site: string): ApiError =>
	apiError(
		400,
		`Results of this client are not posted to ${site}: whoever runs the hub names a client's sites when making it, ` +
			`\`client create --callback ${site}\``,
	);
