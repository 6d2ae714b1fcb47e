import { existsSync, readFileSync } from "node:fs";
import { Command } from "commander";
import { z } from "zod";
import { connectors } from "../../connectors/index.ts";
import { knownFields } from "../host/definitions.ts";
import { contentsOf } from "../host/samples.ts";
import { type Covered, coverageOf } from "../map/check/coverage.ts";
import { type Fields, fieldsOf } from "../map/check/fields.ts";
import type { MappingSet } from "../map/mappings.ts";
import { Unusable } from "./client.ts";
import { ask, print, table } from "./print.ts";

/** `mappings coverage`: the fields of messages, first those that no mapping reads. */
export function coverageCommand(setOf: (command: Command) => MappingSet | undefined): Command {
	return new Command("coverage")
		.description("the fields of messages and how many mappings read each; those of the samples, or of files")
		.argument("[messages...]", "JSON files as the connector's system sends them")
		.option("--connector <slug>", "whose messages these are; needed where there are several connectors")
		.option(
			"--deliveries <n>",
			"those of the newest n deliveries that the hub has stored, and which are new since a day",
		)
		.action(async (paths: string[], { connector, deliveries }: CoverageOptions, self: Command) => {
			if (deliveries !== undefined) {
				const query = new URLSearchParams({ connector: connector ?? onlyConnector(), deliveries });
				return print(self, stored.parse(await ask("GET", `/mappings/coverage?${query}`)), drawnStored);
			}
			const set = setOf(self);
			if (set === undefined) return;
			const slug = connector ?? onlyConnector();
			const fields = paths.length === 0 ? samplesOf(slug) : fieldsOf(paths.flatMap(messagesIn(slug)));
			print(self, coverageOf(fields, set.reads(slug)), drawn);
		});
}

interface CoverageOptions {
	readonly connector?: string;
	readonly deliveries?: string;
}

const field = z.object({ field: z.string(), kinds: z.array(z.string()), messages: z.number() });
const stored = z.object({
	data: z.array(field.extend({ mappings: z.array(z.string()) })),
	new: z.array(field),
});

function drawnStored({ data, new: fresh }: z.output<typeof stored>): string {
	const rows = fresh.map(({ field, kinds, messages }) => [field, kinds.join(" or "), String(messages)]);
	if (rows.length === 0) return `${drawn(data)}\nNo field is new since yesterday.`;
	return `${drawn(data)}\n\nNew since yesterday:\n${table([["FIELD", "KIND", "MESSAGES"], ...rows])}`;
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

type Drawable = Omit<Covered, "kinds"> & { readonly kinds: readonly string[] };

function drawn(fields: readonly Drawable[]): string {
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
