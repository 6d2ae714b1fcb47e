/** Base64url without padding (RFC 4648 §5). */
export const base64Url = (bytes: Uint8Array): string =>
	btoa(String.fromCharCode(...bytes))
		.replaceAll("+", "-")
		.replaceAll("/", "_")
		.replaceAll("=", "");

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export const hexOf = (bytes: Uint8Array): string => {
	let hex = "";
	for (const byte of bytes) hex += hexOfByte[byte];
	return hex;
};

export function bytesOfHex(hex: string): Uint8Array {
	const length = hex.length >> 1;
	const bytes = new Uint8Array(length);
	for (let index = 0, at = 0; index < length; index += 1, at += 2)
		bytes[index] = (digitOf(hex.charCodeAt(at)) << 4) | digitOf(hex.charCodeAt(at + 1));
	return bytes;
}

/** The value of a hex digit, of either case: letters lie nine beyond the digits in their low four bits. */
const digitOf = (code: number): number => (code & 0xf) + (code >> 6) * 9;

/** Base64 with padding (RFC 4648 §4). */
export const base64Of = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** Undefined where the text is not exactly what `base64Of` makes of some bytes: one value has one text. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
	if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
	const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
	return base64Of(bytes) === text ? bytes : undefined;
}

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
	a.length === b.length && a.every((byte, index) => byte === b[index]);

/** Parts one behind the other; a sole one is itself. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
	const [first] = parts;
	if (first !== undefined && parts.length === 1) return first;
	const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}
