import { testAntavo } from "./antavo.suite.ts";
import { openTestHub } from "./support/hub.ts";

testAntavo("Node", () => openTestHub());
