import { testErasure } from "./erasure.suite.ts";
import { openStoringHub } from "./support/stored.ts";

testErasure("Node", openStoringHub);
