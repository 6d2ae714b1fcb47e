/**
 * How many decimals each currency's minor unit has, by ISO 4217's own list: those that are not named have two.
 * (`Intl.NumberFormat` knows CLDR's, which are what people write and not what systems count in: none for HUF.)
 */
const decimals: ReadonlyMap<string, number> = new Map([
	...of(0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
	...of(3, "BHD IQD JOD KWD LYD OMR TND"),
	...of(4, "CLF UYW"),
]);

function of(count: number, codes: string): readonly (readonly [string, number])[] {
	return codes.split(" ").map((code) => [code, count]);
}

/** The decimals of a currency by its ISO code, in either case; undefined where the text is no code. */
export function decimalsOfCurrency(code: string): number | undefined {
	return /^[A-Za-z]{3}$/.test(code) ? (decimals.get(code.toUpperCase()) ?? 2) : undefined;
}
