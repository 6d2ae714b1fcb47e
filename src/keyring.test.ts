import { expect, it } from "vitest";
import { openKeyring } from "./keyring.ts";

const hour = 3_600_000;

/** A keyring whose sites answer as the test says; counts what was asked. */
function opened(answer: (url: string) => Response | Promise<Response>) {
	const asked: string[] = [];
	let now = 0;
	const keyring = openKeyring({
		fetch: async ({ url }) => {
			asked.push(url);
			return answer(url);
		},
		clock: () => now,
	});
	return {
		asked,
		keysAt: keyring.keysAt,
		wait: (ms: number) => {
			now += ms;
		},
	};
}

it("keeps a key for a day", async () => {
	const { asked, keysAt, wait } = opened((url) => new Response(`key of ${url}`));
	expect(await keysAt(["https://a.example/1", "https://a.example/2"])).toEqual([
		"key of https://a.example/1",
		"key of https://a.example/2",
	]);
	wait(24 * hour - 1);
	expect(await keysAt(["https://a.example/1"])).toEqual(["key of https://a.example/1"]);
	expect(asked).toHaveLength(2);
	wait(1);
	await keysAt(["https://a.example/1"]);
	expect(asked).toHaveLength(3);
});

it("asks a site that fails again after ten seconds, and meanwhile says that it does not know", async () => {
	let status = 500;
	const { asked, keysAt, wait } = opened(() => new Response("key", { status }));
	expect(await keysAt(["https://a.example/1"])).toBeUndefined();
	status = 200;
	wait(9_999);
	expect(await keysAt(["https://a.example/1"])).toBeUndefined();
	expect(asked).toHaveLength(1);
	wait(1);
	expect(await keysAt(["https://a.example/1"])).toEqual(["key"]);
});

it("takes either key where the other's site fails", async () => {
	const { keysAt } = opened((url) => new Response("key", { status: url.endsWith("1") ? 503 : 200 }));
	expect(await keysAt(["https://a.example/1", "https://a.example/2"])).toEqual(["key"]);
});

it("asks for ten minutes no more where there is no key", async () => {
	const { asked, keysAt, wait } = opened(() => new Response("", { status: 404 }));
	expect(await keysAt(["https://a.example/1"])).toEqual([]);
	wait(10 * 60_000 - 1);
	expect(await keysAt(["https://a.example/1"])).toEqual([]);
	expect(asked).toHaveLength(1);
	wait(1);
	await keysAt(["https://a.example/1"]);
	expect(asked).toHaveLength(2);
});

it("takes no endless text for a key, and follows nobody elsewhere", async () => {
	const { keysAt } = opened((url) =>
		url.endsWith("long")
			? new Response("x".repeat(262_145))
			: new Response(null, { status: 302, headers: { Location: "https://b.example/key" } }),
	);
	expect(await keysAt(["https://a.example/long"])).toEqual([]);
	expect(await keysAt(["https://a.example/moved"])).toBeUndefined();
});

it("remembers a few keys, whatever strangers name", async () => {
	const { asked, keysAt } = opened(() => new Response("key"));
	for (let index = 0; index <= 64; index++) await keysAt([`https://a.example/${index}`]);
	await keysAt(["https://a.example/64"]);
	expect(asked).toHaveLength(65);
	await keysAt(["https://a.example/0"]);
	expect(asked).toHaveLength(66);
});
