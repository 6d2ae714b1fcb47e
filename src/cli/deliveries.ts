import { Command } from "commander";
import { z } from "zod";
import type { DeliveryView } from "../inbox/inbox.ts";
import { Unusable } from "./client.ts";
import { drawnDelivery } from "./delivery.ts";
import { endpointNamed } from "./endpoints.ts";
import { ask, print, table } from "./print.ts";

const delivery = z.looseObject({
	id: z.string(),
	endpoint: z.string(),
	receivedAt: z.number(),
	messages: z.number(),
	outcome: z.string(),
	types: z.array(z.string()),
});

/** `deliveries list | show | replay | release`. */
export function deliveryCommands(): Command {
	const deliveries = new Command("deliveries").description("what was received, and what became of it");
	deliveries
		.command("list")
		.description("the newest deliveries")
		.option("--limit <n>", "how many", "50")
		.option("--cursor <id>", "older than this delivery")
		.option("--endpoint <name-or-id>", "of this endpoint")
		.option("--outcome <outcome>", "that show this outcome: unmatched, failed, …")
		.option("--since <time>", "received at this time or later, ISO 8601")
		.option("--until <time>", "received before this time, ISO 8601")
		.action(async (options: Readonly<Record<string, string>>, self: Command) => {
			const query = new URLSearchParams(await withEndpointId(options));
			const page = z
				.object({ data: z.array(delivery), cursor: z.string().nullable() })
				.parse(await ask("GET", `/deliveries?${query}`));
			print(self, page, ({ data }) =>
				table([
					["RECEIVED", "DELIVERY", "ENDPOINT", "MESSAGES", "KINDS", "OUTCOME"],
					...data.map((one) => [
						new Date(one.receivedAt).toISOString(),
						one.id,
						one.endpoint,
						String(one.messages),
						one.types.join(","),
						one.outcome,
					]),
				]),
			);
		});
	deliveries
		.command("show <id>")
		.description("one delivery: each message, its planned events and their outcomes")
		.action(async (id: string, _options: unknown, self: Command) =>
			print(self, (await ask("GET", `/deliveries/${encodeURIComponent(id)}`)) as DeliveryView, drawnDelivery),
		);
	deliveries
		.command("replay [ids...]")
		.description("map deliveries again by what is live today; what is recorded already is not recorded again")
		.option("--dry-run", "only count what would come of it")
		.option("--limit <n>", "how many deliveries at most", "1000")
		.option("--endpoint <name-or-id>", "those of this endpoint")
		.option("--outcome <outcome>", "those that show this outcome: unmatched, failed, …")
		.option("--since <time>", "those received at this time or later, ISO 8601")
		.option("--until <time>", "those received before this time, ISO 8601")
		.action(async (ids: string[], options: ReplayOptions, self: Command) => {
			const { dryRun = false, limit, ...filter } = options;
			const which = ids.length > 0 ? { ids } : { filter: await withEndpointId(filter) };
			if (ids.length === 0 && Object.keys(filter).length === 0) {
				throw new Unusable("say which deliveries: their ids, or --endpoint, --outcome, --since, --until");
			}
			const answer = await ask("POST", "/deliveries/replay", { ...which, limit: Number(limit), dryRun });
			print(self, replayed.parse(answer), drawnReplay);
		});
	deliveries
		.command("release <id>")
		.description("let the held messages of a delivery go on")
		.action(async (id: string, _options: unknown, self: Command) =>
			print(self, await ask("POST", `/deliveries/${encodeURIComponent(id)}/release`), pretty),
		);
	return deliveries;
}

/** With the endpoint's id in place of its name. */
async function withEndpointId<Options extends { readonly endpoint?: string }>(
	options: Options,
): Promise<Options> {
	if (options.endpoint === undefined) return options;
	const { id } = await endpointNamed(options.endpoint);
	return { ...options, endpoint: id };
}

const counts = z.record(z.string(), z.number());
const replayed = z.looseObject({
	dryRun: z.boolean(),
	deliveries: z.number(),
	messages: z.number(),
	/** Of a dry run. */
	events: counts.optional(),
	without: counts.optional(),
	cursor: z.string().nullable(),
});

/** What people call the outcomes that a dry run foresees. */
const foreseen: Readonly<Record<string, string>> = {
	new: "new",
	duplicate: "recorded already, and not recorded again",
	conflict: "recorded with other content: they stay, and need correcting events",
	not_a_member: "of somebody who is not a member",
};

function drawnReplay({
	dryRun,
	deliveries,
	messages,
	events = {},
	without = {},
	cursor,
}: z.output<typeof replayed>) {
	const lines = [
		dryRun
			? `${messages} messages of ${deliveries} deliveries would get another turn, and give these events:`
			: `${messages} messages of ${deliveries} deliveries get another turn; see \`deliveries list\``,
		...Object.entries(events).map(([kind, count]) => `  ${count} ${foreseen[kind] ?? kind}`),
		...Object.entries(without).map(([state, count]) => `  none of ${count} messages: ${state}`),
	];
	return [...lines, ...(cursor === null ? [] : ["There are more: raise --limit."])].join("\n");
}

interface ReplayOptions {
	readonly dryRun?: true;
	readonly limit: string;
	readonly endpoint?: string;
	readonly outcome?: string;
	readonly since?: string;
	readonly until?: string;
}

const pretty = (value: unknown): string => JSON.stringify(value, null, 2);
