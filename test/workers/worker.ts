import { DurableObject } from "cloudflare:workers";

export { default, InboxObject, LedgerObject, OfficeObject } from "../../src/host/workers/index.ts";

/** An object with an empty database and nothing else: the suites of the cells run in it. */
export class BareObject extends DurableObject {}
