import { testMarketing } from "./marketing.suite.ts";
import { openTestHub } from "./support/hub.ts";

testMarketing("Node", openTestHub);
