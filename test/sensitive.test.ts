import { expect, it } from "vitest";
import { track } from "./segment.suite.ts";
import { testSensitive } from "./sensitive.suite.ts";
import { eventsOf, segmentEndpoint } from "./support/calls.ts";
import { openTestHub } from "./support/hub.ts";
import { openStoringHub } from "./support/stored.ts";

testSensitive("Node", openStoringHub);

const putsTogether = `
title: A door opens
from: segment
when: { type: track, event: Door Opened }
event:
  action: daily_login
  customer: [ { id: $.userId } ]
  data:
    door: { $join: $.properties.parts, separator: " " }
`;

it("finds a card number that only a mapping puts together, before its event is planned", async () => {
	const hub = await openTestHub();
	const endpoint = await segmentEndpoint(hub, "server");
	expect((await hub.ask("PUT", "/mappings/local/door", putsTogether)).status).toBe(200);
	const properties = { parts: ["4111", "1111", "1111", "1111"] };
	for (const message of [{ event: "Signed Up" }, { event: "Door Opened", properties }]) {
		await track(hub, endpoint, "track", JSON.stringify({ userId: "ada", ...message }));
		await hub.drained();
	}
	expect((await eventsOf(hub)).at(-1)).toMatchObject({
		properties: { door: "[removed: card number]" },
		flags: ["sensitive"],
	});
	await hub.close();
});

it("takes two messages for two, though their ids were card numbers", async () => {
	const hub = await openTestHub();
	const endpoint = await segmentEndpoint(hub, "server");
	await track(hub, endpoint, "track", JSON.stringify({ userId: "ada", event: "Signed Up" }));
	await hub.drained();
	for (const messageId of ["4111 1111 1111 1111", "4242 4242 4242 4242"]) {
		const properties = { product_id: messageId.slice(0, 4) };
		await track(
			hub,
			endpoint,
			"track",
			JSON.stringify({ userId: "ada", messageId, event: "Product Viewed", properties }),
		);
		await hub.drained();
	}
	const views = (await eventsOf(hub)).slice(1).map(({ properties }) => properties["product_id"]);
	expect(views).toEqual(["4111", "4242"]);
	await hub.close();
});
