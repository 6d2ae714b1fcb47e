import type { ConfiguredConnector } from "../kit/connector.ts";
import type { Identity } from "../model/identity.ts";
import { isDeeperThan, isObject, type Value } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import type { Delivery, Message } from "../model/message.ts";
import { good, type Result } from "../model/result.ts";
import { readBodyOf } from "./body.ts";

/** One item of a delivery: a message, or why it is none. `position` is its place in the delivery, from 0. */
export type Normalised =
	| { readonly kind: "message"; readonly position: number; readonly message: Message }
	| {
			readonly kind: "failed";
			readonly position: number;
			/** For the operator; no part of the message is in it. */
			readonly reason: string;
			/** Those that could be read all the same: erasure needs them. */
			readonly identities: readonly Identity[];
	  };

/**
 * The messages of a delivery in their order. A failure means that the delivery as a whole could not be read.
 * `parsed` saves the parsing where the caller already did it.
 */
export function normalise(
	configured: ConfiguredConnector,
	delivery: Delivery,
	parsed?: Value,
): Result<readonly Normalised[], string> {
	const body = parsed === undefined ? readBodyOf(delivery, configured.connector.body) : good(parsed);
	if (!body.ok) return body;
	const items = configured.messages(body.value, delivery);
	if (!items.ok) return items;
	const normalised = items.value
		.slice(0, limits.deliveryMessagesMax)
		.map((item, position) => normaliseItem(configured, delivery, item, position));
	return good(
		items.value.length > limits.deliveryMessagesMax ? [...normalised, surplus(items.value)] : normalised,
	);
}

function normaliseItem(
	configured: ConfiguredConnector,
	delivery: Delivery,
	item: Value,
	position: number,
): Normalised {
	const failed = (reason: string, identities: readonly Identity[] = []): Normalised => ({
		kind: "failed",
		position,
		reason,
		identities,
	});
	if (!isObject(item)) return failed("the message is not a JSON object");
	const message = configured.read(item, delivery);
	const problem = beyondLimits(message, delivery) ?? configured.problem(item, delivery);
	return problem === undefined ? { kind: "message", position, message } : failed(problem, message.identities);
}

function beyondLimits({ id, content }: Message, delivery: Delivery): string | undefined {
	if (id !== undefined && id.length > limits.keyCharactersMax)
		return `the message's id is longer than ${limits.keyCharactersMax} characters`;
	if (isDeeperThan(content, limits.depthMax))
		return `the message is nested deeper than ${limits.depthMax} levels`;
	if (delivery.body.length > limits.messageBytesMax && bytesOf(content) > limits.messageBytesMax)
		return `the message is larger than ${limits.messageBytesMax} bytes`;
	return undefined;
}

/** Of the message as JSON, which is how it is stored. */
const bytesOf = (content: Value): number => new TextEncoder().encode(JSON.stringify(content)).length;

/** All that is beyond the limit, as one: a delivery of ten megabytes could hold millions of empty messages. */
const surplus = (items: readonly Value[]): Normalised => ({
	kind: "failed",
	position: limits.deliveryMessagesMax,
	reason: `the delivery has ${items.length} messages; those after the first ${limits.deliveryMessagesMax} were not read`,
	identities: [],
});
