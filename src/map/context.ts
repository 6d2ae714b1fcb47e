import type { Crypto } from "../model/crypto.ts";
import type { ValueObject } from "../model/json.ts";
import type { Message } from "../model/message.ts";
import type { Fields } from "./check/fields.ts";

/** What an action's events may carry. */
export interface ActionShape {
	/** `hub`: no mapping may plan one. */
	readonly sender: "anyone" | "hub";
	readonly attributes: ReadonlyMap<string, AttributeShape>;
	/** Whether attributes that are not named are kept. */
	readonly open: boolean;
}

export interface AttributeShape {
	readonly type: "text" | "number" | "integer" | "boolean" | "date" | "list" | "object" | "any";
	readonly required: boolean;
	/** What the objects of a list hold, where that is declared. */
	readonly elements?: ReadonlyMap<string, AttributeShape>;
}

/** What mappings are checked against. */
export interface CheckContext {
	/** Undefined: there is no such action. */
	action(name: string): ActionShape | undefined;
	/** Those that a mapping may plan. */
	readonly actionNames: readonly string[];
	readonly identityKinds: ReadonlySet<string>;
	readonly connectors: ReadonlySet<string>;
	/** What fields a connector's messages are known to have; undefined where nobody knows any. */
	fields?(connector: string): Fields | undefined;
	/** For `$hash`: cryptography is the host's. */
	readonly sha256Hex: Crypto["sha256Hex"];
	/**
	 * How a connector reads the content of a message that came with these headers, for the tests inside mappings; undefined
	 * where nobody knows.
	 */
	messageOf?(
		connector: string,
		content: ValueObject,
		headers: Readonly<Record<string, string>>,
	): Message | undefined;
}
