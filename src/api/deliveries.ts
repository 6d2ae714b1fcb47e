import { Hono } from "hono";
import { z } from "zod";
import { inboxOf, keptDeliveries, listDeliveries, pagesOfIds, unknownOf } from "../deliveries.ts";
import type { ListQuery } from "../inbox/inbox.ts";
import { outcomeOrder } from "../model/outcome.ts";
import type { AppParts } from "../parts.ts";
import { rehearse } from "../replay.ts";
import type { WithActor } from "./access.ts";
import { bodyOf } from "./body.ts";
import { page } from "./page.ts";

/** ISO 8601, read as Unix milliseconds. */
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const filter = z.strictObject({
	endpoint: z.string().optional(),
	outcome: z.enum(outcomeOrder).optional(),
	since: instant.optional(),
	until: instant.optional(),
});
type Filter = z.output<typeof filter>;

const replayed = z
	.strictObject({
		ids: z
			.array(z.string())
			.max(1_000)
			.transform((ids) => [...new Set(ids)])
			.optional(),
		filter: filter.optional(),
		limit: z.number().int().min(1).max(10_000).default(1_000),
		cursor: z.string().optional(),
		dryRun: z.boolean().default(false),
	})
	.refine(
		({ ids, filter }) => (ids === undefined) !== (filter === undefined),
		"takes either ids or a filter",
	);

/** `/api/deliveries`: what was received, and what became of it. */
export function deliveries(parts: AppParts): Hono<WithActor> {
	const { hub, office } = parts;
	const { inboxes } = hub;
	const app = new Hono<WithActor>();

	app.get("/", async (context) => {
		const query = page.extend(filter.shape).safeParse(context.req.query());
		if (!query.success) return context.json({ error: z.prettifyError(query.error) }, 400);
		const { limit, cursor, ...filters } = query.data;
		const data = await listDeliveries(inboxes, queryOf(filters, limit, cursor));
		return context.json({ data, cursor: data.length < limit ? null : (data.at(-1)?.id ?? null) });
	});

	app.post("/replay", async (context) => {
		const asked = await bodyOf(context, replayed);
		if (!asked.ok) return context.json({ error: asked.error }, asked.status);
		const { ids, filter = {}, limit, cursor, dryRun } = asked.value;
		const unknown = await unknownOf(inboxes, ids ?? []);
		if (unknown.length > 0) return context.json(noDelivery(unknown), 404);
		let last: string | undefined;
		let found = 0;
		async function* pages(): AsyncGenerator<readonly string[]> {
			const source = ids === undefined ? pagesOfIds(inboxes, queryOf(filter, limit, cursor)) : [ids];
			for await (const page of source) {
				found += page.length;
				last = page.at(-1);
				yield page;
			}
		}
		const next = () => ({ cursor: ids === undefined && found === limit ? (last ?? null) : null });
		if (dryRun) {
			const rehearsal = await rehearse(hub, keptDeliveries(inboxes, pages()));
			return context.json({ dryRun, ...rehearsal, ...next() });
		}
		let messages = 0;
		for await (const page of pages()) {
			for (const [inbox, group] of Map.groupBy(page, (id) => inboxOf(inboxes, id))) {
				messages += (await inbox?.replay(group)) ?? 0;
			}
		}
		await office.note(context.get("actor"), "deliveries replay", `${messages} messages`);
		return context.json({ dryRun, deliveries: found, messages, ...next() });
	});

	app.get("/:id", async (context) => {
		const id = context.req.param("id");
		const found = await inboxOf(inboxes, id)?.show(id);
		return found == null ? context.json(noDelivery([id]), 404) : context.json(found);
	});

	app.post("/:id/release", async (context) => {
		const id = context.req.param("id");
		const unknown = await unknownOf(inboxes, [id]);
		if (unknown.length > 0) return context.json(noDelivery(unknown), 404);
		const released = await inboxOf(inboxes, id)?.letGo(id);
		return context.json({ released });
	});

	return app;
}

const noDelivery = (ids: readonly string[]) => ({ error: `there is no delivery ${ids.join(", ")}` });

const queryOf = (
	{ endpoint, outcome, since, until }: Filter,
	limit: number,
	cursor: string | undefined,
): ListQuery => ({
	limit,
	...(cursor === undefined ? {} : { cursor }),
	...(endpoint === undefined ? {} : { endpoint }),
	...(outcome === undefined ? {} : { outcome }),
	...(since === undefined ? {} : { since }),
	...(until === undefined ? {} : { until }),
});
