import { nodeCrypto } from "../../src/host/crypto.ts";
import { testLedger } from "../../src/ledger/ledger.suite.ts";
import { inBareObject } from "./bare-sql.ts";

testLedger("a Durable Object", { withSql: inBareObject, crypto: nodeCrypto });
