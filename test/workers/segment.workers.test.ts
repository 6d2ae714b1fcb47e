/// <reference types="vite/types/importMeta.d.ts" />
import { reset } from "cloudflare:test";
import { testSegment } from "../segment.suite.ts";
import { openTestHub } from "./test-hub.ts";

const files = import.meta.glob<string>("../../connectors/segment/samples/*", {
	query: "?raw",
	import: "default",
	eager: true,
});
const samples = new Map(Object.entries(files).map(([path, text]) => [path.replace(/^.*\//, ""), text]));
const open = async () => ({ ...(await openTestHub()), close: () => reset() });
testSegment("Workers", open, samples);
