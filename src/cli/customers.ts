import { Command } from "commander";
import { z } from "zod";
import { ask, print } from "./print.ts";

/** `customer show | erase`. */
export function customerCommands(): Command {
	const customer = new Command("customer").description("one customer, by their loyalty id");
	customer
		.command("show <id>")
		.description("profile, identities and balances")
		.action(async (id: string, _options: unknown, self: Command) =>
			print(self, await ask("GET", pathOf(id)), (value) => JSON.stringify(value, null, 2)),
		);
	customer
		.command("erase <id>")
		.description(
			"take the person out of all that the hub keeps, and their points with them; nothing brings them back",
		)
		.action(async (id: string, _options: unknown, self: Command) =>
			print(self, erased.parse(await ask("POST", `${pathOf(id)}/erase`)), ({ event, backupsGoneBy }) =>
				[
					`${id} is erased: of them is left that event ${event} ended them, without a name.`,
					`Backups from before have to be deleted by ${backupsGoneBy}; one that is restored is told of it when it starts.`,
				].join("\n"),
			),
		);
	return customer;
}

const erased = z.looseObject({ event: z.string(), backupsGoneBy: z.string() });

const pathOf = (id: string): string => `/customers/${encodeURIComponent(id)}`;
