import { Hono } from "hono";
import { z } from "zod";
import { commandOf } from "../ledger/command.ts";
import { ownProvenance } from "../ledger/write.ts";
import { base64Url } from "../model/bytes.ts";
import type { AppParts } from "../parts.ts";
import { recordNow } from "../record-now.ts";
import type { WithActor } from "./access.ts";
import { page } from "./page.ts";

const nobody = { error: "there is no such customer" };

/** `/api/customers/{id}`, by loyalty id: also of who was merged into another, who is then shown. */
export function customers({ hub, office, ledger }: AppParts): Hono<WithActor> {
	const app = new Hono<WithActor>();
	app.get("/:id", async (context) => {
		const customer = await ledger.person(context.req.param("id"));
		return customer === null ? context.json(nobody, 404) : context.json(customer);
	});

	app.get("/:id/events", async (context) => {
		const query = page.safeParse(context.req.query());
		if (!query.success) return context.json({ error: z.prettifyError(query.error) }, 400);
		const { limit, cursor } = query.data;
		const history = await ledger.history(context.req.param("id"), {
			limit,
			...(cursor === undefined ? {} : { cursor }),
		});
		return history === null ? context.json(nobody, 404) : context.json(history);
	});

	/**
	 * Erases the person, and whom they absorbed, from all that the hub keeps: for good. Says by which day backups are gone, and by
	 * which event key the audit log has it.
	 */
	app.post("/:id/erase", async (context) => {
		const customer = await ledger.person(context.req.param("id"));
		if (customer === null) return context.json(nobody, 404);
		const { clock, crypto, door } = hub;
		const { hubKey, program } = await door.directory();
		const command = commandOf({
			scope: "office",
			messageId: base64Url(crypto.randomBytes(16)),
			event: {
				action: "opt_out",
				identities: [{ kind: "id", value: customer.id }],
				timestamp: clock(),
				slot: "",
				data: {},
			},
			program,
			hubKey,
			crypto,
			trust: "trusted",
			lenient: false,
			provenance: ownProvenance,
		});
		// Before it: whoever dies on the way has begun what goes on without them.
		await office.note(context.get("actor"), "customer erase", command.key);
		const [outcome] = await recordNow(hub, [command]);
		switch (outcome?.kind) {
			case "appended": {
				const backupsGoneBy = new Date(clock() + program.retention.backupsMs).toISOString().slice(0, 10);
				return context.json({ event: outcome.event, key: command.key, backupsGoneBy });
			}
			case undefined:
				return context.json(
					{ error: "nobody was erased: another call about the same is under way, or the ledger only reads" },
					503,
					{
						"Retry-After": "1",
					},
				);
			default:
				// Somebody else has erased them meanwhile.
				return context.json(nobody, 404);
		}
	});
	return app;
}
