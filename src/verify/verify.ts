import type { Delivery, SecretPlaces } from "../model/message.ts";
import { isWithin, type Network, networkOf } from "../model/networks.ts";
import { invariant, unreachable } from "../model/result.ts";
import { oauth1Check } from "./oauth1.ts";
import { type Arrival, arrivalOf, openPlace, parsePlace, type Wire } from "./place.ts";
import type { Addresses, AllOf, FirstOf, Named, Scheme, Secrets, Verification, Verified } from "./scheme.ts";
import {
	type Check,
	hashCheck,
	hmacCheck,
	keyProblem,
	type Proof,
	publicKeyCheck,
	refusal,
	type VerifyCrypto,
} from "./signature.ts";
import { tokenCheck } from "./token.ts";

/** A sender signs with one key, and with the next beside it. */
const keysMax = 2;

/** Decides whether a delivery is its sender's. */
export type Verifier = (delivery: Delivery, wire: Wire) => Verified;

/**
 * A verifier for one endpoint. Every scheme with a secret must hold; the strongest proof counts, so that a header
 * token beside a signature of the first element vouches for the whole array.
 */
export function openVerifier(verification: Verification, secrets: Secrets, crypto: VerifyCrypto): Verifier {
	const opened = verification.schemes.flatMap((scheme) => {
		const check = checkOf(scheme, secrets, crypto);
		return check === undefined ? [] : [{ check, proves: proves(scheme) }];
	});
	const signed = opened.some((one) => one.proves);
	if (!signed && verification.unsigned === "refuse") {
		const refused: Verified = {
			ok: false,
			cause: "secret-missing",
			reason: whyUnverified(verification, secrets),
		};
		return () => refused;
	}
	const check = allHold(opened.map((one) => one.check));
	const takesAll = !signed || verification.partly === "all";
	return (delivery, wire) => {
		const over = verification.bytes === "inflated" ? { ...wire, received: delivery.body } : wire;
		const proof = check(arrivalOf(delivery, over));
		if (typeof proof === "object") return { ok: false, ...proof };
		return { ok: true, proved: takesAll ? "all" : proof, signed };
	};
}

/** Whether any delivery could ever be verified: an endpoint for which this is false is not to be made. */
export const canVerify = (verification: Verification, secrets: Secrets, crypto: VerifyCrypto): boolean =>
	verification.unsigned === "accept" ||
	verification.published !== undefined ||
	verification.schemes.some((scheme) => proves(scheme) && checkOf(scheme, secrets, crypto) !== undefined);

/** Keys that a sender publishes, for one endpoint. */
export interface OpenPublishedKeys {
	/** The URLs of those that a delivery names. */
	urlsIn(arrival: Arrival): readonly string[];
	/** A verifier that takes these for the sender's keys, beside those that are set. */
	verifierWith(keys: readonly string[]): Verifier;
}

/** Undefined where the sender publishes none. */
export function openPublishedKeys(
	verification: Verification,
	secrets: Secrets,
	crypto: VerifyCrypto,
): OpenPublishedKeys | undefined {
	if (verification.published === undefined) return undefined;
	const { secret, origin, paths, path } = verification.published;
	const reads = paths.map(openPlace);
	/** A sender has the same keys for months: what they make is kept until there are others. */
	let kept: { readonly text: string; readonly verify: Verifier } | undefined;
	return {
		urlsIn: (arrival) => {
			const named = reads.flatMap((read) => read(arrival)).filter((text) => path.test(text));
			return [...new Set(named)].slice(0, keysMax).map((text) => origin + text);
		},
		verifierWith: (keys) => {
			const text = keys.join("\n");
			if (kept?.text !== text) {
				const known = { ...secrets, [secret]: [...(secrets[secret] ?? []), ...keys] };
				kept = { text, verify: openVerifier(verification, known, crypto) };
			}
			return kept.verify;
		},
	};
}

/** What is wrong with the texts of an endpoint's secrets, one sentence each; never any part of them. */
export function secretProblems(
	verification: Verification,
	secrets: Secrets,
	crypto: VerifyCrypto,
): readonly string[] {
	const problems = leavesOf(verification.schemes).flatMap((scheme) =>
		!usesSecret(scheme)
			? []
			: secretsNamed(scheme.secret, secrets).flatMap((secret) => {
					const problem = secretProblem(scheme, secret, crypto);
					return problem === undefined ? [] : [`the secret "${scheme.secret}" ${problem}`];
				}),
	);
	return [...new Set(problems)];
}

/** Whether there is a secret that a scheme goes by: an address and a name have none, and a hash need not. */
export const usesSecret = (scheme: Leaf): scheme is Leaf & { readonly secret: string } =>
	"secret" in scheme && scheme.secret !== undefined;

function secretProblem(scheme: Leaf, secret: string, crypto: VerifyCrypto): string | undefined {
	switch (scheme.kind) {
		case "hmac":
		case "hash":
		case "rsa":
		case "ecdsa-der":
		case "ecdsa-p1363":
		case "ed25519":
			return keyProblem(scheme, secret, crypto);
		case "basic":
			return secret.includes(":") ? undefined : "is a user and a password with a colon between them";
		default:
			return undefined;
	}
}

export type Leaf = Exclude<Scheme, AllOf | FirstOf>;

/** The schemes themselves, those inside others among them. */
export const leavesOf = (schemes: readonly Scheme[]): readonly Leaf[] =>
	schemes.flatMap((scheme) =>
		scheme.kind === "allOf" || scheme.kind === "firstOf" ? leavesOf(scheme.schemes) : [scheme],
	);

/**
 * Where a sender shows a secret as it is: these are never stored. Header names are in lower case. `Authorization` is not among
 * them, because nobody's is stored.
 */
export function secretPlacesOf({ schemes, unasked = [] }: Verification): SecretPlaces {
	const headers = new Set<string>();
	const parameters = new Set<string>();
	const fields: (readonly string[])[] = [];
	const tokens = leavesOf(schemes).flatMap((scheme) => (scheme.kind === "token" ? [scheme.from] : []));
	for (const text of [...tokens, ...unasked]) {
		const place = parsePlace(text);
		invariant(place.ok, `a place in a request: ${text}`);
		if (place.value.kind === "header") headers.add(place.value.name);
		else if (place.value.kind === "query") parameters.add(place.value.name);
		else fields.push(place.value.path);
	}
	return { headers, parameters, fields };
}

/** Whether a scheme tells the sender from a stranger: an address does not, nor a name, nor a hash that anybody can make. */
function proves(scheme: Scheme): boolean {
	switch (scheme.kind) {
		case "addresses":
		case "named":
			return false;
		case "hash":
			return scheme.secret !== undefined;
		case "allOf":
			return scheme.schemes.some(proves);
		case "firstOf":
			return scheme.schemes.every(proves);
		default:
			return true;
	}
}

/** Why an endpoint can verify nothing: which of the secrets that its schemes ask for it does not have. */
export function whyUnverified({ schemes }: Verification, secrets: Secrets): string {
	const wanted = schemes.map((scheme) => wantedBy(scheme, secrets));
	const names = listed(wanted, " or ");
	return names === ""
		? "the endpoint has nothing to verify by"
		: `the endpoint has no secret ${names} to verify with`;
}

/** `"a" or "b"` where one is enough, without those that are set. */
function wantedBy(scheme: Scheme, secrets: Secrets): string {
	if (scheme.kind === "allOf" || scheme.kind === "firstOf") {
		const wanted = scheme.schemes.map((one) => wantedBy(one, secrets));
		return listed(wanted, scheme.kind === "allOf" ? " and " : " or ");
	}
	if (!usesSecret(scheme)) return "";
	const names = scheme.kind === "oauth1" ? [scheme.consumerKey, scheme.secret] : [scheme.secret];
	const unset = names.filter((name) => secretsNamed(name, secrets).length === 0);
	return listed(
		unset.map((name) => `"${name}"`),
		" and ",
	);
}

/** Each once; what wants nothing is left out. */
const listed = (texts: readonly string[], between: string): string =>
	[...new Set(texts)].filter((text) => text !== "").join(between);

/** An empty secret is none: everybody can sign with it. */
export const secretsNamed = (name: string, secrets: Secrets): readonly string[] =>
	(Object.hasOwn(secrets, name) ? (secrets[name] ?? []) : []).filter((secret) => secret !== "");

/** The secrets that a scheme can be asked by, the newest first; a hash without a secret is asked whatever secrets there are. */
export const usableSecrets = (
	scheme: Exclude<Leaf, Addresses | Named>,
	secrets: Secrets,
	crypto: VerifyCrypto,
): readonly string[] =>
	scheme.secret === undefined
		? [""]
		: secretsNamed(scheme.secret, secrets).filter(
				(secret) => secretProblem(scheme, secret, crypto) === undefined,
			);

/** A scheme bound to its secrets; undefined where none of them can be used. */
function checkOf(scheme: Scheme, secrets: Secrets, crypto: VerifyCrypto): Check | undefined {
	if (scheme.kind === "allOf") {
		const checks = scheme.schemes.map((one) => checkOf(one, secrets, crypto));
		const usable = checks.flatMap((check) => check ?? []);
		return usable.length < checks.length ? undefined : allHold(usable);
	}
	if (scheme.kind === "firstOf") {
		const checks = scheme.schemes.flatMap((one) => checkOf(one, secrets, crypto) ?? []);
		return checks.length === 0 ? undefined : firstShown(checks);
	}
	if (scheme.kind === "addresses") return scheme.networks.length === 0 ? undefined : addressCheck(scheme);
	if (scheme.kind === "named") return scheme.names.length === 0 ? undefined : nameCheck(scheme);
	const usable = usableSecrets(scheme, secrets, crypto);
	if (usable.length === 0) return undefined;
	switch (scheme.kind) {
		case "hmac":
			return hmacCheck(scheme, usable, crypto);
		case "hash":
			return hashCheck(scheme, usable, crypto);
		case "rsa":
		case "ecdsa-der":
		case "ecdsa-p1363":
		case "ed25519":
			return publicKeyCheck(scheme, usable, crypto);
		case "token":
		case "bearer":
		case "basic":
			return tokenCheck(scheme, usable, crypto);
		case "oauth1": {
			const consumerKeys = secretsNamed(scheme.consumerKey, secrets);
			return consumerKeys.length === 0 ? undefined : oauth1Check(scheme, usable, { consumerKeys, crypto });
		}
		default:
			return unreachable(scheme);
	}
}

/** The strongest proof, or the first refusal. Without any check nothing is asked, and only part of a batch may be taken. */
function allHold(checks: readonly Check[]): Check {
	const [only] = checks;
	if (only !== undefined && checks.length === 1) return only;
	return (arrival) => {
		let proved: Proof = "first";
		for (const check of checks) {
			const proof = check(arrival);
			if (typeof proof === "object") return proof;
			if (proof === "all") proved = "all";
		}
		return proved;
	};
}

/** The first check that finds anything shown for it; where none does, what the first misses. */
const firstShown =
	(checks: readonly Check[]): Check =>
	(arrival) => {
		let first: Proof | undefined;
		for (const check of checks) {
			const proof = check(arrival);
			if (typeof proof !== "object" || !isMissing(proof.cause)) return proof;
			first ??= proof;
		}
		invariant(first !== undefined, "there is a scheme to choose from");
		return first;
	};

const isMissing = (cause: string): boolean => cause.endsWith("-missing");

function addressCheck({ networks }: Addresses): Check {
	const known = networks.map((text): Network => {
		const network = networkOf(text);
		invariant(network.ok, `a network that a sender calls from: ${text}`);
		return network.value;
	});
	return ({ delivery: { ip } }: Arrival): Proof => {
		if (ip !== undefined && isWithin(known, ip)) return "first";
		const from =
			ip === undefined ? "the sender's address is not known here" : `the sender's address is ${ip}`;
		return refusal("address-wrong", `${from}, which is none of ${networks.join(", ")}`);
	};
}

function nameCheck({ from, names, characters }: Named): Check {
	const read = openPlace(from);
	const known = new Set(names.map((name) => name.slice(0, characters)));
	const place = from.slice(from.indexOf(":") + 1);
	return (arrival): Proof => {
		const shown = read(arrival);
		if (shown.length === 0) return refusal("name-missing", `${place} is missing`);
		if (shown.some((name) => known.has(name.slice(0, characters)))) return "first";
		return refusal("name-wrong", `${place} is not ${names.join(" or ")}`);
	};
}
