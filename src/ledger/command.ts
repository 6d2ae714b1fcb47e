import { type ActionDefinition, namingAttributes } from "../catalog/definition.ts";
import { identityKindOf, type Program } from "../catalog/program.ts";
import { hexOf } from "../model/bytes.ts";
import type { Crypto } from "../model/crypto.ts";
import type { ClaimedIdentity, Command, PlannedEvent, Provenance } from "../model/event.ts";
import { type Identity, normaliseIdentity } from "../model/identity.ts";
import type { Json, JsonObject } from "../model/json.ts";
import type { Trust } from "../model/message.ts";
import { isMarked } from "../model/sensitive/sensitive.ts";

export interface CommandParts {
	/** Whose message ids they are: an endpoint's id, or a name that several endpoints share. */
	readonly scope: string;
	readonly messageId: string;
	readonly event: PlannedEvent;
	readonly program: Program;
	/** 32 bytes. */
	readonly hubKey: Uint8Array;
	readonly crypto: Crypto;
	readonly trust: Trust;
	/** Whether the caller is a connector: see `Command`. */
	readonly lenient: boolean;
	/** Whether something that must not be kept was taken out of the message. */
	readonly sensitive?: boolean;
	readonly provenance: Provenance;
	/** The namespace of the sender's order numbers. */
	readonly orders?: string;
}

/**
 * The command that records a planned event. Its keys are HMACs under the hub's key, so that none of them tells
 * what it is made of: the event key of scope, message, action and slot; an identity's of kind and value; a business
 * key of action, namespace and values. (A key that is the customer's own, `once: customer`, is made where the
 * customer is known: in their shard.)
 *
 * Whom the data names beside the customer is a hash in it, the claim key of their loyalty id: they may be erased, and the
 * event is another's, and for ever.
 *
 * An `opt_in` that names somebody, but by no loyalty id, gets a random one here: it is part of the plan, so a retry has
 * the same.
 */
export function commandOf(parts: CommandParts): Command {
	const { scope, messageId, event, program, crypto, orders } = parts;
	const hash = (fields: readonly Json[]): string =>
		crypto.hmacHex("sha256", parts.hubKey, JSON.stringify(fields)).slice(0, 32);
	const claimed = event.identities.flatMap((identity) => claimedIdentity(identity, program, hash));
	const nameless =
		event.action === "opt_in" && claimed.length > 0 && !claimed.some(({ kind }) => kind === "id");
	const made = nameless ? claimedIdentity({ kind: "id", value: uuid(crypto) }, program, hash) : [];

	const addresses = (event.addresses ?? [])
		.flatMap((identity) => claimedIdentity(identity, program, hash))
		.filter((address) => !claimed.some((one) => one.hash === address.hash))
		.map((address) => ({ ...address, customers: "many" as const }));

	const definition = program.actions.get(event.action);
	const hashOfId = (value: string) => claimedIdentity({ kind: "id", value }, program, hash)[0]?.hash;
	const business = Array.isArray(definition?.once) ? valuesOf(event.data, definition.once) : undefined;
	const continued =
		definition?.continues === undefined ? undefined : valuesOf(event.data, [definition.continues]);
	return {
		key: `${hash([scope, messageId, event.action, event.slot]).slice(0, 28)}0000`,
		action: event.action,
		identities: [...claimed, ...made, ...addresses],
		timestamp: event.timestamp,
		...(event.account === undefined ? {} : { account: event.account }),
		data: definition === undefined ? event.data : withoutNames(event.data, definition, hashOfId),
		once: business === undefined ? [] : [hash(["once", event.action, orders ?? "", ...business])],
		...(orders === undefined ? {} : { orders }),
		...(continued === undefined
			? {}
			: { transaction: hash(["once", "checkout", orders ?? "", ...continued]) }),
		...(event.guest === true ? { guest: true } : {}),
		trust: parts.trust,
		lenient: parts.lenient,
		...(parts.sensitive === true ? { sensitive: true } : {}),
		provenance: parts.provenance,
	};
}

function withoutNames(
	data: JsonObject,
	definition: ActionDefinition,
	hashOfId: (id: string) => string | undefined,
): JsonObject {
	const hashes = namingAttributes(definition).flatMap((name) => {
		const [text] = valuesOf(data, [name]) ?? [];
		const hash = text === undefined ? undefined : hashOfId(text);
		return hash === undefined ? [] : [[name, hash] as const];
	});
	return hashes.length === 0 ? data : { ...data, ...Object.fromEntries(hashes) };
}

type ClaimParts = Pick<CommandParts, "program" | "hubKey" | "crypto">;

/** An identity as the ledger claims it; undefined where nothing is left of its value. */
export function claimOf(
	identity: Identity,
	{ program, hubKey, crypto }: ClaimParts,
): ClaimedIdentity | undefined {
	const hash = (fields: readonly Json[]): string =>
		crypto.hmacHex("sha256", hubKey, JSON.stringify(fields)).slice(0, 32);
	return claimedIdentity(identity, program, hash)[0];
}

/** The claim key of an identity, 32 hex digits; undefined where nothing is left of its value. */
export const identityHash = (identity: Identity, parts: ClaimParts): string | undefined =>
	claimOf(identity, parts)?.hash;

function claimedIdentity(
	{ kind, value }: Identity,
	program: Program,
	hash: (fields: readonly Json[]) => string,
): readonly ClaimedIdentity[] {
	const how = identityKindOf(program, kind);
	const normalised = normaliseIdentity(how, value);
	if (normalised === "") return [];
	const { customers, public: isPublic } = how;
	return [
		{ kind, value: normalised, hash: hash(["identity", kind, normalised]), customers, public: isPublic },
	];
}

/**
 * The values of a business key as texts, such as the cast makes of them: what is claimed is what events will say. Undefined
 * where it has none or one of them is missing, or was removed.
 */
function valuesOf(data: JsonObject, names: readonly string[]): readonly string[] | undefined {
	const values = names.flatMap((name) => {
		const value = Object.hasOwn(data, name) ? data[name] : undefined;
		const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
		const text = isPlain ? String(value).trim() : "";
		return text === "" || isMarked(text) ? [] : [text];
	});
	return names.length === 0 || values.length < names.length ? undefined : values;
}

/** RFC 9562, version 4. */
function uuid(crypto: Crypto): string {
	const bytes = crypto.randomBytes(16);
	bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
	bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
	const hex = hexOf(bytes);
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
