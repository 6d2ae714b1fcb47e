import { afterEach } from "vitest";
import { testPull } from "./pull.suite.ts";
import { openTestHub } from "./support/hub.ts";
import { consumer, type FakeSalesforce, openFakeSalesforce } from "./support/salesforce.ts";

let fake: FakeSalesforce | undefined;
afterEach(() => fake?.close());

let passed = 0;
const clock = (): number => Date.now() + passed;

testPull(
	"Node",
	async () => ({
		...(await openTestHub(clock)),
		// It looks once a second.
		look: async () => {},
		pass: async (ms) => {
			passed += ms;
		},
	}),
	async () => {
		const open = await openFakeSalesforce();
		fake = open;
		return { url: open.url, secrets: consumer, convert: async (id) => open.convert(id, clock()) };
	},
);
