import type { Context } from "hono";
import { z } from "zod";

/** The body as its schema has it, or what is wrong with it. */
export async function bodyOf<Schema extends z.ZodType>(
	context: Context,
	schema: Schema,
): Promise<
	{ readonly ok: true; readonly value: z.output<Schema> } | { readonly ok: false; readonly error: string }
> {
	let body: unknown;
	try {
		body = await context.req.json();
	} catch {
		return { ok: false, error: "the body is not JSON" };
	}
	const parsed = schema.safeParse(body);
	return parsed.success
		? { ok: true, value: parsed.data }
		: { ok: false, error: z.prettifyError(parsed.error) };
}
