import { testEndpoints } from "./endpoints.suite.ts";
import { openTestHub } from "./support/hub.ts";

testEndpoints("Node", openTestHub);
