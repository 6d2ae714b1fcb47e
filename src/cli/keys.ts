import { Command, Option } from "commander";
import { z } from "zod";
import { ask, print, secondsOf, table } from "./print.ts";

const key = z.object({
	key: z.string(),
	name: z.string(),
	use: z.string(),
	createdAt: z.number(),
	revokedAt: z.number().nullable(),
	previousUntil: z.number().nullable(),
});
type Key = z.output<typeof key>;

const made = z.object({ apiKey: z.string(), apiSecret: z.string().nullable() });

interface CreateOptions {
	readonly name?: string;
	readonly use?: string;
	readonly development?: true;
	readonly origin?: readonly string[];
	readonly allow?: readonly string[];
	readonly unsignedEvents?: true;
	readonly segmentWebhook: boolean;
	readonly requestsPerMinute?: string;
}

/** `key create | list | rotate | revoke`. */
export function keyCommands(): Command {
	const command = new Command("key").description("who may call Antavo's API: POST /events and the like");
	command
		.command("create")
		.description("make a key, and print it with its secret, this once")
		.option("--name <name>", "what people call it")
		.addOption(
			new Option("--use <use>", "browser: for pages, unsigned, and for little").choices([
				"server",
				"browser",
			]),
		)
		.option("--origin <origin...>", "a page that a browser key is for: https://shop.example.com")
		.addOption(
			new Option("--development", "believed without a signature; never for real data").conflicts("use"),
		)
		.option("--allow <network...>", "where calls may come from: 192.0.2.7, 2001:db8::/32")
		.option("--unsigned-events", "take events without a signature too, as from a page")
		.option("--no-segment-webhook", "refuse the key at /v1/webhook/segment, where it comes unsigned")
		.option("--requests-per-minute <n>", "1500 where it is not said")
		.action(async (options: CreateOptions, self: Command) => {
			const { origin: origins, development, requestsPerMinute, ...rest } = options;
			const body = {
				...rest,
				...(development === undefined ? {} : { use: "development" }),
				...(origins === undefined ? {} : { origins }),
				...(requestsPerMinute === undefined ? {} : { requestsPerMinute: Number(requestsPerMinute) }),
			};
			print(self, made.parse(await ask("POST", "/keys", body)), drawnSecret);
		});
	command
		.command("list")
		.description("all keys, without their secrets")
		.action(async (_options: unknown, self: Command) => {
			const { data } = z.object({ data: z.array(key) }).parse(await ask("GET", "/keys"));
			print(self, data, (keys) => table([["KEY", "NAME", "USE", "CREATED", "STATE"], ...keys.map(rowOf)]));
		});
	command
		.command("rotate <key>")
		.description("give a key another secret; the one before counts for a while more")
		.option("--overlap <time>", "how long: 12h, 7d, 0s", "7d")
		.action(async (named: string, { overlap }: { overlap: string }, self: Command) => {
			const body = { overlapSeconds: secondsOf(overlap) };
			const answer = await ask("POST", `/keys/${encodeURIComponent(named)}/rotate`, body);
			print(self, made.parse(answer), drawnSecret);
		});
	command
		.command("revoke <key>")
		.description("refuse all calls with a key, for good")
		.action(async (named: string, _options: unknown, self: Command) => {
			const revoked = key.parse(await ask("DELETE", `/keys/${encodeURIComponent(named)}`));
			print(self, revoked, (one) => `${one.key} (${one.name}) is revoked`);
		});
	return command;
}

const drawnSecret = ({ apiKey, apiSecret }: z.output<typeof made>): string =>
	apiSecret === null
		? `api key     ${apiKey}   (it is for pages, and has no secret)`
		: `api key     ${apiKey}\napi secret  ${apiSecret}   (printed only this once)`;

const rowOf = (one: Key): readonly string[] => [
	one.key,
	one.name,
	one.use,
	dateOf(one.createdAt),
	one.revokedAt !== null
		? `revoked ${dateOf(one.revokedAt)}`
		: one.previousUntil !== null
			? `active, the secret before until ${dateOf(one.previousUntil)}`
			: "active",
];

const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 16);
