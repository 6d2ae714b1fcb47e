import { testOauth } from "../oauth.suite.ts";
import { openTestHub } from "./test-hub.ts";

testOauth("Workers", openTestHub);
