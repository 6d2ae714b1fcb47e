import { testMappingLife } from "./mappings.suite.ts";
import { openTestHub } from "./support/hub.ts";

testMappingLife("Node", () => openTestHub());
