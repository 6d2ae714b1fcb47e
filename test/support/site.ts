import { vi } from "vitest";

/** A site that the hub tells or asks something, as a test sees it, on whichever host. */
export interface Site {
	readonly origin: string;
	/** What comes next, in the order in which it comes. */
	next(): Promise<Told>;
	/** How many came so far. */
	readonly posts: number;
	/** How what comes is answered from here on: 204 at first. */
	answer(by: (path: string, authorization: string | null) => Response | Promise<Response>): void;
}

const patience = { timeout: 10_000, interval: 10 };

interface Told {
	readonly path: string;
	readonly type: string | null;
	readonly authorization: string | null;
	/** JSON, or the text of a form; null where nothing is sent. */
	// biome-ignore lint/suspicious/noExplicitAny: what is posted is what the tests are about
	readonly body: any;
}

/** A site that a host gives an address, and hands what is posted there. */
export function openSite() {
	let answer: Parameters<Site["answer"]>[0] = () => new Response(null, { status: 204 });
	const came: Told[] = [];
	const site = {
		origin: "",
		posts: 0,
		// It is asked for again and again: on Workers what awaits in one object is not to be woken by another.
		next: () =>
			vi.waitFor(() => {
				const told = came.shift();
				if (told === undefined) throw new Error("nothing was posted");
				return told;
			}, patience),
		answer: (by: typeof answer) => {
			answer = by;
		},
		receive: async (request: Request): Promise<Response> => {
			const { pathname, search } = new URL(request.url);
			const type = request.headers.get("Content-Type");
			const authorization = request.headers.get("Authorization");
			const path = `${pathname}${search}`;
			const text = await request.text();
			const isForm = type === "application/x-www-form-urlencoded";
			came.push({ path, type, authorization, body: text === "" ? null : isForm ? text : JSON.parse(text) });
			site.posts += 1;
			return answer(path, authorization);
		},
	};
	return site satisfies Site;
}
