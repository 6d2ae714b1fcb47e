import { env } from "cloudflare:workers";
import { connectors } from "../../../connectors/index.ts";
import type { Program } from "../../catalog/program.ts";
import { openDoor } from "../../door.ts";
import { nodeCrypto } from "../crypto.ts";
import { definitions } from "./definitions.ts";
import { officeOf } from "./shards.ts";

/** One for all objects of an isolate: what one of them has read or changed, all know. */
export const door = openDoor({
	office: officeOf(env),
	connectors,
	crypto: nodeCrypto,
	clock: Date.now,
	compile: definitions.catalogue.compile,
});

/** The program as it is now. One that does not have these actions is read again before they are called unknown. */
export async function programFor(actions: readonly string[]): Promise<Program> {
	const { program } = await door.directory();
	if (actions.every((action) => program.actions.has(action))) return program;
	door.changed();
	return (await door.directory()).program;
}
