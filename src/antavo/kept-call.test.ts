import { expect, it } from "vitest";
import { loadProgram } from "../catalog/program.ts";
import { nodeCrypto } from "../host/crypto.ts";
import { parseJson, type ValueObject } from "../model/json.ts";
import { invariant } from "../model/result.ts";
import type { Asked } from "./call.ts";
import { deliveryOf, planCall } from "./kept-call.ts";

const { program } = loadProgram([]);
invariant(program !== undefined, "the factory's program has no mistakes");
const parts = { program, hubKey: new Uint8Array(32), crypto: nodeCrypto };

const body = parseJson(
	'{"customer":"ada","action":"checkout","api_key":"a-secret-key","data":{"transaction_id":12345678901234567890}}',
);
const asked: Asked = {
	caller: { key: "key-1", use: "server", trust: "trusted", signed: false, presigned: false, headers: {} },
	body: (body.ok ? body.value : {}) as ValueObject,
	query: new URLSearchParams(),
	path: "/v1/webhook/segment",
	param: () => "",
	header: () => undefined,
	ip: "192.0.2.1",
};
const kept = deliveryOf(asked, { kind: "webhook", now: 7, query: "", idempotency: null });

it("is stored without the key that came in it", () => {
	expect(JSON.stringify({ ...kept, body: new TextDecoder().decode(kept.body) })).not.toContain(
		"a-secret-key",
	);
});

it("is planned as it was asked, with every digit, by whoever asked and when", () => {
	const pin = planCall({ ...kept, id: "0000000000070000000000aa", removed: [] }, parts);
	expect(pin).toMatchObject({
		state: "pending",
		type: "checkout",
		plan: [
			{
				command: {
					timestamp: 7,
					trust: "trusted",
					lenient: true,
					data: { transaction_id: "12345678901234567890" },
					provenance: {
						source: "Segment",
						signed: false,
						ipAddress: "192.0.2.1",
						dedupe: "content",
						position: 0,
					},
				},
			},
		],
	});
	// A turn that died is taken again: it must be the same event.
	expect(planCall({ ...kept, id: "0000000000070000000000aa", removed: [] }, parts)).toEqual(pin);
});
