import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../src/host/node/definitions.ts";
import { testSalesforce } from "./salesforce.suite.ts";
import { openTestHub } from "./support/hub.ts";

const folder = join(projectRoot, "connectors", "salesforce", "samples");
const samples = new Map(
	readdirSync(folder).map((file): [string, string] => [file, readFileSync(join(folder, file), "utf8")]),
);

testSalesforce("Node", openTestHub, samples);
