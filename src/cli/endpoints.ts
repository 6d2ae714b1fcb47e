import { existsSync, readFileSync, statSync } from "node:fs";
import { Command } from "commander";
import { z } from "zod";
import { Unusable } from "./client.ts";
import { ask, print, secondsOf, table } from "./print.ts";

const counts = z.record(z.string(), z.number());
const health = z.looseObject({
	state: z.string(),
	why: z.string(),
	lastDelivery: z.looseObject({ id: z.string(), receivedAt: z.string(), outcome: z.string() }).nullable(),
	lastDay: counts,
	lastWeek: counts,
	countedSince: z.string(),
	refused: z.looseObject({ since: z.string(), causes: counts }),
});

const endpoint = z.looseObject({
	id: z.string(),
	connector: z.string(),
	name: z.string(),
	state: z.string(),
	url: z.string(),
	writeKey: z.string().optional(),
	settings: z.record(z.string(), z.json()),
	secrets: z.array(z.object({ name: z.string(), since: z.string(), previousUntil: z.string().nullable() })),
	previousUrlUntil: z.string().nullable(),
	previousWriteKeyUntil: z.string().nullable().optional(),
	advice: z.array(z.string()).optional(),
	acceptsWebhooks: z.boolean().optional(),
	health: health.optional(),
});
const report = z.looseObject({
	ok: z.boolean(),
	steps: z.array(z.object({ step: z.string(), ok: z.boolean(), said: z.string() })),
});
type Endpoint = z.output<typeof endpoint>;

const setHelp = "a setting of the connector; name=@file is what the file says";

/** `endpoint create | list | show | set | rotate | pause | resume | delete | test`. */
export function endpointCommands(): Command {
	const command = new Command("endpoint").description("the addresses that other systems send to");
	command
		.command("create <connector>")
		.description("make an endpoint, and print where its system must send")
		.requiredOption("--name <name>", "lower-case, unique; mappings can name it as connector/name")
		.option("--set <name=value...>", setHelp, [])
		.option("--secret <name=value...>", "a secret of the connector, as its system shows it", [])
		.action(
			async (
				connector: string,
				options: { name: string; set: string[]; secret: string[] },
				self: Command,
			) => {
				const created = endpoint.parse(
					await ask("POST", "/endpoints", {
						connector,
						name: options.name,
						settings: settingsOf(options.set),
						secrets: pairsOf(options.secret, "--secret"),
					}),
				);
				print(self, created, described);
			},
		);
	command
		.command("list")
		.description("all endpoints")
		.action(async (_options: unknown, self: Command) => {
			const { data } = z.object({ data: z.array(endpoint) }).parse(await ask("GET", "/endpoints"));
			print(self, data, (endpoints) =>
				table([
					["NAME", "CONNECTOR", "STATE", "LAST DELIVERY", "ID", "URL"],
					...endpoints.map((one) => [
						one.name,
						one.connector,
						one.health?.state ?? one.state,
						lastOf(one.health?.lastDelivery ?? null),
						one.id,
						one.url,
					]),
				]),
			);
		});
	command
		.command("show <name-or-id>")
		.description("one endpoint: how it is set, and how it is doing")
		.action(async (named: string, _options: unknown, self: Command) =>
			print(self, await endpointNamed(named), described),
		);
	command
		.command("set <name-or-id>")
		.description("give settings other values; the rest stays as it is")
		.requiredOption("--set <name=value...>", setHelp)
		.action(async (named: string, options: { set: string[] }, self: Command) => {
			const { id } = await endpointNamed(named);
			const body = { settings: settingsOf(options.set) };
			print(self, endpoint.parse(await ask("PATCH", `/endpoints/${id}`, body)), described);
		});
	command
		.command("rotate <name-or-id>")
		.description("replace what proves its sender; what was before counts for a while more")
		.option("--secret <name=value...>", "the secret that its system signs with from now on", [])
		.option("--unset <name...>", "a secret that is not asked for any more, from now on", [])
		.option("--write-key", "make another write key, and print it")
		.option("--url", "make another URL, and print it")
		.option("--overlap <time>", "how long: 12h, 7d, 0s", "24h")
		.action(async (named: string, options: RotateOptions, self: Command) => {
			const { id } = await endpointNamed(named);
			const body = {
				secrets: {
					...pairsOf(options.secret, "--secret"),
					...Object.fromEntries(options.unset.map((name) => [name, null])),
				},
				writeKey: options.writeKey === true,
				url: options.url === true,
				overlapSeconds: secondsOf(options.overlap),
			};
			print(self, endpoint.parse(await ask("POST", `/endpoints/${id}/rotate`, body)), described);
		});
	command
		.command("test <name-or-id>")
		.description(
			"send a signed sample through the hub's own door; it gives no events; exit 1 where a step fails",
		)
		.option("--unsigned", "only read and map it: for senders who sign by a key that nobody else has")
		.action(async (named: string, { unsigned = false }: { unsigned?: boolean }, self: Command) => {
			const { id } = await endpointNamed(named);
			const tested = report.parse(await ask("POST", `/endpoints/${id}/test`, { unsigned }));
			print(self, tested, ({ steps }) =>
				steps.map(({ step, ok, said }) => `${ok ? "ok  " : "FAIL"}  ${step.padEnd(8)}  ${said}`).join("\n"),
			);
			if (!tested.ok) process.exitCode = 1;
		});
	for (const [verb, state] of [
		["pause", "paused"],
		["resume", "active"],
		["delete", "deleted"],
	] as const) {
		command
			.command(`${verb} <name-or-id>`)
			.description(meaning[verb])
			.action(async (named: string, _options: unknown, self: Command) => {
				const { id } = await endpointNamed(named);
				print(self, endpoint.parse(await ask("PATCH", `/endpoints/${id}`, { state })), described);
			});
	}
	return command;
}

interface RotateOptions {
	readonly secret: readonly string[];
	readonly unset: readonly string[];
	readonly writeKey?: true;
	readonly url?: true;
	readonly overlap: string;
}

const meaning = {
	pause: "store and answer what comes, and hold its messages",
	resume: "map what comes again; what was held is released delivery by delivery",
	delete: "answer 410 for thirty days, then 404",
} as const;

/** The endpoint of this name or id. */
export async function endpointNamed(named: string): Promise<Endpoint> {
	const { data } = z.object({ data: z.array(endpoint) }).parse(await ask("GET", "/endpoints"));
	const called = data.filter(({ name }) => name === named);
	// The name of a deleted one may be another's by now.
	const one =
		data.find(({ id }) => id === named) ?? called.find(({ state }) => state !== "deleted") ?? called.at(-1);
	if (one === undefined) throw new Unusable(`there is no endpoint ${named}; see \`endpoint list\``);
	return one;
}

function described(one: Endpoint): string {
	const lines = [
		`${one.connector} endpoint ${one.name} (${one.id}), ${one.state}`,
		`  url        ${one.url}${one.acceptsWebhooks === false ? "   (refuses webhooks until a secret is set)" : ""}`,
	];
	if (one.previousUrlUntil !== null)
		lines.push(`             the URL before it until ${minuteOf(one.previousUrlUntil)}`);
	if (one.writeKey !== undefined)
		lines.push(`  write key  ${one.writeKey}${besides(one.previousWriteKeyUntil ?? null)}`);
	for (const [name, value] of Object.entries(one.settings))
		lines.push(`  ${name} = ${JSON.stringify(value)}`);
	for (const { name, since, previousUntil } of one.secrets)
		lines.push(`  secret ${name}, set ${minuteOf(since)}${besides(previousUntil)}`);
	if (one.health !== undefined) lines.push(...healthLines(one.health));
	for (const sentence of one.advice ?? []) lines.push(`  ${sentence}`);
	return lines.join("\n");
}

function healthLines({ state, why, lastDelivery, ...counted }: z.output<typeof health>): readonly string[] {
	const { lastDay, lastWeek, countedSince, refused } = counted;
	return [
		`  ${state}: ${why}`,
		`  last delivery  ${lastDelivery === null ? "none" : `${lastOf(lastDelivery)}, ${lastDelivery.id}`}`,
		`  last 24 hours  ${countsOf(lastDay)}`,
		`  last 7 days    ${countsOf(lastWeek)}${partOf(lastWeek, countedSince)}`,
		`  refused        ${countsOf(refused.causes)}, since ${minuteOf(refused.since)}`,
	];
}

const lastOf = (delivery: z.output<typeof health>["lastDelivery"]): string =>
	delivery === null ? "-" : `${minuteOf(delivery.receivedAt)} ${delivery.outcome}`;

const countsOf = (counted: Readonly<Record<string, number>>): string =>
	Object.entries(counted)
		.map(([name, count]) => `${count} ${name}`)
		.join(", ") || "none";

const weekMs = 7 * 24 * 60 * 60_000;

/** Of very many deliveries the newest alone are counted. */
const partOf = (counted: Readonly<Record<string, number>>, since: string): string =>
	Object.keys(counted).length > 0 && Date.now() - Date.parse(since) < 0.99 * weekMs
		? `, counted since ${minuteOf(since)}`
		: "";

const besides = (until: string | null): string =>
	until === null ? "" : `, the one before it until ${minuteOf(until)}`;

const minuteOf = (time: string): string => time.slice(0, 16);

function pairsOf(pairs: readonly string[], option: string): Record<string, string> {
	return Object.fromEntries(
		pairs.map((pair) => {
			const equals = pair.indexOf("=");
			if (equals < 1) throw new Unusable(`${option} ${pair} is not name=value`);
			return [pair.slice(0, equals), pair.slice(equals + 1)];
		}),
	);
}

const settingsOf = (pairs: readonly string[]): Record<string, string> =>
	Object.fromEntries(Object.entries(pairsOf(pairs, "--set")).map(([name, value]) => [name, whatSays(value)]));

/** A value, or what the file after an `@` says. */
function whatSays(value: string): string {
	if (!value.startsWith("@")) return value;
	const path = value.slice(1);
	if (!existsSync(path) || !statSync(path).isFile()) throw new Unusable(`there is no file ${path}`);
	return readFileSync(path, "utf8");
}
