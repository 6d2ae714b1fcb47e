import { testShopify } from "./shopify.suite.ts";
import { openTestHub } from "./support/hub.ts";

testShopify("Node", openTestHub);
