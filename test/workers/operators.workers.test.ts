import { nodeCrypto } from "../../src/host/crypto.ts";
import { testOperators } from "../../src/map/operators/operators.suite.ts";

testOperators("Workers", nodeCrypto);
