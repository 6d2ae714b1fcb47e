import { nodeCrypto } from "../../src/host/crypto.ts";
import { testGuests } from "../../src/ledger/guest.suite.ts";
import { testLedger } from "../../src/ledger/ledger.suite.ts";
import { testPeople } from "../../src/ledger/people.suite.ts";
import { testPoints } from "../../src/ledger/points.suite.ts";
import { inBareObject } from "./bare-sql.ts";

testPeople("a Durable Object", { withSql: inBareObject, crypto: nodeCrypto });
testPoints("a Durable Object", { withSql: inBareObject, crypto: nodeCrypto });
testGuests("a Durable Object", { withSql: inBareObject, crypto: nodeCrypto });
testLedger("a Durable Object", { withSql: inBareObject, crypto: nodeCrypto });
