import { accountLength, isAccount } from "./accounts.ts";
import { cardDigitsMax, cardDigitsMin, isArticleNumber, isCardNumber } from "./cards.ts";
import type { Sensitive } from "./names.ts";

/** A part of a text that is not to be kept. */
export interface Find {
	readonly what: Sensitive;
	readonly start: number;
	readonly end: number;
}

/**
 * The card numbers and IBANs of a text, from left to right. An id's text (`asId`) has only those that are grouped as on a
 * card or a letterhead: long numbers are what ids are.
 */
export function findsIn(text: string, asId: boolean): readonly Find[] {
	if (text.length < cardDigitsMin) return none;
	const accounts = hasAccount.test(text) ? accountsIn(text, asId) : none;
	if (!hasDigits.test(text)) return accounts;
	const cards = cardsIn(accounts.length === 0 ? text : without(text, accounts), asId);
	return accounts.length === 0 ? cards : [...accounts, ...cards].sort((a, b) => a.start - b.start);
}

const none: readonly Find[] = [];

/** The text with what was found blotted out, everything else in its place. */
function without(text: string, finds: readonly Find[]): string {
	let blotted = "";
	for (const { start, end } of finds) blotted += text.slice(blotted.length, start) + "*".repeat(end - start);
	return blotted + text.slice(blotted.length);
}

const hasDigits = /[0-9](?:[ -]?[0-9]){11}/;

/** Groups of digits, each a blank or a dash from the next. */
const digitRuns = /[0-9]+(?:[ -][0-9]+)*/g;

function cardsIn(text: string, asId: boolean): readonly Find[] {
	const finds: Find[] = [];
	for (const { 0: run, index } of text.matchAll(digitRuns)) {
		if (run.length < cardDigitsMin) continue;
		const found = asId && !isGroupedCard(run) ? none : cardsInRun(text, run, index);
		for (const find of found) if (isGroupedCard(run) || !isInUrl(text, find)) finds.push(find);
	}
	return finds;
}

/**
 * A number's groups may stand among other numbers, as in `4111 1111 1111 1111 123`: blanks may separate it from them. What
 * dashes join is one thing.
 */
function cardsInRun(text: string, run: string, offset: number): readonly Find[] {
	const finds: Find[] = [];
	const groups = [...run.matchAll(/[0-9]+/g)].map(({ 0: digits, index }) => ({ digits, index }));
	for (let first = 0; first < groups.length; first++) {
		const found = cardFrom(groups, first, run);
		if (found === undefined) continue;
		const find: Find = { what: "card number", start: offset + found.start, end: offset + found.end };
		if (!standsAlone(text, find)) continue;
		finds.push(find);
		first = found.last;
	}
	return finds;
}

interface Group {
	readonly digits: string;
	readonly index: number;
}

/** Groups on a card have three digits or more, but for the last, and there are five at most. */
const groupsMax = 5;
const groupDigitsMin = 3;

/** The longest card number that begins with this group. */
function cardFrom(groups: readonly Group[], first: number, run: string) {
	const start = groups[first]?.index ?? 0;
	if (run[start - 1] === "-") return undefined;
	let found: { readonly start: number; readonly end: number; readonly last: number } | undefined;
	let digits = "";
	for (let last = first; last < Math.min(groups.length, first + groupsMax); last++) {
		const group = groups[last];
		if (group === undefined) break;
		digits += group.digits;
		const end = group.index + group.digits.length;
		if (digits.length > cardDigitsMax) break;
		const isOne = isCardNumber(digits) && (last > first || !isArticleNumber(digits));
		if (isOne && run[end] !== "-") found = { start, end, last };
		if (group.digits.length < groupDigitsMin) break;
	}
	return found;
}

/** As embossed: Visa's and most others', American Express', Diners Club's. */
const grouping = /^(?:[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5})$/;

const isGroupedCard = (run: string): boolean => grouping.test(run) && isCardNumber(run.replace(/[ -]/g, ""));

/**
 * Whether the number is a word of its own: no part of a longer one (`ORD-4111…`), of a fraction (`0.4111…`), an address or a
 * phone number (`+49 …`).
 */
function standsAlone(text: string, { start, end }: Find): boolean {
	return (
		!joinedBefore.test(text.slice(Math.max(0, start - 2), start)) &&
		!joinedAfter.test(text.slice(end, end + 2))
	);
}

const joinedBefore = /[A-Za-z0-9_@+]$|[A-Za-z0-9_]-$|[0-9]\.$/;
const joinedAfter = /^[A-Za-z0-9_@]|^-[A-Za-z0-9_]|^\.[0-9]/;

/** So far back is looked for where a URL begins: a text may be megabytes of numbers without a blank. */
const urlCharactersMax = 512;

/** A URL's numbers are ids of what it is about. */
function isInUrl(text: string, { start }: Find): boolean {
	let begin = start;
	while (begin > 0 && start - begin < urlCharactersMax && !isBlank(text.charCodeAt(begin - 1))) begin -= 1;
	return begin < start && url.test(text.slice(begin, start));
}

const isBlank = (code: number): boolean => code <= 32;
const url = /^[/?]|^www\.|:\/\//;

const hasAccount = /[A-Z]{2}[0-9]{2}[A-Z0-9 ]{11}/;

/** A country and check digits where a word begins, and what may follow: 33 characters at most, in nine groups. */
const accountRun = /(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,29}/g;

function accountsIn(text: string, asId: boolean): readonly Find[] {
	const finds: Find[] = [];
	const runs = new RegExp(accountRun);
	for (let match = runs.exec(text); match !== null; match = runs.exec(text)) {
		const end = accountEnd(match[0], text.slice(runs.lastIndex, runs.lastIndex + 1));
		// What follows two letters and two digits that are no IBAN may have one.
		runs.lastIndex = match.index + (end ?? 4);
		if (end === undefined || (asId && !accountGroups.test(match[0].slice(0, end)))) continue;
		finds.push({ what: "bank account", start: match.index, end: match.index + end });
	}
	return finds;
}

/** Where the IBAN ends that a run begins with; undefined where it begins with none. */
function accountEnd(run: string, after: string): number | undefined {
	const length = accountLength(run.slice(0, 2));
	const end = length === undefined ? undefined : placeAfter(run, length);
	if (end === undefined || /[A-Za-z0-9]/.test(run[end] ?? after)) return undefined;
	return isAccount(run.slice(0, end).replaceAll(" ", "")) ? end : undefined;
}

const accountGroups = /^[A-Z]{2}[0-9]{2}(?: [A-Z0-9]{4})+(?: [A-Z0-9]{1,3})?$/;

/** Where so many characters end, blanks aside; undefined where there are fewer. */
function placeAfter(run: string, characters: number): number | undefined {
	let seen = 0;
	for (let at = 0; at < run.length; at++) {
		if (run[at] !== " ") seen += 1;
		if (seen === characters) return at + 1;
	}
	return undefined;
}
