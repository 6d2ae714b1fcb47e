/** `npm run -s hub -- <command>`: everything a person or a script does with the hub from a terminal. */
import { Command, CommanderError } from "commander";
import { Unopenable } from "../host/node/unopenable.ts";
import { actionCommands } from "./actions.ts";
import { Unusable } from "./client.ts";
import { clientCommands } from "./clients.ts";
import { customerCommands } from "./customers.ts";
import { deliveryCommands } from "./deliveries.ts";
import { endpointCommands } from "./endpoints.ts";
import { exportCommand } from "./export.ts";
import { keyCommands } from "./keys.ts";
import { ledgerCommands } from "./ledger.ts";
import { mappingCommands } from "./mappings.ts";
import { tokenCommands } from "./tokens.ts";

const hub = new Command("hub")
	.description("An integration connector hub with the loyalty event ledger inside.")
	.option("--json", "print JSON instead of text")
	.exitOverride()
	.showHelpAfterError();

hub
	.command("start")
	.description("run the hub on this machine, as `npm start` does")
	.action(async () => {
		await import("../host/node/start.ts");
	});
for (const command of [
	endpointCommands(),
	keyCommands(),
	clientCommands(),
	deliveryCommands(),
	customerCommands(),
	tokenCommands(),
	actionCommands(),
	mappingCommands(),
	...ledgerCommands(),
	exportCommand(),
]) {
	hub.addCommand(throwing(command));
}

/** A command that throws where it would end the process, with all that are under it: they inherit nothing. */
function throwing(command: Command): Command {
	for (const one of command.commands) throwing(one);
	return command.exitOverride();
}

try {
	await hub.parseAsync();
} catch (error) {
	if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
	else if (error instanceof Unusable) {
		console.error(error.message);
		process.exitCode = 2;
	} else {
		// What is open, the ledger's thread for one, would keep the process. Exit 1 is for problems that were found.
		console.error(error instanceof Unopenable ? error.message : error);
		process.exit(2);
	}
}
