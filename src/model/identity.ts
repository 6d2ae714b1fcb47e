import { isMarked } from "./sensitive/sensitive.ts";

/** One name a person goes by in some system: `{ kind: "email", value: "ada@example.test" }`. */
export interface Identity {
	/** As declared in `program/identities.yaml`; a connector's own are qualified: `salesforce.contact`. */
	readonly kind: string;
	readonly value: string;
}

/** How identities of one kind are treated: `program/identities.yaml`. */
export interface IdentityKind {
	readonly kind: string;
	/** `exact` trims; `email` trims and lowers; `phone` keeps digits and a leading `+`. */
	readonly normalise: "exact" | "email" | "phone";
	/** `one`: two customers can not both have it; `many`: a shared one (a device's) stays with whoever had it first. */
	readonly customers: "one" | "many";
	/** What a public sender may do with it: `claim` ties it to a customer, `name` finds a customer, `never` is not looked at. */
	readonly public: "claim" | "name" | "never";
}

/**
 * The canonical text of an identity's value; empty where nothing is left of it. Nothing is left of a text with half
 * of a surrogate pair: written as UTF-8, two such texts would become the same. So would two from which something was
 * removed.
 */
export function normaliseIdentity(kind: IdentityKind, value: string): string {
	if (!value.isWellFormed() || isMarked(value)) return "";
	const trimmed = value.trim();
	switch (kind.normalise) {
		case "exact":
			return trimmed;
		case "email":
			return trimmed.toLowerCase();
		case "phone": {
			const digits = trimmed.replace(/[^0-9]/g, "");
			// A form's plus that nobody wrote a number after would be the number of all of them.
			return digits !== "" && trimmed.startsWith("+") ? `+${digits}` : digits;
		}
	}
}
