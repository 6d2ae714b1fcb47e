import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { checkActions } from "../src/catalog/actions.ts";
import { actionFileOf } from "../src/host/definitions.ts";
import {
	mappingFileOf,
	projectRoot,
	type WatchedFiles,
	watchDefinitions,
} from "../src/host/node/definitions.ts";
import { drawProblem } from "../src/model/problem.ts";
import { testActionLife } from "./actions.suite.ts";
import { type EndpointView, eventsOf, newestDelivery, segmentEndpoint } from "./support/calls.ts";
import { type NodeTestHub, openTestHub, shipped, shippedWith } from "./support/hub.ts";

testActionLife("Node", () => openTestHub());

const game = (text: string) => actionFileOf({ path: "program/events/game.yaml", text });
const mapping = mappingFileOf({
	path: "mappings/local/game.yaml",
	text: `title: A game is played
from: segment
when: { type: track, event: Game Played }
event: { action: game, customer: $.userId, data: { level: $.properties.level } }
`,
});
const good = game("points: 3\nattributes: { level: integer }\n");

describe("A file in program/events", () => {
	let hub: NodeTestHub;
	let endpoint: EndpointView;
	beforeEach(async () => {
		hub = await openTestHub(undefined, shippedWith({ actions: [good], mappings: [mapping] }));
		endpoint = await segmentEndpoint(hub, "shop");
		await track({ event: "Signed Up" });
	});
	afterEach(() => hub.close());

	async function track(message: object): Promise<readonly unknown[]> {
		await hub.fetch(
			new Request(`${hub.url}/v1/track`, {
				method: "POST",
				headers: { Authorization: `Basic ${btoa(`${endpoint.writeKey}:`)}` },
				body: JSON.stringify({ userId: "ada", messageId: crypto.randomUUID(), ...message }),
			}),
		);
		await hub.drained();
		const { messageViews } = await newestDelivery(hub);
		return messageViews.flatMap(({ plan }) => plan ?? []).map(({ outcome }) => outcome?.kind);
	}

	const troubles = async (): Promise<readonly string[]> =>
		((await hub.call("GET", "/status")) as { troubles: readonly string[] }).troubles;

	it.each([
		["changes incompatibly", "attributes: { level: boolean }\n", "`level` is of type integer in events"],
		["can not be read", "attributes: [\n", "Flow sequence"],
	])("that %s between two starts leaves the last good one live, and a trouble", async (_, text, words) => {
		await hub.reopen(shippedWith({ actions: [game(text)], mappings: [mapping] }));
		expect(await troubles()).toEqual([expect.stringContaining(words)]);
		expect((await hub.fetch(new Request(`${hub.url}/readyz`))).status).toBe(503);
		expect(await track({ event: "Game Played", properties: { level: "4" } })).toEqual(["appended"]);
		expect((await eventsOf(hub)).at(-1)).toMatchObject({ points: 3, properties: { level: 4 } });

		await hub.reopen(shippedWith({ actions: [game(good.text.replace("3", "8"))], mappings: [mapping] }));
		expect(await troubles()).toEqual([]);
		expect(await track({ event: "Game Played", properties: { level: 5 } })).toEqual(["appended"]);
		expect((await eventsOf(hub)).at(-1)).toMatchObject({ points: 8, properties: { level: 5 } });
	});

	it("may go together with the mapping that planned it, and not before", async () => {
		await hub.reopen(shippedWith({ mappings: [mapping] }));
		expect(await troubles()).toEqual([expect.stringContaining("no action is called `game`")]);
		expect(await track({ event: "Game Played", properties: { level: 4 } })).toEqual(["appended"]);
		await hub.reopen();
		expect(await troubles()).toEqual([]);
		expect(await hub.call("GET", "/actions/game")).toBeNull();
	});

	it("counts while the hub runs, and a changed setting is known to need a restart", async () => {
		const root = mkdtempSync(join(tmpdir(), "hub-actions-"));
		onTestFinished(() => rmSync(root, { recursive: true }));
		for (const folder of ["program", "mappings"]) {
			cpSync(join(projectRoot, folder), join(root, folder), { recursive: true });
		}
		writeFileSync(join(root, good.path), good.text);
		const offered: WatchedFiles[] = [];
		const unexpected = (error: unknown): void => expect.unreachable(String(error));
		const watched = watchDefinitions(
			root,
			async (files) => {
				await hub.offer({ ...files, mappings: [...files.mappings, mapping] });
				offered.push(files);
			},
			unexpected,
		);
		onTestFinished(() => watched.close());

		writeFileSync(join(root, good.path), good.text.replace("3", "11"));
		await vi.waitFor(() => expect(offered).toHaveLength(1), { timeout: 10_000 });
		expect(await track({ event: "Game Played", properties: { level: 4 } })).toEqual(["appended"]);
		expect((await eventsOf(hub)).at(-1)).toMatchObject({ action: "game", points: 11 });

		writeFileSync(join(root, "program", "points.yaml"), "overdraft: refuse\n");
		await vi.waitFor(() => expect(offered).toHaveLength(2), { timeout: 10_000 });
		expect(offered.map(({ needRestart }) => needRestart)).toEqual([false, true]);
	});
});

/**
 * Mistakes that people make in files of actions, and what they are told. `x-before.yaml` is what `x.yaml` was. A change of
 * wording is accepted with `vitest -u`, and reviewed like code.
 */
describe("A changed or wrong action file", () => {
	const folder = join(projectRoot, "test", "wrong-actions");
	const names = readdirSync(folder).filter((name) => /(?<!-before)\.yaml$/.test(name));
	const textOf = (name: string): string => readFileSync(join(folder, name), "utf8");

	it.each(names)("%s is judged as its reader would like it", async (name) => {
		const earlier = name.replace(".yaml", "-before.yaml");
		const path = `program/events/${name.slice(3)}`;
		const before = readdirSync(folder).includes(earlier) ? [{ path, text: textOf(earlier) }] : [];
		const problems = checkActions([{ path, text: textOf(name) }], before, shipped.program);
		const drawn = problems.map((problem) => drawProblem(problem, textOf(name)));
		await expect(`${drawn.join("\n")}\n`).toMatchFileSnapshot(join(folder, name.replace(".yaml", ".txt")));
	});
});
