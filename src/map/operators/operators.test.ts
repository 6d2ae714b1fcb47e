import { nodeCrypto } from "../../host/crypto.ts";
import { testOperators } from "./operators.suite.ts";

testOperators("Node", nodeCrypto);
