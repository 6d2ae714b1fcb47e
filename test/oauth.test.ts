import { testOauth } from "./oauth.suite.ts";
import { openTestHub } from "./support/hub.ts";

testOauth("Node", openTestHub);
