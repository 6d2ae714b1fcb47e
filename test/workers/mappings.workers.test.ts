import { reset } from "cloudflare:test";
import { testMappingLife } from "../mappings.suite.ts";
import { openTestHub } from "./test-hub.ts";

testMappingLife("Workers", async () => ({ ...(await openTestHub()), close: () => reset() }));
