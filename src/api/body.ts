import type { Context } from "hono";
import { z } from "zod";
import { isDeeperThan, type Value } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import { type BodyFailure, readBody } from "../receive/body.ts";

/** Ten times all the mappings that come with the hub: the largest that is asked is what many texts would make. */
const bodyBytesMax = 4 * 1024 * 1024;

type Asked<Asking> =
	| { readonly ok: true; readonly value: Asking }
	| { readonly ok: false; readonly status: BodyFailure["status"]; readonly error: string };

/** The body as its schema has it, or what is wrong with it. */
export async function bodyOf<Schema extends z.ZodType>(
	context: Context,
	schema: Schema,
): Promise<Asked<z.output<Schema>>> {
	const read = await readBody(context.req.raw, { bytesMax: bodyBytesMax });
	if (!read.ok) return { ok: false, status: read.failure.status, error: read.failure.message };
	let body: Value;
	try {
		body = JSON.parse(new TextDecoder().decode(read.value.body));
	} catch {
		return wrong("the body is not JSON");
	}
	// A schema goes down as deep as what it is given.
	if (isDeeperThan(body, limits.depthMax))
		return wrong(`the body is nested deeper than ${limits.depthMax} levels`);
	const parsed = schema.safeParse(body);
	return parsed.success ? { ok: true, value: parsed.data } : wrong(z.prettifyError(parsed.error));
}

const wrong = (error: string) => ({ ok: false, status: 400, error }) as const;
