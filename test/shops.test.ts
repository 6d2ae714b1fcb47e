import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../src/host/node/definitions.ts";
import { testShops } from "./shops.suite.ts";
import { openTestHub } from "./support/hub.ts";

const samples = ["adobe-commerce", "shopify", "stripe", "woocommerce"].flatMap((shop) => {
	const folder = join(projectRoot, "connectors", shop, "samples");
	return readdirSync(folder).map((file): [string, string] => [
		`${shop}/${file}`,
		readFileSync(join(folder, file), "utf8"),
	]);
});

testShops("Node", openTestHub, new Map(samples));
