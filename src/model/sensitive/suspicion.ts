import { forbiddenEnds, isForbidden } from "./names.ts";
import { findsIn } from "./texts.ts";

/**
 * Whether a body's text, JSON as far as it is anything, may hold something that must not be kept. It only looks at
 * characters and may say yes where there is nothing, but not no where there is something: honest bodies are not parsed for
 * this, and cost some microseconds.
 */
export const isSuspicious = (text: string): boolean =>
	mayHoldNumber(text) || mayHoldName(text) || (text.includes("\\u00") && hidden.test(text));

/** Digits, letters, blanks and dashes written as escapes, which they have no need of: no honest sender does. */
const hidden = /\\u00(?:2[0d]|3[0-9]|[46][1-9a-f]|[57][0-9a])/i;

const solid = 2;
/** What numbers and IBANs are made of: digits and capitals, which are solid, and what may be between. By code, of ASCII. */
const inNumber = Uint8Array.from({ length: 128 }, (_, code) => {
	const character = String.fromCharCode(code);
	return /[0-9A-Z]/.test(character) ? solid : /[ -]/.test(character) ? 1 : 0;
});

const kindAt = (text: string, at: number): number => inNumber[text.charCodeAt(at)] ?? 0;

/** What the shortest number has of what is solid. A run of so many covers a place that this divides: no other is looked at. */
const shortest = 12;

function mayHoldNumber(text: string): boolean {
	for (let at = shortest - 1; at < text.length; at += shortest) {
		if (kindAt(text, at) === 0) continue;
		let start = at;
		while (start > 0 && kindAt(text, start - 1) !== 0) start -= 1;
		let end = start;
		let solids = 0;
		for (let kind = kindAt(text, end); kind !== 0; kind = kindAt(text, ++end))
			if (kind === solid) solids += 1;
		if (solids >= shortest && findsIn(text.slice(start, end), false).length > 0) return true;
		at = end - 1;
	}
	return false;
}

/** By the last three characters of a name, five bits of each: few others end like those that always count. */
const ends = new Uint8Array(2 ** 15);
const endOf = (first: number, second: number, last: number): number =>
	((first & 31) << 10) | ((second & 31) << 5) | (last & 31);
for (const end of forbiddenEnds) {
	// The first may be of the word before, and something between the words: `card_no`.
	for (const first of `${end.slice(0, 1)}_- .[]`) {
		ends[endOf(first.charCodeAt(0), end.charCodeAt(1), end.charCodeAt(2))] = 1;
	}
}

/** Letters and digits, by code. */
const inName = Uint8Array.from({ length: 128 }, (_, code) =>
	/[0-9A-Za-z]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** Whether there is the name of an attribute that always counts. */
export function mayHoldName(text: string): boolean {
	// Few write blanks there, and looking for colons alone would meet those of every time and URL.
	if (blankBeforeColon.test(text)) return mayHoldName(text.replace(blanksBeforeColons, '":'));
	for (let at = text.indexOf('":'); at !== -1; at = text.indexOf('":', at + 2)) {
		const second = text.charCodeAt(at - 2);
		const last = text.charCodeAt(at - 1);
		const isPlain = inName[second] === 1 && inName[last] === 1;
		if (isPlain && ends[endOf(text.charCodeAt(at - 3), second, last)] === 0) continue;
		if (isForbidden(nameBefore(text, at))) return true;
	}
	return false;
}

const blankBeforeColon = /"\s+:/;
const blanksBeforeColons = /"\s+:/g;

/** What is quoted up to here. In JSON within JSON, quotes have backslashes. */
function nameBefore(text: string, end: number): string {
	let last = end;
	while (text.charCodeAt(last - 1) === backslash) last -= 1;
	return text.slice(text.lastIndexOf('"', last - 1) + 1, last);
}

const backslash = 92;
