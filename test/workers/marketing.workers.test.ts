import { reset } from "cloudflare:test";
import { testMarketing } from "../marketing.suite.ts";
import { openTestHub } from "./test-hub.ts";

testMarketing("Workers", async () => ({ ...(await openTestHub()), close: () => reset() }));
