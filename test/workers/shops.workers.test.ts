/// <reference types="vite/types/importMeta.d.ts" />
import { reset } from "cloudflare:test";
import { testShops } from "../shops.suite.ts";
import { openTestHub } from "./test-hub.ts";

const files = import.meta.glob<string>(
	"../../connectors/{adobe-commerce,shopify,stripe,woocommerce}/samples/*",
	{
		query: "?raw",
		import: "default",
		eager: true,
	},
);
const nameOf = (path: string): string => path.replace(/^.*\/([^/]+)\/samples\//, "$1/");
const samples = new Map(Object.entries(files).map(([path, text]) => [nameOf(path), text]));
testShops("Workers", async () => ({ ...(await openTestHub()), close: () => reset() }), samples);
