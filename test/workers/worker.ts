import { DurableObject } from "cloudflare:workers";

export { default, InboxObject, OfficeObject } from "../../src/host/workers/index.ts";
export { MortalLedgerObject as LedgerObject } from "./mortal-ledger.ts";

/** An object with an empty database and nothing else: the suites of the cells run in it. */
export class BareObject extends DurableObject {}

declare global {
	/** What `cloudflare:workers` says of its `env` and `exports` in these tests. */
	namespace Cloudflare {
		interface Env {
			readonly BARE: DurableObjectNamespace;
		}
		interface GlobalProps {
			mainModule: typeof import("./worker.ts");
		}
	}
}
