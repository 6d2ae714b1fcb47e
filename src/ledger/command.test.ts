import { expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { exampleProgram, openSender } from "./fixture.ts";

const program = exampleProgram();
const command = openSender(program, nodeCrypto);

it("makes keys that are for ever", () => {
	const order = command("checkout", { transaction_id: "T1", total: 5 }, { message: "m-1" });
	const refund = command("refund", { transaction_id: "T1" }, { message: "m-2" });
	const shops = command("checkout", { transaction_id: 1001, total: 5 }, { message: "m-3", orders: "shop" });
	const lead = command("lead_convert", { lead_id: " L-1" }, { message: "m-4" });
	expect({
		order: [order.key, order.once, order.transaction, order.identities[0]?.hash],
		refund: [refund.key, refund.once, refund.transaction],
		shops: [shops.key, shops.once],
		lead: [lead.key, lead.once],
	}).toMatchInlineSnapshot(`
		{
		  "lead": [
		    "d1d7843b731bf68b8afe8d1b55b00000",
		    [
		      "dc5efce0235e830926ec7a7a43aeb18d",
		    ],
		  ],
		  "order": [
		    "3d1316c3fbc7df8afbb23af9c0a30000",
		    [
		      "201883fd0ea64ada7a6a93553aa7c6ce",
		    ],
		    undefined,
		    "f957445a0c5c2ddb1ba95f250d1c0a9d",
		  ],
		  "refund": [
		    "6e5a21a61a0b415b5b9ca52656cf0000",
		    [
		      "2254d1ccb84ab321fa3a6417580a93cd",
		    ],
		    "201883fd0ea64ada7a6a93553aa7c6ce",
		  ],
		  "shops": [
		    "25880c608fe7ef426055443c05c20000",
		    [
		      "ecf7e59fd70a5db85cf137697470603a",
		    ],
		  ],
		}
	`);
});
