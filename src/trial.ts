import type { Connector } from "./kit/connector.ts";
import type { MappingCompiler } from "./map/mapping-compiler.ts";
import type { MappedEvent } from "./map/mappings.ts";
import type { ValueObject } from "./model/json.ts";
import type { MappingFile } from "./model/mapping-file.ts";
import type { Delivery } from "./model/message.ts";
import type { Problem } from "./model/problem.ts";

export type Trial =
	| { readonly ok: true; readonly events: readonly MappedEvent[]; readonly warnings: readonly Problem[] }
	| { readonly ok: false; readonly problems: readonly Problem[] };

/** What one mapping alone makes of a message, as it would come from its connector with nothing set. */
export function tryMapping(
	file: MappingFile,
	content: ValueObject,
	parts: {
		readonly mappings: MappingCompiler;
		readonly connectors: ReadonlyMap<string, Connector>;
		readonly now: number;
	},
): Trial {
	const problems = parts.mappings.check([file]);
	const published = { hash: `trial ${file.path} ${file.version}`, live: [file], awaited: [], problems: [] };
	const { set } = parts.mappings.compile(published);
	const [facts] = set?.mappings ?? [];
	const [slug = "", endpoint = "trial"] = (facts?.from[0] ?? "").split("/");
	const configured = parts.connectors.get(slug)?.configure({});
	if (set === null || configured?.ok !== true) return { ok: false, problems };

	const delivery: Delivery = {
		method: "POST",
		path: "",
		query: "",
		headers: {},
		body: new Uint8Array(),
		receivedAt: parts.now,
	};
	const message = configured.value.read(content, delivery);
	const mapped = set.run(slug, endpoint, message, {
		receivedAt: parts.now,
		headers: {},
		settings: configured.value.settings,
	});
	return { ok: true, events: mapped.kind === "mapped" ? mapped.events : [], warnings: problems };
}
