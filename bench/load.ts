import { connect, type Socket } from "node:net";

/** What a server did with the requests it was sent. */
export interface Answers {
	/** From the first request's first byte to the last answer's last. */
	readonly seconds: number;
	/** Of each request, in the order of the answers. */
	readonly latenciesMs: readonly number[];
}

/** As many connections as a busy sender keeps open. */
const busy = 64;

/**
 * Sends whole HTTP requests, one after the other on each of some connections, and waits for each answer. It works on raw
 * sockets and on requests that were written and signed before, so that it costs far less than a server and its
 * processor is not what limits them. Any answer but a 200 is an error.
 */
export async function send(port: number, requests: readonly Buffer[], connections = busy): Promise<Answers> {
	const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
	const latenciesMs: number[] = [];
	let next = 0;
	const start = performance.now();
	await Promise.all(
		sockets.map(async (socket) => {
			const exchange = exchangeOver(socket);
			for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
				const sentAt = performance.now();
				await exchange(request);
				latenciesMs.push(performance.now() - sentAt);
			}
		}),
	);
	const seconds = (performance.now() - start) / 1_000;
	for (const socket of sockets) socket.destroy();
	return { seconds, latenciesMs };
}

/** A POST as the bytes that go over the wire. */
export function post(path: string, headers: Readonly<Record<string, string>>, body: string): Buffer {
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
	return Buffer.from(
		`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n${lines.join("")}` +
			`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
	);
}

const open = (port: number): Promise<Socket> =>
	new Promise((resolve, reject) => {
		const socket = connect({ port, host: "127.0.0.1", noDelay: true });
		socket.once("connect", () => resolve(socket));
		socket.once("error", reject);
	});

function exchangeOver(socket: Socket): (request: Buffer) => Promise<void> {
	let received = "";
	let settle: { resolve(): void; reject(error: Error): void } | undefined;
	socket.on("data", (chunk) => {
		received += chunk.toString("latin1");
		if (!isWhole(received)) return;
		const answer = received;
		received = "";
		if (answer.startsWith("HTTP/1.1 200 ")) settle?.resolve();
		else settle?.reject(new Error(`the server answered ${answer}`));
	});
	socket.on("error", (error) => settle?.reject(error));
	socket.on("close", () => settle?.reject(new Error("the server closed the connection")));
	return (request) =>
		new Promise((resolve, reject) => {
			settle = { resolve, reject };
			socket.write(request);
		});
}

/** Whether an answer has ended: by its length, or by its last chunk. */
function isWhole(answer: string): boolean {
	const headEnd = answer.indexOf("\r\n\r\n");
	if (headEnd < 0) return false;
	const length = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, headEnd))?.[1];
	return length === undefined ? answer.endsWith("0\r\n\r\n") : answer.length >= headEnd + 4 + Number(length);
}
