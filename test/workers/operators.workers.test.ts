import { testOperators } from "../../src/map/operators/operators.suite.ts";

testOperators("Workers");
