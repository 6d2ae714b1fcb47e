import { nodeCrypto } from "../../src/host/crypto.ts";
import { type CheckContext, compileMappings, type Mapped } from "../../src/map/mappings.ts";
import type { ValueObject } from "../../src/model/json.ts";

/** One action, `view`, that takes any attributes. */
export const openContext: CheckContext = {
	action: (name) => (name === "view" ? { attributes: new Map(), open: true, sender: "anyone" } : undefined),
	actionNames: ["view"],
	identityKinds: new Set(["id", "email", "phone", "anonymous"]),
	connectors: new Set(["segment"]),
	sha256Hex: nodeCrypto.sha256Hex,
};

/** What is wrong with the text of a mapping, as people read it. */
export const problemsOf = (text: string): readonly string[] =>
	compileMappings([fileOf(text)], openContext).problems.map(
		({ message, help }) => `${message}${help === "" ? "" : `; ${help}`}`,
	);

/** Runs the text of a mapping over the content of a message. */
export function runText(text: string, content: ValueObject): Mapped {
	const { set, problems } = compileMappings([fileOf(text)], openContext);
	if (set === undefined) throw new Error(`${problems.map(({ message }) => message).join("\n")}\n${text}`);
	const message = { id: "m-1", type: "track", time: undefined, identities: [], content };
	return set.run("segment", "shop", message, { receivedAt: 0, headers: {}, settings: {} });
}

/** The data of the one event that a mapping gives, the reason where it fails, or what else became of the message. */
export function dataOf(text: string, content: ValueObject): unknown {
	const mapped = runText(text, content);
	if (mapped.kind !== "mapped") return mapped.kind;
	const [event] = mapped.events;
	return event?.kind === "event" ? event.data : event?.reason;
}

/** A mapping whose events have this data, or this `when`. */
export const mappingOf = ({ when = "{}", data = "{}" }: { when?: string; data?: string }): string =>
	`title: An example\nfrom: segment\nwhen: ${when}\nevent: { action: view, customer: $.userId, data: ${data} }\n`;

const fileOf = (text: string) => ({
	name: "segment/example",
	path: "mappings/segment/example.yaml",
	text,
	version: "1",
});
