import type { InboxObject } from "./inbox-object.ts";
import type { LedgerObject } from "./ledger-object.ts";
import type { OfficeObject } from "./office-object.ts";

/** What `wrangler.toml` binds, and the secrets (`wrangler secret put`). */
export interface Env {
	readonly INBOX: DurableObjectNamespace<InboxObject>;
	readonly LEDGER: DurableObjectNamespace<LedgerObject>;
	readonly OFFICE: DurableObjectNamespace<OfficeObject>;
	readonly FILES: R2Bucket;
	/** Secrets are sealed under it: any text of 16 characters or more. */
	readonly HUB_SECRET_KEY: string;
	/** The password of the account `admin`; without it nobody can sign in. */
	readonly HUB_ADMIN_PASSWORD?: string;
	/** What the world calls this hub; else what each request calls it. */
	readonly HUB_PUBLIC_URL?: string;
}
