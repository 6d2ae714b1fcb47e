import { nodeCrypto } from "../../src/host/crypto.ts";
import { testProofs } from "../../src/ledger/proofs.suite.ts";
import { inBareObject } from "./bare-sql.ts";

testProofs("a Durable Object", { withSql: inBareObject, crypto: nodeCrypto });
