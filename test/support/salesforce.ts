import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type FakeStreams, openFakeStreams } from "./cometd.ts";

/** A stand-in for Salesforce on a port of its own: tokens by client credentials, queries of converted leads, and streams. */
export interface FakeSalesforce {
	readonly url: string;
	readonly leads: Lead[];
	/** Another lead of these is converted, to a contact of its own. */
	convert(id: string, at: number): void;
	/** In the order in which they came. */
	readonly asked: string[];
	/** The next query finds that its session has ended. */
	endSession(): void;
	/** Answers tokens or queries so, until it is undefined. */
	fail(with_: { readonly path: RegExp; readonly status: number; readonly body: string } | undefined): void;
	readonly streams: FakeStreams;
	/** Nobody answers, until `rise`. */
	die(): Promise<void>;
	rise(): Promise<void>;
	close(): Promise<void>;
}

export interface Lead {
	readonly Id: string;
	readonly ConvertedContactId: string;
	readonly ConvertedAccountId?: string;
	readonly ConvertedOpportunityId?: string;
	/** As Salesforce writes it: 2026-06-04T10:00:00.000+0000. */
	readonly SystemModstamp: string;
	readonly Email?: string | null;
}

export const consumer = { consumerKey: "3MVG9", consumerSecret: "s3cret" };

export async function openFakeSalesforce(): Promise<FakeSalesforce> {
	const leads: Lead[] = [];
	const asked: string[] = [];
	let tokens = 0;
	let valid = "";
	const streams = openFakeStreams((token) => token.startsWith("token-"));
	let ending = false;
	let failing: Parameters<FakeSalesforce["fail"]>[0];

	let server = await listen(0);
	const { port } = server.address() as AddressInfo;

	async function listen(port: number): Promise<Server> {
		const opened = createServer((request, response) => {
			answer(request, response).catch((error: unknown) => say(response, 500, String(error)));
		});
		await new Promise<void>((resolve) => opened.listen(port, "127.0.0.1", resolve));
		return opened;
	}

	async function die(): Promise<void> {
		const closed = new Promise((resolve) => server.close(resolve));
		server.closeAllConnections();
		streams.restart();
		await closed;
	}

	async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const url = new URL(request.url ?? "", "http://localhost");
		if (failing?.path.test(url.pathname)) say(response, failing.status, failing.body);
		else if (url.pathname === "/services/oauth2/token") await token(request, response);
		else if (url.pathname.startsWith("/cometd/66.0")) streams.answer(request, response);
		else if (url.pathname === "/services/data/v66.0/query") query(request, response, url);
		else if (url.pathname === "/convert") {
			// Of a test in another process.
			convert(url.searchParams.get("id") ?? "", Date.now());
			say(response, 200, "{}");
		} else say(response, 404, "[]");
	}

	function convert(id: string, at: number): void {
		const SystemModstamp = new Date(at).toISOString().replace("Z", "+0000");
		leads.push({ Id: id, ConvertedContactId: id.replace(/^00Q/, "003"), SystemModstamp });
	}

	async function token(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const form = new URLSearchParams(await textOf(request));
		const isRight =
			form.get("grant_type") === "client_credentials" &&
			form.get("client_id") === consumer.consumerKey &&
			form.get("client_secret") === consumer.consumerSecret;
		if (!isRight)
			return say(response, 400, '{"error":"invalid_client","error_description":"invalid client"}');
		valid = `token-${++tokens}`;
		asked.push("token");
		say(response, 200, JSON.stringify({ access_token: valid, instance_url: "", token_type: "Bearer" }));
	}

	function query(request: IncomingMessage, response: ServerResponse, url: URL): void {
		const { authorization } = request.headers;
		if (ending || authorization !== `Bearer ${valid}`) {
			ending = false;
			asked.push("no session");
			say(response, 401, '[{"errorCode":"INVALID_SESSION_ID","message":"Session expired or invalid"}]');
			return;
		}
		const soql = url.searchParams.get("q") ?? "";
		asked.push(soql);
		const found = leads.filter(matching(soql)).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
		const records = found
			.slice(0, Number(/LIMIT ([0-9]+)$/.exec(soql)?.[1]))
			.map((lead) => ({ attributes: { type: "Lead" }, IsConverted: true, ...lead }));
		say(response, 200, JSON.stringify({ totalSize: records.length, done: true, records }));
	}

	return {
		url: `http://127.0.0.1:${port}`,
		streams,
		leads,
		convert,
		asked,
		endSession: () => {
			ending = true;
		},
		fail: (with_) => {
			failing = with_;
		},
		die,
		rise: async () => {
			server = await listen(port);
		},
		close: die,
	};
}

const isoOf = ({ SystemModstamp }: Lead): string => SystemModstamp.replace("+0000", "Z");
const keyOf = (lead: Lead): string => `${isoOf(lead)} ${lead.Id}`;

/** As much of SOQL as is asked. */
function matching(soql: string): (lead: Lead) => boolean {
	const [, since] = /AND SystemModstamp > (\S+) ORDER BY SystemModstamp ASC, Id ASC/.exec(soql) ?? [];
	if (since !== undefined) return (lead) => isoOf(lead) > since;
	const [, after, at, id] =
		/AND \(SystemModstamp > (\S+) OR \(SystemModstamp = (\S+) AND Id > '(\w+)'\)\) ORDER BY/.exec(soql) ?? [];
	if (after === undefined || at === undefined || id === undefined) throw new Error(`what is ${soql}?`);
	return (lead) => isoOf(lead) > after || (isoOf(lead) === at && lead.Id > id);
}

const say = (response: ServerResponse, status: number, body: string): void => {
	response.writeHead(status, { "Content-Type": "application/json" }).end(body);
};

async function textOf(request: IncomingMessage): Promise<string> {
	let text = "";
	for await (const chunk of request) text += String(chunk);
	return text;
}
