import { bad, good, type Result } from "../model/result.ts";
import { type ApiError, apiError } from "./envelope.ts";
import { antavoLimits } from "./limits.ts";

/** Which part of a list is asked for. */
export interface Page {
	readonly limit: number;
	readonly offset: number;
	/** Whether the caller named a limit: only then Antavo answers with links. */
	readonly linked: boolean;
}

interface Pages {
	readonly limit: number;
	/** The last row, counted from 0, that may be reached: what lies across many shards is gathered anew for each page. */
	readonly reachMax?: number;
}

/** `limit` and `offset`; the given limit holds where the caller names none. */
export function readPage(query: URLSearchParams, { limit, reachMax }: Pages): Result<Page, ApiError> {
	if (query.size > antavoLimits.parametersMax) return bad(apiError(400, tooMany, 201012));
	const asked = query.get("limit");
	const rows = numberIn(asked, limit);
	if (rows === undefined || rows < 1 || rows > antavoLimits.pageRowsMax) {
		return bad(apiError(400, `Limit must be between 1 and ${antavoLimits.pageRowsMax}`, 201010));
	}
	const offset = numberIn(query.get("offset"), 0);
	if (offset === undefined) return bad(apiError(400, "Offset cannot be negative", 201011));
	if (reachMax !== undefined && rows + offset > reachMax) {
		return bad(apiError(400, `Offset and limit reach no further than ${reachMax}: narrow what is asked for`));
	}
	return good({ limit: rows, offset, linked: asked !== null });
}

const tooMany = `Invalid query string parameter(s): there are more than ${antavoLimits.parametersMax}`;

const numberIn = (text: string | null, fallback: number): number | undefined => {
	if (text === null || text === "") return fallback;
	return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
};

/** What says who calls: it is no part of what is asked for, and in no link. */
export const credentials = /^(api_key|x-antavo-.*)$/i;

/** The address of another page of the same list, relative, as Antavo gives it. */
export function pageAt(path: string, query: URLSearchParams, offset: number, limit: number): string {
	const others = [...query].filter(
		([name]) => name !== "limit" && name !== "offset" && !credentials.test(name),
	);
	const all = new URLSearchParams([...others, ["limit", String(limit)], ["offset", String(offset)]]);
	return `${path}?${all}`;
}

/**
 * The rows of a page, of which one more than wanted was read, with the links to its neighbours: Antavo calls the one before
 * `prev` in one place and `previous` in another.
 */
export function pageOf<Row>(
	rows: readonly Row[],
	{ limit, offset, linked }: Page,
	{ path, query }: { readonly path: string; readonly query: URLSearchParams },
) {
	const data = rows.slice(0, limit);
	if (!linked) return { data };
	const before = pageAt(path, query, Math.max(0, offset - limit), limit);
	return {
		data,
		...(offset > 0 ? { prev: before, previous: before } : {}),
		...(rows.length > limit ? { next: pageAt(path, query, offset + limit, limit) } : {}),
	};
}
