import { testInbox } from "../../src/inbox/inbox.suite.ts";
import { inBareObject } from "./bare-sql.ts";

testInbox("a Durable Object", inBareObject);
