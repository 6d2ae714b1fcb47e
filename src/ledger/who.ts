import type { ClaimedIdentity, Command } from "../model/event.ts";
import type { Holder } from "./shard.ts";

/** Whose event it is. */
export type Person =
	/** `ours`: an earlier attempt at this very event made the claims, so it may still have to make the customer. */
	| { readonly kind: "known"; readonly subject: string; readonly shard: number; readonly ours: boolean }
	/** An `opt_in` of somebody new. */
	| { readonly kind: "new" }
	| { readonly kind: "unknown" }
	/** Two identities belong to two customers. */
	| { readonly kind: "torn"; readonly kinds: readonly [string, string] }
	/** A profile of somebody unknown on a device that is known as another's. */
	| { readonly kind: "shared" };

/** The claims, without those of a subject who never became a customer. */
export interface Found {
	readonly key: Holder | null;
	/** By identity hash. */
	readonly identities: ReadonlyMap<string, Holder>;
}

/**
 * The first claim on the event key decides; else the identities do.
 *
 * Identities that only one customer can have must agree, and the first that is known decides. A shared one, such as
 * a device's, decides where nothing else is known; yet what is said of a person by name, an `opt_in` or a `profile`,
 * is not put on whoever used the device before.
 */
export function whoIs({ key, action, identities }: Command, found: Found): Person {
	if (found.key !== null) return known(found.key, key);

	const sole = identities.filter(({ customers }) => customers === "one");
	const [first, ...others] = held(sole, found);
	if (first !== undefined) {
		const other = others.find(({ by }) => by.subject !== first.by.subject);
		return other === undefined
			? known(first.by, key)
			: { kind: "torn", kinds: [first.identity.kind, other.identity.kind] };
	}

	const [device] = held(
		identities.filter(({ customers }) => customers === "many"),
		found,
	);
	if (device !== undefined && (sole.length === 0 || device.by.key === key)) return known(device.by, key);
	if (action === "opt_in" && sole.some(({ kind }) => kind === "id")) return { kind: "new" };
	if (device === undefined) return { kind: "unknown" };
	return action === "profile" ? { kind: "shared" } : known(device.by, key);
}

const known = ({ subject, shard, key }: Holder, own: string): Person => ({
	kind: "known",
	subject,
	shard,
	ours: key === own,
});

const held = (identities: readonly ClaimedIdentity[], { identities: holders }: Found) =>
	identities.flatMap((identity) => {
		const by = holders.get(identity.hash);
		return by === undefined ? [] : [{ identity, by }];
	});
