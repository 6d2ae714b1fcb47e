/**
 * The least that a durable webhook receiver must do, on bare `node:http`: check the signature, parse the JSON, and
 * answer once the body is in one SQLite row, many of them in one synced commit. It has no idea what a body means.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { openSqlite } from "../src/host/node/sqlite.ts";

const [path = "", secret = ""] = process.argv.slice(2);
const sql = openSqlite(path);
sql.query("CREATE TABLE delivery (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT");

let waiting: { readonly body: Buffer; readonly response: ServerResponse }[] = [];

function commit(): void {
	const group = waiting;
	waiting = [];
	sql.transaction(() => {
		for (const { body } of group) sql.query("INSERT INTO delivery (body) VALUES (?)", body);
	});
	for (const { response } of group) answer(response, 200, '{"stored":true}');
}

function answer(response: ServerResponse, status: number, body: string): void {
	response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length });
	response.end(body);
}

function receive(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
	const signature = Buffer.from(String(request.headers["x-signature"]), "hex");
	const right = createHmac("sha1", secret).update(body).digest();
	if (signature.length !== right.length || !timingSafeEqual(signature, right)) {
		answer(response, 401, "");
		return;
	}
	JSON.parse(body.toString());
	if (waiting.length === 0) setImmediate(commit);
	waiting.push({ body, response });
}

const server = createServer((request, response) => {
	const chunks: Buffer[] = [];
	request.on("data", (chunk: Buffer) => chunks.push(chunk));
	request.on("end", () => receive(request, response, Buffer.concat(chunks)));
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());
