import type { ActionDefinition } from "../catalog/definition.ts";
import type { PointsRules } from "../catalog/points.ts";
import { loadProgram, type Program } from "../catalog/program.ts";
import type { Crypto } from "../model/crypto.ts";
import type { Command } from "../model/event.ts";
import type { JsonObject } from "../model/json.ts";
import type { Trust } from "../model/message.ts";
import { invariant } from "../model/result.ts";
import { commandOf } from "./command.ts";
import { type Ledger, type LedgerParts, openLedger } from "./ledger.ts";
import type { Signing } from "./merkle/signing.ts";

/** Sunday, 1 March 2026, noon UTC: the time at which the ledger's tests happen. */
export const noon = Date.UTC(2026, 2, 1, 12);
export const minute = 60_000;
export const day = 86_400_000;

/** A key of no meaning; the hub it names is the same in all tests. */
export const exampleSigning: Signing = { hub: "example", seed: new Uint8Array(32).fill(9), earlier: [] };

/** Two accounts have names of JavaScript's own. */
const pointsFile = `
purchase: { rate: 0.05, rounding: ceil }
accounts: { main: {}, miles: {}, engagement: {}, constructor: {}, __proto__: {} }
`;

/** Other texts than the example's. */
export interface ProgramTexts {
	readonly points?: string;
	readonly tiers?: string;
}

/** The factory's actions and some of one's own; purchases earn 5 %, rounded up. */
export function exampleProgram(rules: Partial<PointsRules> = {}, files: ProgramTexts = {}): Program {
	const { program } = loadProgram([
		{ path: "program/points.yaml", text: files.points ?? pointsFile },
		{ path: "program/tiers.yaml", text: files.tiers ?? "" },
		{ path: "program/events/product_view.yaml", text: "client_side: true" },
		{ path: "program/events/closed.yaml", text: "{ open: false, attributes: { plan: text } }" },
		{ path: "program/events/video.yaml", text: "points: 3" },
		{ path: "program/events/survey.yaml", text: "{ points: 25, once: customer }" },
		{
			path: "program/events/lead_convert.yaml",
			text: "{ points: 50, once: [lead_id], attributes: { lead_id: text, value: number } }",
		},
	]);
	invariant(program !== undefined, "the example program has no mistakes");
	const closed = program.actions.get("closed");
	const video = program.actions.get("video");
	invariant(closed !== undefined && video !== undefined, "the example program has these actions");
	const dropping: ActionDefinition = { ...closed, name: "dropping", unknown: "drop" };
	// Not by its file: a test's points need not have the account.
	const inAccount: ActionDefinition = { ...video, account: "engagement" };
	const actions = new Map([...program.actions, [dropping.name, dropping], [video.name, inAccount]]);
	return { ...program, actions, points: { ...program.points, ...rules } };
}

/** A ledger of one shard, at noon, with the example's program, but for what is given. */
export function openExample(parts: Pick<LedgerParts, "sql" | "crypto"> & Partial<LedgerParts>): Ledger {
	const program = exampleProgram();
	return openLedger({
		clock: () => noon,
		program: () => program,
		signing: exampleSigning,
		shard: 0,
		shards: 1,
		...parts,
	});
}

export interface Sent {
	readonly message?: string;
	readonly identities?: Readonly<Record<string, string>>;
	readonly timestamp?: number;
	readonly trust?: Trust;
	readonly lenient?: boolean;
	readonly account?: string;
	readonly orders?: string;
	/** By nobody who is known. */
	readonly guest?: true;
	readonly source?: string;
}

/** Makes commands as a connector would; each is a message of its own unless `message` says otherwise. */
export function openSender(program: Program, crypto: Crypto) {
	let messages = 0;
	return (action: string, data: JsonObject = {}, sent: Sent = {}): Command => {
		messages += 1;
		const identities = Object.entries(sent.identities ?? (sent.guest === true ? {} : { id: "ada" }));
		return commandOf({
			scope: "ep_1",
			messageId: sent.message ?? `message-${messages}`,
			event: {
				action,
				identities: identities.map(([kind, value]) => ({ kind, value })),
				timestamp: sent.timestamp ?? noon,
				slot: "",
				data,
				...(sent.account === undefined ? {} : { account: sent.account }),
				...(sent.guest === undefined ? {} : { guest: sent.guest }),
			},
			program,
			hubKey: new Uint8Array(32).fill(7),
			crypto,
			trust: sent.trust ?? "trusted",
			lenient: sent.lenient ?? true,
			provenance: { source: sent.source ?? "Segment" },
			...(sent.orders === undefined ? {} : { orders: sent.orders }),
		});
	};
}
