import { Command } from "commander";
import { z } from "zod";
import { ask, print, table } from "./print.ts";

const client = z.object({
	id: z.string(),
	name: z.string(),
	scope: z.string(),
	status: z.string(),
	createdAt: z.number(),
	expiresAt: z.number().nullable(),
	revokedAt: z.number().nullable(),
	callbacks: z.array(z.string()),
});

const made = z.object({ clientId: z.string(), clientSecret: z.string() });

interface CreateOptions {
	readonly name?: string;
	readonly expiresAt?: string;
	readonly callback?: readonly string[];
}

/** `client create | list | revoke`. */
export function clientCommands(): Command {
	const command = new Command("client").description("who may ask for tokens of the asynchronous API");
	command
		.command("create")
		.description("make a client of OAuth 2, and print it with its secret, this once")
		.option("--name <name>", "what people call it")
		.option("--expires-at <time>", "when it ends by itself: 2027-01-01T00:00:00Z")
		.option("--callback <origin...>", "a site that results may be posted to: https://shop.example.com")
		.action(async ({ callback: callbacks = [], ...options }: CreateOptions, self: Command) =>
			print(
				self,
				made.parse(await ask("POST", "/clients", { ...options, callbacks })),
				({ clientId, clientSecret }) =>
					`client id      ${clientId}\nclient secret  ${clientSecret}   (printed only this once)`,
			),
		);
	command
		.command("list")
		.description("all clients, without their secrets")
		.action(async (_options: unknown, self: Command) => {
			const { data } = z.object({ data: z.array(client) }).parse(await ask("GET", "/clients"));
			print(self, data, (clients) =>
				table([
					["CLIENT", "NAME", "SCOPE", "STATUS", "EXPIRES", "CALLBACKS"],
					...clients.map((one) => [
						one.id,
						one.name,
						one.scope,
						one.status,
						one.expiresAt === null ? "" : new Date(one.expiresAt).toISOString(),
						one.callbacks.join(" "),
					]),
				]),
			);
		});
	command
		.command("revoke <id>")
		.description("refuse a client and its tokens, for good")
		.action(async (id: string, _options: unknown, self: Command) => {
			const revoked = client.parse(await ask("DELETE", `/clients/${encodeURIComponent(id)}`));
			print(self, revoked, (one) => `${one.id} (${one.name}) is revoked`);
		});
	return command;
}
