import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { connectors } from "../connectors/index.ts";
import { mappingFileOf, projectRoot } from "../src/host/node/definitions.ts";
import type { DeliverySummary, MessageView, Planned } from "../src/inbox/inbox.ts";
import type { JsonObject } from "../src/model/json.ts";
import type { OutcomeName } from "../src/model/outcome.ts";
import { invariant } from "../src/model/result.ts";
import { customer, type EndpointView, eventsOf, newestDelivery, type Page } from "./support/calls.ts";
import { type Became, deliveriesTable, type Line } from "./support/deliveries.ts";
import { type NodeTestHub, openTestHub, shippedWith } from "./support/hub.ts";
import { asBySender, secretsOf } from "./support/senders.ts";

/** Every sample that is a delivery becomes what a loyalty manager expects: `docs/reference/deliveries.md`, line by line. */

const samplesOf = (slug: string): string => join(projectRoot, "connectors", slug, "samples");

const { people, chapters } = deliveriesTable(
	readFileSync(join(projectRoot, "docs", "reference", "deliveries.md"), "utf8"),
	new Map([...connectors.values()].map(({ title, slug }) => [title, slug])),
);

it("The table is there for every sample that is a delivery, and has no line without a sample", () => {
	const files = [...connectors.keys()].flatMap((slug) =>
		readdirSync(samplesOf(slug)).map((sample) => `${slug}/${sample}`),
	);
	const lines = chapters.flatMap((chapter) => chapter.lines.map(({ sample }) => `${chapter.slug}/${sample}`));
	// What is no delivery says so by its name: signatures alone, and answers.
	const deliveries = files.filter((file) => !/\/signature|-response\./.test(file));
	expect({
		samples: deliveries.filter((file) => !lines.includes(file)),
		lines: lines.filter((line) => !files.includes(line)),
	}).toEqual({ samples: [], lines: [] });
});

/** Somebody is a member before what the samples tell of, by the word of an endpoint that says nothing else. */
const joinings = people.map(({ name, identities }) =>
	mappingFileOf({
		path: `mappings/local/${name}.yaml`,
		text: `title: ${name} joins
from: generic/members
when: { joins: ${name} }
event:
  action: opt_in
  timestamp: "2026-06-01T00:00:00Z"
  customer: [${identities.map((identity) => `{ ${identity.replace(" ", ': "')}" }`).join(", ")}]
`,
	}),
);

const definitions = shippedWith({ mappings: joinings });

/** Days after what the samples tell of, so that nothing is too old, or yet to come. */
const opened = Date.now();
const clock = (): number => Date.parse("2026-06-12T10:00:00Z") + Date.now() - opened;

describe("What becomes of the samples, and nothing more when they are sent again", {
	timeout: 120_000,
}, () => {
	it.concurrent.for(chapters)("$title", async ({ slug, lines }, { expect, onTestFinished }) => {
		const hub = await openTestHub(clock, definitions);
		onTestFinished(() => hub.close());
		const { joins, receives } = await openReceiver(hub, slug);
		const became: Line[] = [];
		for (const line of lines) {
			for (const name of line.joins) expect(await joins(name), `${name} joins`).toBe("appended");
			became.push({ ...line, ...(await receives(line)) });
		}
		expect(became).toEqual(lines);

		const recorded = await eventsOf(hub);
		for (const line of lines)
			expect((await receives(line)).answer, `${line.sample}, sent again`).toBe(line.answer);
		expect(await eventsOf(hub)).toEqual(recorded);
	});
});

/** What a hub receives of one connector, and what becomes of it. */
async function openReceiver(hub: NodeTestHub, slug: string) {
	const made = new Map<string, EndpointView>();
	const members = await make("generic", { name: "members", settings: { unsigned: "accept" }, secrets: {} });

	async function make(connector: string, endpoint: object): Promise<EndpointView> {
		return (await hub.call("POST", "/endpoints", { connector, ...endpoint })) as EndpointView;
	}

	async function joins(name: string): Promise<OutcomeName> {
		await hub.fetch(new Request(members.url, { method: "POST", body: JSON.stringify({ joins: name }) }));
		await hub.drained();
		return (await newestDelivery(hub)).outcome;
	}

	async function receives(line: Line): Promise<Pick<Line, "answer" | "messages">> {
		const before = await newestId();
		const { status } = await send(line);
		await hub.drained();
		const isStored = (await newestId()) !== before;
		const views = isStored ? (await newestDelivery(hub)).messageViews : [];
		return { answer: String(status), messages: await Promise.all(views.map(becameOfMessage)) };
	}

	async function newestId(): Promise<string | undefined> {
		const { data } = (await hub.call("GET", "/deliveries?limit=1")) as Page<DeliverySummary>;
		return data[0]?.id;
	}

	async function send({ sample, sentWith, settings: texts }: Line): Promise<Response> {
		const settings = settingsIn(texts);
		const to = await endpointFor(settings);
		const path = sentWith.find((text) => text.startsWith("/")) ?? "";
		const isTracking = path.startsWith("/v1/");
		const body = readFileSync(join(samplesOf(slug), sample), "utf8");
		const plain = {
			method: "POST",
			url: `${isTracking ? hub.url : to.url}${path}`,
			headers: { "content-type": mediaTypeOf(body), ...headersIn(sentWith) },
			body: new TextEncoder().encode(body.replace("wk_test_abc123", to.writeKey)),
			at: clock(),
			// Where ids are in headers, the next try has the same one.
			nonce: sample,
		};
		// A tracking call shows its write key, in the body.
		const request = isTracking ? plain : asBySender(slug, { sample, settings }, plain);
		const { method, url, headers } = request;
		return hub.fetch(new Request(url, { method, headers, body: new Uint8Array(request.body) }));
	}

	async function endpointFor(settings: JsonObject): Promise<EndpointView> {
		const key = JSON.stringify(settings);
		const endpoint =
			made.get(key) ??
			(await make(slug, { name: `${slug}-${made.size}`, settings, secrets: secretsOf(slug) }));
		made.set(key, endpoint);
		return endpoint;
	}

	async function becameOfMessage({ type, plan, outcome }: MessageView): Promise<Became> {
		// What a mapping itself leaves out is no event.
		const events = (plan ?? []).filter((one) => one.action !== undefined || one.outcome?.kind !== "skipped");
		const words = await Promise.all(events.map(becameOfEvent));
		return { message: type ?? "", becomes: words.join("; ") || outcome };
	}

	/** `checkout appended, Ada +22` */
	async function becameOfEvent({ action, outcome }: Planned): Promise<string> {
		if (outcome?.kind !== "appended") return `${action ?? "mapping"} ${outcome?.kind}`;
		const points = outcome.points === 0 ? "" : ` ${outcome.points > 0 ? "+" : ""}${outcome.points}`;
		return `${action} appended, ${await nameOf(outcome.customer)}${points}`;
	}

	async function nameOf(id: string): Promise<string> {
		const known = (await customer(hub, id))?.identities.map(({ kind, value }) => `${kind} ${value}`) ?? [];
		const person = people.find(({ identities }) => identities.some((one) => known.includes(one)));
		invariant(person !== undefined, `one of the table's people goes by ${known.join(", ")}`);
		return person.name;
	}

	return { joins, receives };
}

const settingsIn = (texts: readonly string[]): JsonObject =>
	Object.fromEntries(
		texts.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]),
	);

/** Of what samples are, unless their line says otherwise. */
function mediaTypeOf(body: string): string {
	if (body.startsWith("<")) return "text/xml; charset=utf-8";
	return /^[[{]/.test(body) ? "application/json" : "application/x-www-form-urlencoded";
}

const headersIn = (sentWith: readonly string[]): Readonly<Record<string, string>> =>
	Object.fromEntries(
		sentWith
			.filter((text) => !text.startsWith("/"))
			.map((text) => [
				text.slice(0, text.indexOf(":")).toLowerCase(),
				text.slice(text.indexOf(":") + 1).trim(),
			]),
	);
