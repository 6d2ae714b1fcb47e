import { existsSync, readFileSync, statSync } from "node:fs";
import { Command } from "commander";
import { connectors } from "../../connectors/index.ts";
import type { Connector } from "../kit/connector.ts";
import { draftMapping } from "../map/draft/draft.ts";
import { testReceivedAt } from "../map/mapping.ts";
import type { CheckContext } from "../map/mappings.ts";
import { isList, isObject, own, readJson, type Value, type ValueObject } from "../model/json.ts";
import type { Delivery } from "../model/message.ts";
import { Unusable } from "./client.ts";
import { print } from "./print.ts";

/** `mappings suggest`: a mapping's first draft, on stdout. */
export function suggestCommand(contextOf: () => CheckContext): Command {
	return new Command("suggest")
		.description("a draft of a mapping, by the names and values in messages of one kind")
		.argument("<messages...>", "JSON files: a message, a list of messages, or a delivery's body")
		.requiredOption("--action <action>", "what the messages shall become: checkout")
		.option("--from <connector>", "whose messages they are", "segment")
		.action((paths: string[], { action, from }: { action: string; from: string }, self: Command) => {
			const connector = connectorOf(from);
			const messages = paths.flatMap((path) => messagesIn(path, connector));
			const draft = draftMapping({ messages, action, connector: connector.slug, context: contextOf() });
			if (!draft.ok) throw new Unusable(draft.failure);
			print(self, draft.value, ({ yaml }) => yaml.trimEnd());
		});
}

function connectorOf(slug: string): Connector {
	const connector = connectors.get(slug);
	if (connector !== undefined) return connector;
	throw new Unusable(`no connector is called ${slug}; there are ${[...connectors.keys()].join(", ")}`);
}

/** The messages of a file, as the connector splits the body of a delivery. */
function messagesIn(path: string, connector: Connector): readonly ValueObject[] {
	if (!existsSync(path) || !statSync(path).isFile()) throw new Unusable(`there is no file ${path}`);
	const bytes = readFileSync(path);
	const body = readJson(bytes);
	if (!body.ok) throw new Unusable(`${path}: ${body.failure.reason}`);
	const configured = connector.configure({});
	if (!configured.ok) throw new Unusable(configured.failure.join("\n"));
	const messages = configured.value.messages(body.value, deliveryOf(bytes, body.value, connector));
	if (!messages.ok) throw new Unusable(`${path}: ${messages.failure}`);
	return messages.value.map((message) => {
		if (isObject(message)) return message;
		throw new Unusable(`${path}: a message is a JSON object`);
	});
}

/** A body with a `batch` is one of the tracking API, where the connector speaks that. */
function deliveryOf(bytes: Uint8Array, body: Value, { writeKey }: Connector): Delivery {
	const isBatch = writeKey && isObject(body) && isList(own(body, "batch"));
	return {
		method: "POST",
		path: isBatch ? "/v1/batch" : "",
		query: "",
		headers: {},
		body: bytes,
		receivedAt: testReceivedAt,
	};
}
