/** What became of a message that has no event of its own; `pending` and `waiting` move by themselves. */
export type MessageState =
	| "pending"
	| "waiting"
	| "unmatched"
	| "ignored"
	| "control"
	| "suppressed"
	| "held"
	/** Every planned event has its outcome. */
	| "done"
	/** The message itself could not be read: not JSON, too deep, too large. */
	| "failed";

/** What became of one planned event. */
export type EventOutcome =
	| { readonly kind: "appended"; readonly event: string; readonly points: number; readonly customer: string }
	| { readonly kind: "duplicate"; readonly event: string | null; readonly customer: string | null }
	/** `code` is Antavo's, where it has one: 5003 for a transaction id that is used already. */
	| {
			readonly kind: "conflict";
			readonly event: string | null;
			readonly reason: string;
			readonly code?: number;
	  }
	| { readonly kind: "skipped"; readonly reason: string }
	| { readonly kind: "not_a_member"; readonly reason: string }
	/** Of somebody who was erased: nothing of it is kept. */
	| { readonly kind: "suppressed"; readonly reason: string }
	/** The ledger's rules; `code` is Antavo's, 0 where it has none. */
	| {
			readonly kind: "refused";
			readonly code: number;
			readonly reason: string;
			/** Set where only the checkout of its transaction is missing, which may come later. */
			readonly waitsFor?: "checkout";
	  }
	/** A mapping or a definition failed. */
	| { readonly kind: "failed"; readonly reason: string; readonly at?: Place };

/** Where in a mapping something failed, and on which path of the message. */
export interface Place {
	readonly file: string;
	readonly line: number;
	readonly column: number;
	readonly path?: string;
}

/** Worst last: a delivery shows its worst. */
export const outcomeOrder = [
	"appended",
	"duplicate",
	"skipped",
	"ignored",
	"control",
	"suppressed",
	"unmatched",
	"not_a_member",
	"pending",
	"waiting",
	"held",
	"refused",
	"conflict",
	"failed",
] as const;

export type OutcomeName = (typeof outcomeOrder)[number];
