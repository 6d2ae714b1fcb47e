import { Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { csrf } from "hono/csrf";
import { html } from "hono/html";
import { secureHeaders } from "hono/secure-headers";
import { sessionCookie } from "../api/access.ts";
import type { DoorOf } from "../api/endpoints.ts";
import { listDeliveries } from "../deliveries.ts";
import type { OpenEndpoint } from "../door.ts";
import { type Healths, openHealths } from "../health.ts";
import type { AppParts } from "../parts.ts";
import { readBody } from "../receive/body.ts";
import { type SampleReport, sendSample } from "../sample.ts";

/** The newest of each list that the page shows. */
const rows = 25;

/** A name and a password: whoever sends it is a stranger still. */
const formBytesMax = 4 * 1024;

/** `/office/`: for who is signed in, one plain page with the newest deliveries and events. */
export function office(parts: AppParts, doorOf: DoorOf): Hono {
	const app = new Hono();
	app.use(
		secureHeaders({
			contentSecurityPolicy: {
				defaultSrc: ["'none'"],
				styleSrc: ["'unsafe-inline'"],
				formAction: ["'self'"],
			},
		}),
	);
	app.use(csrf());

	app.get("/", async (context) => {
		const account = await parts.office.sessionAccount(getCookie(context, sessionCookie) ?? "");
		return context.html(account === null ? signInPage("") : await overview(parts, account));
	});

	app.post("/sign-in", async (context) => {
		const read = await readBody(context.req.raw, { bytesMax: formBytesMax });
		if (!read.ok) return context.html(signInPage(read.failure.message), read.failure.status);
		const form = new URLSearchParams(new TextDecoder().decode(read.value.body));
		const session = await parts.office.signIn(form.get("account") ?? "", form.get("password") ?? "");
		if (session === null) {
			return context.html(
				signInPage("This name and password do not belong together, or too many were tried."),
				401,
			);
		}
		setCookie(context, sessionCookie, session, cookieOptions(parts));
		return context.redirect("/office/");
	});

	app.post("/sign-out", async (context) => {
		await parts.office.signOut(getCookie(context, sessionCookie) ?? "");
		deleteCookie(context, sessionCookie, cookieOptions(parts));
		return context.redirect("/office/");
	});

	app.post("/endpoints/:id/test", async (context) => {
		const account = await parts.office.sessionAccount(getCookie(context, sessionCookie) ?? "");
		if (account === null) return context.redirect("/office/");
		const to = (await parts.hub.door.directory()).byId(context.req.param("id"));
		if (to === undefined || to.endpoint.state === "deleted") return context.redirect("/office/");
		const report = await sendSample(parts, to, { door: doorOf(context), unsigned: false });
		return context.html(reportPage(to.endpoint.name, report));
	});
	return app;
}

const cookieOptions = ({ publicUrl }: AppParts) =>
	({ path: "/", httpOnly: true, sameSite: "Strict", secure: publicUrl().startsWith("https:") }) as const;

type Html = ReturnType<typeof html>;

const layout = (title: string, content: Html): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
	:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
	body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
	header { display: flex; align-items: baseline; gap: 1rem; }
	header h1 { flex: 1; }
	table { border-collapse: collapse; width: 100%; margin-bottom: 2rem; }
	th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
	.number { text-align: right; font-variant-numeric: tabular-nums; }
	code { font-size: .9em; }
	form.sign-in { display: grid; gap: .7rem; max-width: 20rem; }
	input, button { font: inherit; padding: .4rem .6rem; width: 100%; box-sizing: border-box; }
	[role=alert] { color: #c22; }
</style>
</head>
<body>${content}</body>
</html>`;

const signInPage = (alert: string): Html =>
	layout(
		"Sign in · Loyalty hub",
		html`<h1>Loyalty hub</h1>
${alert === "" ? "" : html`<p role="alert">${alert}</p>`}
<form class="sign-in" method="post" action="/office/sign-in">
<label>Account <input name="account" value="admin" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required autofocus></label>
<button>Sign in</button>
</form>`,
	);

async function overview(parts: AppParts, account: string): Promise<Html> {
	const [newest, events, directory, healthOf] = await Promise.all([
		listDeliveries(parts.hub.inboxes, { limit: rows }),
		parts.ledger.newest(rows),
		parts.hub.door.directory(),
		openHealths(parts),
	]);
	const { troubles } = directory;
	return layout(
		"Loyalty hub",
		html`<header><h1>Loyalty hub</h1><span>${account}</span>
<form method="post" action="/office/sign-out"><button>Sign out</button></form></header>
${troubles.map((trouble) => html`<p role="alert">${trouble}</p>`)}
<h2>Endpoints</h2>
${endpointsTable(directory.endpoints, healthOf)}
<h2>Newest deliveries</h2>
${
	newest.length === 0
		? html`<p>Nothing has been received yet.</p>`
		: html`<table>
<thead><tr><th>Received</th><th>Endpoint</th><th class="number">Messages</th><th>Kinds</th><th>Outcome</th><th>Why</th><th>Delivery</th></tr></thead>
<tbody>${newest.map(
				(delivery) => html`<tr>
<td><time>${timeOf(delivery.receivedAt)}</time></td>
<td>${directory.byId(delivery.endpoint)?.endpoint.name ?? delivery.endpoint}</td>
<td class="number">${delivery.messages}</td>
<td>${delivery.types.join(", ")}</td>
<td>${delivery.outcome}${delivery.repeats === 0 ? "" : ` (sent ${delivery.repeats + 1} times)`}</td>
<td>${delivery.reason ?? ""}</td>
<td><code>${delivery.id}</code></td></tr>`,
			)}</tbody></table>`
}
<h2>Newest events</h2>
${
	events.length === 0
		? html`<p>The ledger is empty.</p>`
		: html`<table>
<thead><tr><th>Time</th><th>Customer</th><th>Action</th><th class="number">Points</th><th>Source</th><th>Mapping</th><th>Event</th></tr></thead>
<tbody>${events.map(
				(event) => html`<tr>
<td><time>${event.timestamp}</time></td>
<td>${event.customer}</td>
<td>${event.label}</td>
<td class="number">${event.points}</td>
<td>${event.source}</td>
<td>${String(event.provenance["mapping"] ?? "")}</td>
<td><code>${event.id}</code></td></tr>`,
			)}</tbody></table>`
}`,
	);
}

const endpointsTable = (endpoints: readonly OpenEndpoint[], healthOf: Healths): Html =>
	endpoints.length === 0
		? html`<p>There is none yet: <code>npm run -s hub -- endpoint create</code> makes one.</p>`
		: html`<table>
<thead><tr><th>Endpoint</th><th>Connector</th><th>State</th><th>Why</th><th></th></tr></thead>
<tbody>${endpoints.map((open) => {
				const { endpoint, configured } = open;
				const { state, why } = healthOf(open);
				return html`<tr>
<td>${endpoint.name}</td>
<td>${configured.connector.title}</td>
<td>${state}</td>
<td>${why}</td>
<td>${endpoint.state === "deleted" ? "" : testButton(endpoint.id)}</td></tr>`;
			})}</tbody></table>`;

const testButton = (id: string): Html =>
	html`<form method="post" action="/office/endpoints/${id}/test"><button>Send a sample</button></form>`;

const reportPage = (name: string, { ok, steps }: SampleReport): Html =>
	layout(
		"Sample · Loyalty hub",
		html`<header><h1>A sample for ${name}</h1><a href="/office/">Back</a></header>
<p${ok ? "" : html` role="alert"`}>${ok ? "All steps went well." : "A step failed."} A sample gives no events.</p>
<table><thead><tr><th>Step</th><th></th><th>What was found</th></tr></thead>
<tbody>${steps.map((step) => html`<tr><td>${step.step}</td><td>${step.ok ? "ok" : "failed"}</td><td>${step.said}</td></tr>`)}</tbody></table>`,
	);

const timeOf = (ms: number): string => new Date(ms).toISOString().replace("T", " ").slice(0, 19);
