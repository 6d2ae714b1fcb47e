import { bad, good, type Result } from "../model/result.ts";
import { headerOf, type QueryPair, queryPairs, type SentRequest } from "./canonical.ts";
import { requestTime } from "./date.ts";

/** How one vendor configures Escher, the request signing that Antavo took from Emarsys. */
export interface EscherProfile {
	/** In the names of a signed URL's parameters: `X-Antavo-Signature`. */
	readonly vendor: string;
	/** Of the algorithm's name, and what the secret is prefixed with: `ANTAVO-HMAC-SHA256`. */
	readonly prefix: string;
	/** The headers that carry the signature and its time, in lower case. */
	readonly authorization: string;
	readonly date: string;
	/** What a credential may be for: `<environment>/api/antavo_request`. */
	readonly scopes: readonly string[];
}

/** Why a signature does not count. */
export interface EscherFailure {
	readonly cause: "malformed" | "unsigned-header" | "date" | "scope" | "key" | "signature";
	/** For the operator: Escher's own words where it has some, and the numbers. */
	readonly message: string;
	/** The access key that the signature names, where that is one that there is. */
	readonly key: string | null;
}

export const refused = (cause: EscherFailure["cause"], message: string, key: string | null = null) =>
	bad({ cause, message, key });

/** What a request says of its own signature, and what of itself that covers. */
export interface Claim {
	/** `ANTAVO-HMAC-SHA256` */
	readonly algorithmName: string;
	readonly algorithm: "sha256" | "sha512";
	readonly key: string;
	/** As in the credential: `20181207`. */
	readonly day: string;
	readonly scope: string;
	/** In lower case. */
	readonly signedHeaders: ReadonlySet<string>;
	/** Lower-case hex. */
	readonly signature: string;
	/** Unix milliseconds. */
	readonly at: number;
	/** How long after that it counts; 0 where one request is signed, which is sent at once. */
	readonly validMs: number;
	/** Whether the URL is signed, and not the body. */
	readonly presigned: boolean;
	readonly method: string;
	readonly path: string;
	readonly query: readonly QueryPair[];
	readonly body: Uint8Array | string;
}

/** A signed URL works for a week at most, as those of S3 do, from which Escher has the idea. */
const expiresSecondsMax = 7 * 24 * 60 * 60;

const hashes: ReadonlyMap<string, Claim["algorithm"]> = new Map([
	["SHA256", "sha256"],
	["SHA512", "sha512"],
]);

/** Null where the request carries no signature: no header for one, and no parameter of a signed URL. */
export function claimOf(profile: EscherProfile, request: SentRequest): Result<Claim | null, EscherFailure> {
	const mark = request.target.indexOf("?");
	const path = mark === -1 ? request.target : request.target.slice(0, mark);
	const query = queryPairs(mark === -1 ? "" : request.target.slice(mark + 1));
	const header = request.headers.find(([name]) => name.toLowerCase() === profile.authorization);
	if (header !== undefined) {
		const claim = headerClaim(profile, request, header[1].trim());
		return claim.ok ? good({ ...claim.value, path, query }) : claim;
	}
	const parameters = new Map(query);
	const signature = parameters.get(`X-${profile.vendor}-Signature`);
	if (signature === undefined) return good(null);
	const claim = urlClaim(profile, request, (name) => parameters.get(`X-${profile.vendor}-${name}`) ?? "");
	if (!claim.ok) return claim;
	const signed = query.filter(([name]) => name !== `X-${profile.vendor}-Signature`);
	return good({ ...claim.value, signature, path, query: signed });
}

/** `ANTAVO-HMAC-SHA256 Credential=<key>/<day>/<scope>, SignedHeaders=date;host, Signature=<hex>` */
function headerClaim(
	profile: EscherProfile,
	{ method, headers, body }: SentRequest,
	authorization: string,
): Result<Omit<Claim, "path" | "query">, EscherFailure> {
	const [, algorithm = "", credential = "", signedHeaders = "", signature = ""] =
		/^(\S+)\s+Credential=([^,]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]+)$/.exec(authorization) ??
		[];
	if (signature === "") return refused("malformed", "Could not parse auth header");
	const date = headerOf(headers, profile.date);
	if (date === undefined) return refused("malformed", `The ${profile.date} header is missing`);
	const at = requestTime(date);
	if (at === undefined)
		return refused("malformed", `The ${profile.date} header is no date that Escher knows`);
	const claimed = credentialClaim(profile, { algorithm, credential, signedHeaders });
	if (!claimed.ok) return claimed;
	return good({ ...claimed.value, signature, at, validMs: 0, presigned: false, method, body });
}

/** The same as parameters of the URL, which then works for whoever has it until it expires. */
function urlClaim(
	profile: EscherProfile,
	{ method }: SentRequest,
	parameter: (name: string) => string,
): Result<Omit<Claim, "path" | "query" | "signature">, EscherFailure> {
	if (method !== "GET" && method !== "HEAD")
		return refused("malformed", "A signed URL is for GET and HEAD: it does not sign the body");
	const at = requestTime(parameter("Date"));
	if (at === undefined) return refused("malformed", `X-${profile.vendor}-Date is no date that Escher knows`);
	const expires = parameter("Expires");
	const seconds = /^[0-9]{1,6}$/.test(expires) ? Number(expires) : 0;
	if (seconds < 1 || seconds > expiresSecondsMax) {
		const most = `from 1 to ${expiresSecondsMax} seconds`;
		return refused("malformed", `X-${profile.vendor}-Expires is not ${most}`);
	}
	const claimed = credentialClaim(profile, {
		algorithm: parameter("Algorithm"),
		credential: parameter("Credentials"),
		signedHeaders: parameter("SignedHeaders"),
	});
	if (!claimed.ok) return claimed;
	// Who signs a URL can not know that it will be asked for its head only.
	const signed = { method: "GET", body: "UNSIGNED-PAYLOAD" };
	return good({ ...claimed.value, ...signed, at, validMs: seconds * 1000, presigned: true });
}

function credentialClaim(
	{ prefix }: EscherProfile,
	said: { readonly algorithm: string; readonly credential: string; readonly signedHeaders: string },
): Result<
	Pick<Claim, "algorithmName" | "algorithm" | "key" | "day" | "scope" | "signedHeaders">,
	EscherFailure
> {
	if (!said.algorithm.startsWith(`${prefix}-HMAC-`))
		return refused(
			"malformed",
			`Could not parse auth header: the algorithm is not \`${prefix}-HMAC-SHA256\``,
		);
	const algorithm = hashes.get(said.algorithm.slice(`${prefix}-HMAC-`.length));
	if (algorithm === undefined)
		return refused("malformed", "Only SHA256 and SHA512 hash algorithms are allowed");
	const [, key, day, scope] = /^([A-Za-z0-9_-]+)\/([0-9]{8})\/(.+)$/.exec(said.credential) ?? [];
	if (key === undefined || day === undefined || scope === undefined)
		return refused("malformed", "Could not parse auth header: the credential is not `<key>/<day>/<scope>`");
	const signedHeaders = new Set(said.signedHeaders.toLowerCase().split(";"));
	return good({ algorithmName: said.algorithm, algorithm, key, day, scope, signedHeaders });
}
