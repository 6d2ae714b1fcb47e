import { Command } from "commander";
import { z } from "zod";
import { ask, print } from "./print.ts";

/** `token create`. */
export function tokenCommands(): Command {
	const token = new Command("token").description("bearer tokens for /api");
	token
		.command("create")
		.description("make a token; it is printed only this once")
		.option("--role <role>", "what it may do", "Administrator")
		.option("--name <name>", "what it is for", "api")
		.action(async (options: { role: string; name: string }, self: Command) =>
			print(
				self,
				z.object({ token: z.string() }).parse(await ask("POST", "/tokens", options)),
				(made) => made.token,
			),
		);
	return token;
}
