/** What the tests use of faye's server, which brings no types; its client's come with jsforce. */
declare module "faye" {
	import type { IncomingMessage, ServerResponse } from "node:http";

	export interface BayeuxMessage {
		readonly channel: string;
		readonly clientId?: string;
		readonly subscription?: string;
		readonly data?: unknown;
		error?: string;
		advice?: { reconnect?: string };
		ext?: Record<string, unknown>;
		supportedConnectionTypes?: readonly string[];
	}

	export interface ServerExtension {
		incoming?(
			message: BayeuxMessage,
			request: IncomingMessage | null,
			pass: (message: BayeuxMessage) => void,
		): void;
		outgoing?(
			message: BayeuxMessage,
			request: IncomingMessage | null,
			pass: (message: BayeuxMessage) => void,
		): void;
	}

	/** A CometD server. */
	export class NodeAdapter {
		constructor(options: { readonly mount: string; readonly timeout: number });
		addExtension(extension: ServerExtension): void;
		handle(request: IncomingMessage, response: ServerResponse): void;
		/** What its client in the same process would call, which does not start under this Node, and its sockets. */
		readonly _server: {
			/** Answers what the client waits for. */
			closeSocket(clientId: string): void;
			process(messages: readonly BayeuxMessage[], request: null, answered: () => void): void;
		};
		on(happening: "subscribe", listener: (clientId: string, channel: string) => void): void;
		on(
			happening: "disconnect" | "connection:open" | "connection:close",
			listener: (clientId: string) => void,
		): void;
		close(): void;
	}
}
