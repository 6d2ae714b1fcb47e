import { base64Of, bytesOfBase64 } from "../../model/bytes.ts";

/** What a log is at some size (C2SP tlog-checkpoint). */
export interface Checkpoint {
	/** Which log: one line. */
	readonly origin: string;
	/** How many leaves. */
	readonly size: number;
	/** The root over them, 32 bytes. */
	readonly root: Uint8Array;
}

/** The text of a checkpoint, to be signed. */
export const checkpointText = ({ origin, size, root }: Checkpoint): string =>
	`${origin}\n${size}\n${base64Of(root)}\n`;

/** Undefined where the text is no checkpoint. Lines after the third are somebody's extensions. */
export function readCheckpoint(text: string): Checkpoint | undefined {
	const [origin, size, encoded] = text.split("\n");
	const root = bytesOfBase64(encoded ?? "");
	if (!origin || !/^(0|[1-9][0-9]{0,15})$/.test(size ?? "") || root?.length !== 32) return undefined;
	return { origin, size: Number(size), root };
}
