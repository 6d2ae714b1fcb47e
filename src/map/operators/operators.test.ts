import { testOperators } from "./operators.suite.ts";

testOperators("Node");
