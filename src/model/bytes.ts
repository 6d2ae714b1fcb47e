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
	const bytes = new Uint8Array(hex.length / 2);
	for (let index = 0; index < bytes.length; index++) {
		bytes[index] = digitOf(hex.charCodeAt(index * 2)) * 16 + digitOf(hex.charCodeAt(index * 2 + 1));
	}
	return bytes;
}

/** The value of a hex digit's character code: 0-9, or a letter of either case. */
const digitOf = (code: number): number => (code <= 57 ? code - 48 : (code | 32) - 87);
