import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { openHub } from "../../src/host/workers/open-hub.ts";
import { officeOf } from "../../src/host/workers/shards.ts";
import { exampleProgram, openSender } from "../../src/ledger/fixture.ts";

it("An action that the office has had for a moment is recorded where nobody was told of it", {
	timeout: 60_000,
}, async () => {
	const hub = openHub();
	await hub.door.directory();
	const send = openSender(exampleProgram(), nodeCrypto);
	await officeOf(env).putAction("video", "{ points: 4 }", "tests");
	const timestamp = Date.now();
	const recorded = await hub.ledger.record([
		send("opt_in", {}, { timestamp }),
		send("video", {}, { timestamp }),
		send("levitate", {}, { timestamp }),
	]);
	expect(recorded.map(({ outcome }) => outcome)).toEqual([
		expect.objectContaining({ kind: "appended" }),
		expect.objectContaining({ kind: "appended", points: 4 }),
		{ kind: "failed", reason: "no action is called levitate" },
	]);
});
