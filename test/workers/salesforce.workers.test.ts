/// <reference types="vite/types/importMeta.d.ts" />
import { reset } from "cloudflare:test";
import { testSalesforce } from "../salesforce.suite.ts";
import { openTestHub } from "./test-hub.ts";

const files = import.meta.glob<string>("../../connectors/salesforce/samples/*", {
	query: "?raw",
	import: "default",
	eager: true,
});
const samples = new Map(Object.entries(files).map(([path, text]) => [path.replace(/^.*\//, ""), text]));
testSalesforce("Workers", async () => ({ ...(await openTestHub()), close: () => reset() }), samples);
