import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { antavoClient } from "./support/antavo.ts";
import {
	type EndpointView,
	eventsOf,
	newestDelivery,
	type Page,
	segmentEndpoint,
	type TestHub,
} from "./support/calls.ts";

/** The life of a custom action in a whole hub, on whichever host. `open` gives an empty hub as shipped. */
export function testActionLife(host: string, open: () => Promise<TestHub>): void {
	let hub: TestHub;
	let endpoint: EndpointView;
	beforeEach(async () => {
		hub = await open();
		endpoint = await segmentEndpoint(hub, "shop");
		await send({ event: "Signed Up" });
	}, patience.timeout);
	afterEach(() => hub.close(), patience.timeout);

	/** What becomes of a track of ada's. */
	async function send(message: object): Promise<readonly (string | undefined)[]> {
		const { status } = await hub.fetch(
			new Request(`${hub.url}/v1/track`, {
				method: "POST",
				headers: { Authorization: `Basic ${btoa(`${endpoint.writeKey}:`)}` },
				body: JSON.stringify({ messageId: crypto.randomUUID(), userId: "ada", ...message }),
			}),
		);
		expect(status).toBe(200);
		await hub.drained();
		const { messageViews } = await newestDelivery(hub);
		return messageViews.flatMap(
			({ state, plan }) => plan?.map(({ outcome }) => outcome?.kind ?? "pending") ?? [state],
		);
	}

	const answer = (properties: object) => send({ event: "Survey Answered", properties });
	const put = (text: string): Promise<unknown> => hub.call("PUT", "/actions/survey", text);

	async function refused(method: string, text?: string): Promise<Refusal> {
		const response = await hub.ask(method, "/actions/survey", text);
		expect(response.status).toBe(422);
		return (await response.json()) as Refusal;
	}

	describe(`A custom action that is uploaded, on ${host}`, patience, () => {
		it("is mapped to, cast and recorded at once, and what it becomes counts from then on", async () => {
			expect((await hub.ask("PUT", "/mappings/shop/survey", mapping())).status).toBe(422);
			expect(await put(survey)).toMatchObject({ live: true, problems: [] });
			expect((await hub.ask("PUT", "/mappings/shop/survey", mapping())).status).toBe(200);
			expect(await answer({ id: "s-1", score: "7" })).toEqual(["appended"]);
			expect((await eventsOf(hub)).at(-1)).toMatchObject({
				action: "survey",
				label: "Survey answered",
				points: 5,
				properties: { survey_id: "s-1", score: 7 },
				flags: [],
			});
			expect(await answer({ id: "s-1", score: "8" })).toEqual(["conflict"]);
			expect(await answer({ id: "s-2", score: "many" })).toEqual(["refused"]);

			await put(`${survey.replace("points: 5", "points: 9")}  channel: text\n`);
			expect((await hub.ask("PUT", "/mappings/shop/survey", mapping("channel: $.type"))).status).toBe(200);
			expect(await answer({ id: "s-3" })).toEqual(["appended"]);
			expect((await eventsOf(hub)).at(-1)).toMatchObject({
				points: 9,
				properties: { survey_id: "s-3", channel: "track" },
				flags: [],
			});
		});

		it("can not become what would break its events or its senders", async () => {
			await put(survey);
			const before = await hub.call("GET", "/actions/survey");
			const { error, problems } = await refused("PUT", "once: customer\nattributes:\n  survey_id: number\n");
			expect(error).toBe("the actions have 3 errors, and stay as they are");
			expect(problems.map(({ drawn }) => drawn)).toEqual([
				"upload:survey:1:7  error: `once` can not change: what was recorded by the old one would count as new; " +
					"leave it as `once: [survey_id]`\n" +
					"    once: customer\n" +
					"          ^",
				"upload:survey:3:3  error: `score` can not be taken away: events have it; leave `score: number`\n" +
					"      survey_id: number\n" +
					"      ^",
				"upload:survey:3:14  error: `survey_id` is of type text in events that there are, and can not become number; " +
					"a new attribute of another name can\n" +
					"      survey_id: number\n" +
					"                 ^",
			]);
			const hashed = survey.replace("survey_id: text", "survey_id: { names: customer }");
			expect((await refused("PUT", hashed)).problems.map(({ drawn }) => drawn.split("; ")[0])).toEqual([
				expect.stringContaining("`survey_id` is as it was sent in events that there are"),
			]);
			expect(await hub.call("GET", "/actions/survey")).toEqual(before);
		});

		it("stays while a live mapping plans it, and keeps its shape after it has gone", async () => {
			await put(survey);
			await hub.call("PUT", "/mappings/shop/survey", mapping());
			const { problems } = await refused("DELETE");
			expect(problems.map(({ drawn }) => drawn)).toEqual([
				expect.stringMatching(
					/^upload:shop\/survey:5:11 {2}error: no action is called `survey`;.*\n.*action: survey/,
				),
			]);
			const closed = await refused(
				"PUT",
				survey.replace("  score: number\n", "  score: number\nopen: false\n"),
			);
			expect(closed.problems.map(({ code }) => code)).toEqual(["unknown-attribute"]);

			expect((await hub.ask("DELETE", "/mappings/shop/survey")).status).toBe(200);
			expect((await hub.ask("DELETE", "/actions/survey")).status).toBe(200);
			expect(await hub.call("GET", "/actions/survey")).toBeNull();
			expect((await hub.ask("DELETE", "/actions/survey")).status).toBe(404);
			const again = await refused("PUT", "attributes: { survey_id: { type: text, required: true } }\n");
			expect(again.problems.map(({ drawn }) => drawn.split("; ")[0])).toEqual([
				"upload:survey:1:1  error: `once` can not change: what was recorded by the old one would count as new",
				"upload:survey:1:13  error: `score` can not be taken away: events have it",
				"upload:survey:1:26  error: `survey_id` can not become required: who leaves it out today would be refused",
			]);
			expect(await put(survey)).toMatchObject({ live: true });
		});

		it("replaces a file of its name, compatibly, until it is taken away", async () => {
			const { text } = (await hub.call("GET", "/actions/product_share")) as { text: string };
			await hub.call("PUT", "/actions/product_share", `${text}points: 2\n`);
			expect(await hub.call("GET", "/actions/product_share")).toMatchObject({ points: 2, from: "upload" });
			expect((await hub.ask("DELETE", "/actions/product_share")).status).toBe(200);
			expect(await hub.call("GET", "/actions/product_share")).toMatchObject({ points: 0, from: "file" });
			expect((await hub.ask("DELETE", "/actions/product_share")).status).toBe(404);
		});

		it("gives an action of the hub's more attributes, which mappings and the ledger then know", async () => {
			const extend = (text: string) => hub.ask("PUT", "/actions/referral", `extends: referral\n${text}`);
			expect((await extend("attributes: { channel: text }")).status).toBe(200);
			expect(await hub.call("GET", "/actions/referral")).toMatchObject({
				label: "Referral",
				from: "upload",
				attributes: [
					{ name: "referred", required: true },
					{ name: "channel", type: "text", required: false },
				],
			});
			const client = await antavoClient(hub);
			await client.event("referral", "ada", { referred: "grace", channel: 5 });
			const referral = (await eventsOf(hub)).find(({ action }) => action === "referral");
			expect(referral).toMatchObject({ properties: { channel: "5" }, flags: [] });
			expect((await extend("attributes: { channel: number }")).status).toBe(422);
			expect((await extend("attributes: { channel: text, size: number }")).status).toBe(200);
			expect((await hub.ask("DELETE", "/actions/referral")).status).toBe(200);
			expect(await hub.call("GET", "/actions/referral")).toMatchObject({
				attributes: [{ name: "referred" }],
			});
		});

		it("may be JSON, is checked beforehand, and has a name of its own", async () => {
			const check = async (name: string, text: string) =>
				((await hub.call("POST", "/actions/check", { actions: [{ name, text }] })) as Refusal).problems;
			expect(await check("survey", '{"label":"Survey","attributes":{"survey_id":"text"}}')).toEqual([]);
			expect((await check("survey", "attributes: { a: money }")).map(({ code }) => code)).toEqual([
				"wrong-value",
			]);
			expect((await check("checkout", "points: 1")).map(({ code }) => code)).toEqual(["taken-name"]);
			expect(await hub.call("GET", "/actions/survey")).toBeNull();
			for (const name of ["Survey", "a b", "1st", "x".repeat(65)]) {
				expect((await hub.ask("PUT", `/actions/${encodeURIComponent(name)}`, survey)).status).toBe(400);
			}
		});

		it("keeps its versions, with author, time and what changed", async () => {
			await put(survey);
			await put(survey.replace("points: 5", "points: 6"));
			await hub.ask("DELETE", "/actions/survey");
			const { data } = (await hub.call("GET", "/actions/survey/versions")) as Page<VersionView>;
			expect(data.map(({ version }) => version === null)).toEqual([true, false, false]);
			for (const { author, since } of data) {
				expect(author).not.toBe("files");
				expect(Math.abs(Date.parse(since) - Date.now())).toBeLessThan(60_000);
			}
			const { diff } = (await hub.call("GET", `/actions/survey/versions/${data[1]?.version}`)) as {
				diff: string;
			};
			expect(diff.split("\n").filter((line) => /^[-+][a-z]/.test(line))).toEqual([
				"-points: 5",
				"+points: 6",
			]);
		});
	});

	it(`The actions there are, on ${host}, are listed with where each is from`, patience, async () => {
		await put(survey);
		const { data } = (await hub.call("GET", "/actions")) as Page<{ readonly name: string }>;
		const named = (name: string) => data.find((one) => one.name === name);
		expect(named("birthday")).toMatchObject({ origin: "internal", sender: "hub", from: "hub" });
		expect(named("checkout")).toMatchObject({ origin: "factory", sender: "anyone", version: null });
		expect(named("product_view")).toMatchObject({ origin: "custom", from: "file", client_side: true });
		expect(named("survey")).toMatchObject({
			from: "upload",
			live: true,
			once: ["survey_id"],
			attributes: [
				{ name: "survey_id", type: "text", required: false, label: "Survey id" },
				{ name: "score", type: "number", required: false, label: "Score" },
			],
		});
	});
}

/** Workers' objects start anew for each test. */
const patience = { timeout: 60_000 };

const survey = `label: Survey answered
points: 5
once: [survey_id]
attributes:
  survey_id: text
  score: number
`;

const mapping = (more = "note: { $optional: $.properties.note }"): string => `title: A survey is answered
from: segment
when: { type: track, event: Survey Answered }
event:
  action: survey
  customer: $.userId
  data:
    survey_id: $.properties.id
    score: { $optional: $.properties.score }
    ${more}
`;

interface Refusal {
	readonly error: string;
	readonly problems: readonly { readonly file: string; readonly code: string; readonly drawn: string }[];
}

interface VersionView {
	readonly version: string | null;
	readonly author: string;
	readonly since: string;
}
