import { exports } from "cloudflare:workers";
import { callerOf, type TestHub } from "../support/calls.ts";

const url = "https://hub.example.test";
const fetch = (request: Request): Promise<Response> => exports.default.fetch(request);

/** The hub of this test file, with storage of its own; its operator signs in and makes a token. */
export async function openTestHub(): Promise<TestHub> {
	const signedIn = await fetch(
		new Request(`${url}/office/sign-in`, {
			method: "POST",
			headers: { Origin: url },
			body: new URLSearchParams({ account: "admin", password: "a password of the tests" }),
			redirect: "manual",
		}),
	);
	const made = await fetch(
		new Request(`${url}/api/tokens`, {
			method: "POST",
			headers: { Cookie: signedIn.headers.get("Set-Cookie") ?? "", "Content-Type": "application/json" },
			body: JSON.stringify({ name: "tests", role: "Administrator" }),
		}),
	);
	const { token } = await made.json<{ token: string }>();
	return {
		url,
		fetch,
		...callerOf({ fetch, url: () => url, token: () => token }),
		close: () => Promise.resolve(),
	};
}
