import { reset } from "cloudflare:test";
import { testActionLife } from "../actions.suite.ts";
import { openTestHub } from "./test-hub.ts";

testActionLife("Workers", async () => ({ ...(await openTestHub()), close: () => reset() }));
