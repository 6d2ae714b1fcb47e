import { Server } from "node:http";
import { serve } from "@hono/node-server";
import { invariant } from "../../src/model/result.ts";
import { openSite, type Site } from "./site.ts";

/** A site on a port of its own. */
export async function listeningSite(): Promise<Site & { close(): Promise<void> }> {
	const site = openSite();
	const { server, port } = await new Promise<{ server: Server; port: number }>((resolve) => {
		const server = serve({ fetch: site.receive, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
			invariant(server instanceof Server, "a site is served over HTTP/1.1");
			resolve({ server, port });
		});
	});
	const close = (): Promise<void> =>
		new Promise((resolve) => {
			server.close(() => resolve());
			server.closeAllConnections();
		});
	return Object.assign(site, { origin: `http://127.0.0.1:${port}`, close });
}
