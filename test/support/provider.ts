import { onTestFinished, vi } from "vitest";

interface Provider {
	/** What its sites were asked: method, URL, and what proves who asks, or the form that was posted. */
	readonly asked: string[];
	/** Lets go the answers that it holds back. */
	answers(): void;
}

/** A system that a hub in this process asks, by the origins of its sites. It holds its first answers back until it is told. */
export function provider(sites: Readonly<Record<string, (request: Request) => Response>>): Provider {
	const asked: string[] = [];
	const held = Promise.withResolvers<void>();
	const letGo = ({ signal }: Request) =>
		new Promise<never>((_resolve, reject) =>
			signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
		);
	const network = globalThis.fetch;
	const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
		const request = new Request(input, init);
		const answer = sites[new URL(request.url).origin];
		if (answer === undefined) return network(request);
		const shown = request.headers.get("x-api-token") ?? request.headers.get("Authorization");
		asked.push([request.method, request.url, shown ?? (await request.clone().text())].join(" "));
		await Promise.race([held.promise, letGo(request)]);
		return answer(request);
	});
	onTestFinished(() => spy.mockRestore());
	return { asked, answers: () => held.resolve() };
}
