import { reset } from "cloudflare:test";
import { testShopify } from "../shopify.suite.ts";
import { openTestHub } from "./test-hub.ts";

testShopify("Workers", async () => ({ ...(await openTestHub()), close: () => reset() }));
