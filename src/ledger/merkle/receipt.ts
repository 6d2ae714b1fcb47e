import { base64Of } from "../../model/bytes.ts";

/** What proves offline that a leaf is in a log (C2SP tlog-proof). */
export interface Receipt {
	/** Of the leaf, from 0. */
	readonly index: number;
	/** From the leaf's sibling to the root's child. */
	readonly path: readonly Uint8Array[];
	/** The checkpoint, signed. */
	readonly note: string;
}

/** As a `.tlog-proof` file has it. */
export const receiptText = ({ index, path, note }: Receipt): string =>
	`${["c2sp.org/tlog-proof@v1", `index ${index}`, ...path.map(base64Of)].join("\n")}\n\n${note}`;
