import { reset } from "cloudflare:test";
import { testErasure } from "../erasure.suite.ts";
import { stored } from "./stored.ts";
import { openTestHub } from "./test-hub.ts";

testErasure("Workers", async () => ({ ...(await openTestHub()), stored, close: () => reset() }));
