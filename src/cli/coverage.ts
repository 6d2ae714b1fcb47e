import { existsSync, readFileSync } from "node:fs";
import { Command } from "commander";
import { connectors } from "../../connectors/index.ts";
import { knownFields } from "../host/definitions.ts";
import { contentsOf } from "../host/samples.ts";
import { type Covered, coverageOf } from "../map/coverage.ts";
import { type Fields, fieldsOf } from "../map/fields.ts";
import type { MappingSet } from "../map/mappings.ts";
import { Unusable } from "./client.ts";
import { print, table } from "./print.ts";

/** `mappings coverage`: the fields of messages, first those that no mapping reads. */
export function coverageCommand(setOf: (command: Command) => MappingSet | undefined): Command {
	return new Command("coverage")
		.description("the fields of messages and how many mappings read each; those of the samples, or of files")
		.argument("[messages...]", "JSON files as the connector's system sends them")
		.option("--connector <slug>", "whose messages these are; needed where there are several connectors")
		.action((paths: string[], { connector }: { connector?: string }, self: Command) => {
			const set = setOf(self);
			if (set === undefined) return;
			const slug = connector ?? onlyConnector();
			const fields = paths.length === 0 ? samplesOf(slug) : fieldsOf(paths.flatMap(messagesIn(slug)));
			print(self, coverageOf(fields, set.reads(slug)), drawn);
		});
}

function onlyConnector(): string {
	const [slug, second] = connectors.keys();
	if (slug !== undefined && second === undefined) return slug;
	throw new Unusable(`say which connector: --connector ${[...connectors.keys()].join(" | ")}`);
}

function samplesOf(slug: string): Fields {
	const fields = knownFields.get(slug);
	if (fields === undefined) throw new Unusable(`no sample of ${slug} is known; name files with its messages`);
	return fields;
}

const messagesIn = (slug: string) => (path: string) => {
	const connector = connectors.get(slug);
	if (connector === undefined) throw new Unusable(`no connector is called ${slug}`);
	if (!existsSync(path)) throw new Unusable(`there is no file ${path}`);
	const contents = contentsOf(connector, readFileSync(path));
	if (!contents.ok) throw new Unusable(`${path}: ${contents.failure}`);
	return contents.value;
};

function drawn(fields: readonly Covered[]): string {
	const unread = fields.filter(({ mappings }) => mappings.length === 0).length;
	const rows = fields.map(({ field, kinds, messages, mappings }) => [
		field,
		kinds.join(" or "),
		String(messages),
		mappings.length === 0 ? "nothing" : countOf(mappings.length),
	]);
	return `${table([["FIELD", "KIND", "MESSAGES", "READ BY"], ...rows])}\n${unread} of ${fields.length} fields are read by no mapping.`;
}

const countOf = (mappings: number): string => (mappings === 1 ? "1 mapping" : `${mappings} mappings`);
