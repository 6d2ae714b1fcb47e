import { type Context, Hono } from "hono";
import { z } from "zod";
import { placeOfEvent } from "../ledger/event-id.ts";
import { exportLedger } from "../ledger-export.ts";
import { acceptLedger, checkpointLedger, verifyLedger } from "../notaries.ts";
import type { AppParts } from "../parts.ts";
import { reopenLost } from "../reopen.ts";
import type { WithActor } from "./access.ts";
import { bodyOf } from "./body.ts";

const verification = z.strictObject({
	/** Signed notes that somebody has kept. */
	checkpoints: z.array(z.string().max(10_000)).max(10_000).default([]),
});

const sizes = z.object({
	shard: z.coerce.number().int().min(0).default(0),
	from: z.coerce.number().int().min(0),
	to: z.coerce.number().int().min(0),
});

/** `/api/ledger`: what proves that nothing in it was altered. */
export function ledgerRoutes({ hub, ledger, notaries, office }: AppParts): Hono<WithActor> {
	const app = new Hono<WithActor>();
	app.get("/", async (context) => context.json(await ledger.stats()));
	app.post("/rebuild", async (context) => context.json(await ledger.rebuild()));

	app.post("/checkpoint", async (context) =>
		context.json({ data: await checkpointLedger(notaries), cursor: null }),
	);

	app.post("/verify", async (context) => {
		const asked = await bodyOf(context, verification);
		if (!asked.ok) return context.json({ error: asked.error }, asked.status);
		return context.json(await verifyLedger(notaries, asked.value.checkpoints));
	});

	app.get("/consistency", async (context) => {
		const asked = sizes.safeParse(context.req.query());
		if (!asked.success) return context.json({ error: z.prettifyError(asked.error) }, 400);
		const { shard, from, to } = asked.data;
		const path = shard < notaries.count ? await notaries.at(shard).consistency(from, to) : null;
		return path === null
			? context.json({ error: "there is no such log, or it is shorter" }, 404)
			: context.json({ path });
	});

	app.post("/accept", async (context) => {
		const actor = context.get("actor");
		const { accepted, refusals } = await acceptLedger(notaries, actor);
		for (const { acceptance } of accepted) {
			await office.note(actor, "accepted what a ledger lost", acceptance.name);
		}
		if (accepted.length === 0) return context.json({ error: refusals.join("; ") }, 409);
		const reopened = await reopenLost(hub.inboxes, ledger);
		return context.json({ data: accepted, cursor: null, reopened });
	});

	app.get("/export", async (context) => {
		await office.note(context.get("actor"), "exported the ledger", "");
		const lines = exportLedger(notaries);
		const encoder = new TextEncoder();
		const stream = new ReadableStream<Uint8Array>({
			pull: async (controller) => {
				try {
					const next = await lines.next();
					if (next.done === true) controller.close();
					else controller.enqueue(encoder.encode(next.value));
				} catch (error) {
					hub.log.error("an export ended before its time", { error: String(error) });
					controller.error(error);
				}
			},
		});
		return context.body(stream, 200, { "Content-Type": "application/x-ndjson" });
	});
	return app;
}

/** `/api/events/{id}/proof`: the event as it was recorded, and a receipt that anybody can verify without the hub. */
export async function proofOfEvent({ notaries }: AppParts, context: Context): Promise<Response> {
	const id = context.req.param("id") ?? "";
	const place = placeOfEvent(id);
	const known = place !== undefined && place.shard < notaries.count;
	const proof = known ? await notaries.at(place.shard).proof(id) : null;
	return proof === null ? context.json({ error: "there is no such event" }, 404) : context.json(proof);
}
