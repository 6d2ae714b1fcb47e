import type { KeyUse } from "../model/configuration.ts";
import type { Trust } from "../model/message.ts";

/** What a path is for; a key's rules are told by it. */
export type PathGroup = "events" | "reads" | "preview" | "merge" | "webhook";

/** A request of Antavo's API, as its caller is judged by it. */
export interface Call {
	readonly group: PathGroup;
	/** Its method, URL and headers; the body is not read again. */
	readonly request: Request;
	/** The bytes as they came, before anything is inflated: what was signed. */
	readonly body: Uint8Array;
	/** The `api_key` of the body, where it has one. That of the query is found in the URL. */
	readonly bodyKey: string | undefined;
	/** The sender's address, where the host knows it. */
	readonly ip: string | undefined;
}

/** Who calls, and how far they are believed. */
export interface Caller {
	/** The access key. */
	readonly key: string;
	readonly use: KeyUse;
	/** From `public` callers only actions marked `client_side` are taken. */
	readonly trust: Trust;
	/** Whether the call carried a signature, which then is right. */
	readonly signed: boolean;
	/** Whether the signature is in the URL: it signs no body. */
	readonly presigned: boolean;
	/** For the answer, whatever it is: the key's quota, and CORS where a page may read it. */
	readonly headers: Readonly<Record<string, string>>;
}

/** A call that is not let in. */
export interface Denied {
	readonly status: 401 | 403 | 429;
	/** What the caller is told, in Antavo's envelope. */
	readonly error: { readonly type: string; readonly code: number; readonly message: string };
	/** What the operator is told: no secret is in it. */
	readonly reason: string;
	readonly headers: Readonly<Record<string, string>>;
}
