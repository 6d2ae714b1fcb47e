import type { ValueObject } from "../../model/json.ts";
import { bad, good, invariant, type Result } from "../../model/result.ts";
import { messageOf } from "../check/mapping-tests.ts";
import { suggest } from "../check/suggest.ts";
import { testReceivedAt } from "../mapping.ts";
import { type CheckContext, compileMappings, type MappedEvent } from "../mappings.ts";
import { yamlTextOf } from "../yaml-writer.ts";
import { contextOf, draftAttributes } from "./attributes.ts";
import { draftCondition } from "./condition.ts";
import { draftCustomer, draftTimestamp } from "./customer.ts";
import { fieldsOf } from "./fields.ts";
import { type Sample, sampleLimits, sampleOf } from "./sample.ts";
import { openVocabulary, type Vocabulary } from "./vocabulary.ts";
import { type DraftedMapping, type DraftLine, linesOf, withTest, writtenMapping } from "./write.ts";

export interface DraftRequest {
	/** Of one kind, as the connector's messages are. Of many only the first few are looked at. */
	readonly messages: readonly ValueObject[];
	/** What they shall become. */
	readonly action: string;
	readonly connector: string;
	readonly context: CheckContext;
}

export interface Draft {
	/** A mapping that compiles, whose one test holds. It contains the first message. */
	readonly yaml: string;
	/** What is drafted, in the order of the mapping, without anything of the messages but their fields' names. */
	readonly lines: readonly DraftLine[];
}

/**
 * Drafts a mapping by what the fields of messages are called and what their values look like. A failure says what is
 * wrong with the request.
 */
export function draftMapping(
	{ messages, action, connector, context }: DraftRequest,
	vocabulary: Vocabulary = openVocabulary(),
): Result<Draft, string> {
	const shape = context.action(action);
	if (shape === undefined)
		return bad(`no action is called \`${action}\`; ${suggest(action, context.actionNames)}`);
	if (shape.sender === "hub") return bad(`\`${action}\` is written by the hub itself, and by nobody else`);
	if (!context.connectors.has(connector))
		return bad(`no connector is called \`${connector}\`; ${suggest(connector, context.connectors)}`);
	const samples = messages.slice(0, sampleLimits.messagesMax).map(sampleOf);
	const [first] = samples;
	if (first === undefined) return bad("there is no message to draft from");

	const fields = fieldsOf(samples.map(({ content }) => content));
	const surroundings = { fields, context: contextOf(action, shape.attributes, vocabulary) };
	const drafted: DraftedMapping = {
		action,
		connector,
		when: draftCondition(fields),
		customer: draftCustomer(surroundings, context.identityKinds, vocabulary),
		timestamp: draftTimestamp(surroundings, vocabulary),
		data: draftAttributes(shape.attributes, surroundings, vocabulary),
	};
	const events = run(yamlTextOf(writtenMapping(drafted)), first, { connector, context });
	return good({ yaml: yamlTextOf(withTest(drafted, first, events)), lines: linesOf(drafted) });
}

/** What the draft itself makes of a message. */
function run(
	mapping: string,
	{ content }: Sample,
	{ connector, context }: Pick<DraftRequest, "connector" | "context">,
): readonly MappedEvent[] {
	const { set } = compileMappings([{ name: "draft", path: "", text: mapping, version: "" }], context);
	invariant(set !== undefined, "a drafted mapping compiles");
	const delivery = { receivedAt: testReceivedAt, headers: {}, settings: {} };
	const mapped = set.run(connector, "draft", messageOf(content, connector, context), delivery);
	return mapped.kind === "mapped" ? mapped.events : [];
}
