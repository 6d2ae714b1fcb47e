import { z } from "zod";

/** Which part of a list is asked for. */
export const page = z.object({
	limit: z.coerce.number().int().min(1).max(200).default(50),
	cursor: z.string().optional(),
});
