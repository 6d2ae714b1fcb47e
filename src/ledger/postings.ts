/**
 * Where points can be. Three are the program's side, so that every event's postings sum to zero: `issued` has given what
 * customers have, `moved` is between two customers who are merged, `forfeited` is what somebody had who opted out.
 */
export type Book = "issued" | "moved" | "forfeited" | "active" | "pending" | "spent" | "reserved" | "expired";

/** Points by `account/book`: `{"main/active":100,"main/issued":-100}`. */
export type Postings = Readonly<Record<string, number>>;

/** Points that leave one book for another, of one account; a negative number goes the other way. */
export interface Movement {
	readonly account: string;
	readonly from: Book;
	readonly to: Book;
	readonly points: number;
}

/** The account of points where nobody says which. */
export const mainAccount = "main";

export const noPostings: Postings = {};

export function postingsOf(movements: readonly Movement[]): Postings {
	const postings: Record<string, number> = {};
	for (const { account, from, to, points } of movements) {
		if (points === 0) continue;
		add(postings, `${account}/${from}`, -points);
		add(postings, `${account}/${to}`, points);
	}
	return postings;
}

function add(postings: Record<string, number>, name: string, points: number): void {
	const sum = (postings[name] ?? 0) + points;
	if (sum === 0) delete postings[name];
	else postings[name] = sum;
}

/** An account's id has no slash in it. */
export function bookOf(name: string): { readonly account: string; readonly book: string } {
	const [account = "", book = ""] = name.split("/", 2);
	return { account, book };
}
