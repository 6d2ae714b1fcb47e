import { reset } from "cloudflare:test";
import { testAntavo } from "../antavo.suite.ts";
import { openTestHub } from "./test-hub.ts";

const open = async () => ({ ...(await openTestHub()), close: () => reset() });
testAntavo("Workers", open);
