import { vi } from "vitest";

/** A site that results are posted to, as a test sees it, on whichever host. */
export interface Site {
	readonly origin: string;
	/** What is posted next, in the order in which it comes. */
	next(): Promise<Told>;
	/** How many were posted so far. */
	readonly posts: number;
	/** How what is posted is answered from here on: 204 at first. */
	answer(by: () => Response | Promise<Response>): void;
}

const patience = { timeout: 10_000, interval: 10 };

interface Told {
	readonly path: string;
	readonly type: string | null;
	/** JSON. */
	// biome-ignore lint/suspicious/noExplicitAny: what is posted is what the tests are about
	readonly body: any;
}

/** A site that a host gives an address, and hands what is posted there. */
export function openSite() {
	let answer = (): Response | Promise<Response> => new Response(null, { status: 204 });
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
		answer: (by: () => Response | Promise<Response>) => {
			answer = by;
		},
		receive: async (request: Request): Promise<Response> => {
			const { pathname, search } = new URL(request.url);
			const type = request.headers.get("Content-Type");
			const told: Told = { path: `${pathname}${search}`, type, body: JSON.parse(await request.text()) };
			site.posts += 1;
			came.push(told);
			return answer();
		},
	};
	return site satisfies Site;
}
