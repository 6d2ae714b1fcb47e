import type { CellObject } from "./cell.ts";

/** What `wrangler.toml` binds, and the secrets (`wrangler secret put`). */
export interface Env {
	readonly INBOX: DurableObjectNamespace<CellObject>;
	readonly LEDGER: DurableObjectNamespace<CellObject>;
	readonly OFFICE: DurableObjectNamespace<CellObject>;
	readonly FILES: R2Bucket;
	/** What must outlive the objects' databases: checkpoints, and what comes with them. */
	readonly HUB_CHECKPOINTS: R2Bucket;
	/** Checkpoints are signed by it: 64 hex digits, and the verifiers of earlier keys behind them. */
	readonly HUB_SIGNING_KEY: string;
	/** Secrets are sealed under it: any text of 16 characters or more. */
	readonly HUB_SECRET_KEY: string;
	/** The password of the account `admin`, 8 characters or more. A new one ends that account's sessions. */
	readonly HUB_ADMIN_PASSWORD: string;
	/** What the world calls this hub; else what each request calls it. */
	readonly HUB_PUBLIC_URL?: string;
	/** A list, `local` where it says nothing: the first part of the scope that callers of Antavo's API sign for. */
	readonly HUB_ENVIRONMENT?: string;
	/** `true` refuses development keys. */
	readonly HUB_PRODUCTION?: string;
}

type HubEnv = Env;
declare global {
	/** What `cloudflare:workers` says of its `env`. */
	namespace Cloudflare {
		interface Env extends HubEnv {}
	}
}
