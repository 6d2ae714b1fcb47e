import type { ConfiguredConnector, Connector } from "../kit/connector.ts";
import type { BodyFormat } from "../model/format.ts";
import type { ValueObject } from "../model/json.ts";
import type { Delivery } from "../model/message.ts";
import { bad, good, type Result } from "../model/result.ts";
import { normalise } from "../normalise/normalise.ts";

/**
 * The contents of the messages in a body, as the connector reads it from its sender. With a write key the body may be
 * a batch of the tracking API: it is read as one where none of its messages has a type otherwise.
 */
export function contentsOf(connector: Connector, body: Uint8Array): Result<readonly ValueObject[], string> {
	const configured = connector.configure({});
	if (!configured.ok) return bad(`${connector.title} needs settings to read a message`);
	// What is wrong with a message is often what its headers do not say, and here are none.
	const lenient: ConfiguredConnector = { ...configured.value, problem: () => undefined };
	let first: Result<readonly ValueObject[], string> | undefined;
	for (const path of connector.writeKey ? ["", "/v1/batch"] : [""]) {
		for (const format of connector.body) {
			const headers = { "content-type": mediaTypes[format] };
			const delivery: Delivery = { method: "POST", path, query: "", headers, body, receivedAt: 0 };
			const normalised = normalise(lenient, delivery);
			if (!normalised.ok) {
				first ??= normalised;
				continue;
			}
			const messages = normalised.value.flatMap((one) => (one.kind === "message" ? [one.message] : []));
			const contents = messages.map(({ content }) => content);
			if (messages.some(({ type }) => type !== "")) return good(contents);
			if (first?.ok !== true) first = good(contents);
		}
	}
	return first ?? good([]);
}

const mediaTypes: Readonly<Record<BodyFormat, string>> = {
	json: "application/json",
	form: "application/x-www-form-urlencoded",
	ndjson: "application/x-ndjson",
	xml: "text/xml",
	bytes: "application/octet-stream",
};
