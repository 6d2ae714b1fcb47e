import { reset } from "cloudflare:test";
import { testEndpoints } from "../endpoints.suite.ts";
import { openTestHub } from "./test-hub.ts";

testEndpoints("Workers", async () => ({ ...(await openTestHub()), close: () => reset() }));
