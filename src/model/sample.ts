import { pairsOf } from "./form.ts";

/**
 * The parameter of the URL that marks a delivery as a sample of the hub's own: it is stored and read like any other, and
 * gives no event.
 *
 * Anybody may say it: it is a part of what makes two deliveries the same one, so that whoever does keeps their own delivery
 * from counting and nobody else's.
 */
export const sampleParameter = "hub-test";

export const isSample = ({ query }: { readonly query: string }): boolean =>
	query.includes(sampleParameter) && pairsOf(query).some(([name]) => name === sampleParameter);
