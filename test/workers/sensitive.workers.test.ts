import { reset } from "cloudflare:test";
import { testSensitive } from "../sensitive.suite.ts";
import { stored } from "./stored.ts";
import { openTestHub } from "./test-hub.ts";

testSensitive("Workers", async () => ({ ...(await openTestHub()), stored, close: () => reset() }));
