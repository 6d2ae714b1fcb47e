import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { projectRoot } from "../src/host/node/definitions.ts";
import { lockFolder } from "../src/host/node/lock.ts";
import { writeRunFile } from "../src/host/node/run-file.ts";
import { type EndpointView, type Page, segmentEndpoint } from "./support/calls.ts";
import { type NodeTestHub, openTestHub } from "./support/hub.ts";

/** What an admin types while the hub runs, and what they read. */
let hub: NodeTestHub;
let release: () => void;
beforeAll(async () => {
	hub = await openTestHub();
	const lock = lockFolder(hub.data);
	release = () => lock?.release();
	writeRunFile(hub.data, { pid: process.pid, url: hub.url, token: hub.token() });
	const endpoint = await segmentEndpoint(hub, "shop");
	for (const [messageId, message] of Object.entries({
		"m-1": { event: "Signed Up" },
		"m-2": { event: "Product Viewed", properties: { product_id: "p-1", name: "Tea" } },
		"m-3": { event: "Order Completed", properties: { order_id: "1", revenue: "12,50" } },
		"m-4": { event: "Order Complete", properties: { order_id: "1" } },
	})) {
		await hub.fetch(
			new Request(`${hub.url}/v1/track`, {
				method: "POST",
				headers: { Authorization: `Basic ${btoa(`${endpoint.writeKey}:`)}` },
				body: JSON.stringify({ userId: "ada", messageId, ...message }),
			}),
		);
	}
	await hub.drained();
});
afterAll(async () => {
	release();
	await hub.close();
});

const typed = (...words: readonly string[]) => typedIn(hub.data, ...words);

async function typedIn(data: string, ...words: readonly string[]) {
	const child = spawn(process.execPath, [join(projectRoot, "src", "cli", "hub.ts"), ...words], {
		env: { ...process.env, HUB_DATA: data },
	});
	const [out, error, [status]] = await Promise.all([
		text(child.stdout),
		text(child.stderr),
		once(child, "exit"),
	]);
	return { out: out.trimEnd().split("\n"), error: error.trimEnd().split("\n"), status: status as number };
}

describe("An admin at the command line", { timeout: 60_000 }, () => {
	it("sees why nothing came of a message, and where a mapping failed", async () => {
		const { data } = (await hub.call("GET", "/deliveries?limit=2")) as { data: { id: string }[] };
		const shown = await Promise.all(data.map(({ id }) => typed("deliveries", "show", id)));
		const [unmatched, failed] = shown.map(({ out }) => out.map((line) => line.trim()));
		expect(unmatched?.slice(-1)[0]).toContain("segment/order-completed, which wants event: Order Completed");
		expect(unmatched?.slice(-1)[0]).toContain('met "Order Complete"');
		expect(failed?.slice(-2)[0]).toContain("`$.properties.revenue`");
		expect(failed?.slice(-2)[0]).toContain("a text of 5 characters");
		expect(failed?.slice(-1)[0]).toMatch(/^at mappings\/segment\/order-completed\.yaml:\d+:\d+$/);
		expect(failed?.join("\n")).not.toContain("12,50");
	});

	it("counts before replaying", async () => {
		const { out, status } = await typed(
			"deliveries",
			"replay",
			"--since",
			"2026-01-01T00:00:00Z",
			"--dry-run",
		);
		expect(status).toBe(0);
		expect(out.toSorted()).toEqual([
			"  1 failed",
			"  2 recorded already, and not recorded again",
			"  none of 1 messages: unmatched",
			"4 messages of 4 deliveries would get another turn, and give these events:",
		]);
	});

	it("must say which deliveries to replay", async () => {
		const { error, status } = await typed("deliveries", "replay");
		expect([error[0], status]).toEqual([
			"say which deliveries: their ids, or --endpoint, --outcome, --since, --until",
			2,
		]);
	});

	it("names an endpoint by its name, and is told which delivery there is none of", async () => {
		const rehearsed = await typed("deliveries", "replay", "--endpoint", "shop", "--dry-run");
		expect(rehearsed.out[0]).toContain("4 messages of 4 deliveries");
		const listed = await typed("deliveries", "list", "--endpoint", "shop", "--limit", "3");
		expect(listed.out).toHaveLength(4);
		for (const [words, error] of [
			[["list", "--endpoint", "shpo"], "there is no endpoint shpo; see `endpoint list`"],
			[["release", "nonsense"], "there is no delivery nonsense"],
			[["replay", "nonsense", "more"], "there is no delivery nonsense, more"],
		] as const) {
			const refused = await typed("deliveries", ...words);
			expect([refused.status, refused.error]).toEqual([2, [error]]);
		}
	});

	it("sees what a changed text would make of what came, or what is wrong with it", async () => {
		const { text: before } = (await hub.call("GET", "/mappings/segment/product-viewed")) as { text: string };
		const changed = join(hub.data, "changed.yaml");
		writeFileSync(
			changed,
			before
				.split("\ntests:")[0]
				?.replace("product_name: $.properties.name", "sku: $.properties.name")
				.replace("    sku: $.properties.sku\n", "") ?? "",
		);
		const { out } = await typed("mappings", "diff", "segment/product-viewed", changed, "--deliveries", "10");
		expect(out).toContain("-    product_name: $.properties.name");
		expect(out).toContain("4 messages of 4 deliveries: 3 same, 1 changed");
		expect(out).toContain('    product_view data.product_name: "Tea" → (absent)');
		expect(out).toContain('    product_view data.sku: (absent) → "Tea"');

		writeFileSync(changed, before.replace("$.properties.name", "{ $frist: [$.properties.name] }"));
		const wrong = await typed("mappings", "diff", "segment/product-viewed", changed, "--deliveries", "10");
		expect(wrong.status).toBe(2);
		expect(wrong.error.join("\n")).toContain("no operator is called `$frist`; did you mean `$first`?");
	});

	it("uploads an action, sees it listed and changed, and is told what a change would break", async () => {
		const path = join(hub.data, "survey.yaml");
		writeFileSync(path, "label: Survey\npoints: 5\nattributes: { score: integer }\n");
		expect((await typed("actions", "check", path)).out).toEqual(["No problems."]);
		const { out } = await typed("actions", "put", path);
		expect(out).toEqual([expect.stringMatching(/^survey [0-9a-f]{12} is live$/)]);
		const { out: list } = await typed("actions", "list");
		expect(list[0]).toMatch(/^NAME +LABEL +ORIGIN +SENDER +FROM +VERSION +POINTS$/);
		expect(list.find((line) => line.startsWith("survey "))).toMatch(
			/ custom +anyone +upload +[0-9a-f]{12} +5$/,
		);
		expect(list.find((line) => line.startsWith("birthday "))).toMatch(/ internal +hub +hub +- +0$/);
		expect((await typed("actions", "show", "survey")).out[0]).toBe("label: Survey");

		writeFileSync(path, "label: Survey\npoints: 6\nattributes: { score: boolean }\n");
		const { out: diff } = await typed("actions", "diff", "survey", path);
		expect(diff.filter((line) => /^[-+][a-z]/.test(line))).toEqual([
			"-points: 5",
			"-attributes: { score: integer }",
			"+points: 6",
			"+attributes: { score: boolean }",
		]);
		const check = await typed("actions", "check", path);
		expect([check.status, check.out[0]]).toEqual([
			1,
			expect.stringContaining(
				"`score` is of type integer in events that there are, and can not become boolean",
			),
		]);
		const put = await typed("actions", "put", path);
		expect([put.status, put.error[0]]).toEqual([2, "the actions have 1 error, and stay as they are"]);
	});

	it("makes an endpoint, sets it, tries it, replaces its secret and deletes it", async () => {
		const make = ["endpoint", "create", "shopify", "--name", "till", "--secret", "client=first-secret"];
		const made = await typed(...make, "--set", "enrol=often", "--set", "shop=7", "--set", "till=1");
		expect(made.status).toBe(2);
		expect(made.error.join("\n")).toMatch(/enrol: .*created.*never.*"till"; there are shop, enrol/s);
		expect((await typed(...make)).status).toBe(0);

		const set = await typed("endpoint", "set", "till", "--set", "enrol=never");
		expect(set.out).toContain('  enrol = "never"');
		const rotated = await typed("endpoint", "rotate", "till", "--secret", "client=second-secret", "--url");
		expect(rotated.status).toBe(0);
		const today = new Date().toISOString().slice(0, 10);
		expect(rotated.out.join("\n")).toMatch(
			new RegExp(`the URL before it until .*secret client, set ${today}T.*, the one before it until `, "s"),
		);
		const nothing = await typed("endpoint", "rotate", "till");
		expect([nothing.status, nothing.error.join(" ")]).toEqual([2, expect.stringContaining("what to rotate")]);

		const tested = await typed("endpoint", "test", "till");
		expect([tested.status, tested.out[2]]).toEqual([0, "ok    answered  200"]);
		await typed("endpoint", "create", "shopify", "--name", "bare");
		const refused = await typed("endpoint", "test", "bare");
		expect([refused.status, refused.out.at(-1)]).toEqual([
			1,
			expect.stringMatching(/^FAIL {2}answered {2}401 \(secret-missing\)/),
		]);

		const shown = await typed("endpoint", "show", "bare");
		expect(shown.out.map((line) => line.trim())).toEqual(
			expect.arrayContaining([
				expect.stringMatching(/^refusing: its newest request, just now, was refused \(secret-missing\)/),
				expect.stringMatching(/^last 24 hours {2}none/),
				expect.stringMatching(/^refused {8}1 secret-missing, since /),
			]),
		);
		const unset = await typed("endpoint", "rotate", "till", "--unset", "client");
		expect([unset.status, unset.error]).toEqual([
			2,
			['nothing could be verified any more, as the endpoint has no secret "client" to verify with'],
		]);
		await typed("endpoint", "delete", "till");
		const again = await typed(...make, "--json");
		const { id } = JSON.parse(again.out[0] ?? "") as { id: string };
		// The name now means the new one.
		expect((await typed("endpoint", "show", "till")).out[0]).toBe(`shopify endpoint till (${id}), active`);
		const listed = await typed("endpoint", "list");
		expect(listed.out.filter((line) => line.startsWith("till")).map((line) => line.split(/ +/)[2])).toEqual([
			"deleted",
			"quiet",
		]);
		for (const { out } of [set, rotated, tested, shown, again, listed])
			expect(out.join("\n")).not.toMatch(/(?:first|second)-secret/);
		await typed("endpoint", "delete", id);
	});

	it("tries an endpoint of a hub that does not run", async () => {
		const data = mkdtempSync(join(tmpdir(), "hub-cli-"));
		onTestFinished(() => rmSync(data, { recursive: true }));
		await typedIn(data, "endpoint", "create", "shopify", "--name", "till", "--secret", "client=s");
		const tested = await typedIn(data, "endpoint", "test", "till");
		expect([tested.status, tested.out[2]]).toEqual([0, "ok    answered  200"]);
	});

	it("makes, rotates, lists and revokes keys", async () => {
		const made = await typed("--json", "key", "create", "--name", "erp", "--allow", "192.0.2.0/24");
		expect(made.status).toBe(0);
		const { apiKey, apiSecret, ...rest } = JSON.parse(made.out[0] ?? "") as Record<string, string>;
		expect([apiKey, apiSecret]).toEqual([expect.stringMatching(/^ak_/), expect.any(String)]);
		expect(rest).toEqual({});
		const rotated = await typed("key", "rotate", apiKey ?? "", "--overlap", "2h");
		expect(rotated.out[0]).toBe(`api key     ${apiKey}`);
		expect((await typed("key", "list")).out.find((line) => line.includes(apiKey ?? "?"))).toMatch(
			/^ak_\S+ +erp +server +20\S+ +active, the secret before until 20/,
		);
		expect((await typed("key", "revoke", apiKey ?? "")).out).toEqual([`${apiKey} (erp) is revoked`]);
		expect((await typed("key", "revoke", apiKey ?? "")).status).toBe(2);
	});

	it("is told what is wrong with a key before it is made", async () => {
		const refused = [
			await typed("key", "create", "--use", "browser"),
			await typed("key", "create", "--use", "browser", "--development", "--origin", "https://a.example"),
			await typed("key", "create", "--requests-per-minute", "many"),
			await typed("key", "rotate", "ak_1", "--overlap", "a week"),
		];
		expect(refused.map(({ status }) => status)).toEqual([2, 2, 2, 2]);
		expect(refused.map(({ error }) => error.join(" "))).toEqual([
			expect.stringContaining("a browser key needs the origin of at least one page"),
			expect.stringContaining("'--development' cannot be used with option '--use"),
			expect.stringContaining("requestsPerMinute"),
			"--overlap a week is no time such as 12h or 7d",
		]);
	});

	it("makes, lists and revokes clients", async () => {
		const made = await typed(
			"--json",
			"client",
			"create",
			"--name",
			"erp",
			"--expires-at",
			"2999-01-01T00:00:00Z",
		);
		const { clientId, clientSecret, ...rest } = JSON.parse(made.out[0] ?? "") as Record<string, string>;
		expect([clientId, clientSecret]).toEqual([expect.stringMatching(/^client_/), expect.any(String)]);
		expect(rest).toEqual({});
		expect((await typed("client", "list")).out.find((line) => line.includes(clientId ?? "?"))).toMatch(
			/^client_\S+ +erp +loyalty\.async_events +active +2999-01-01T00:00:00\.000Z$/,
		);
		expect((await typed("client", "revoke", clientId ?? "")).out).toEqual([`${clientId} (erp) is revoked`]);
		expect((await typed("client", "create", "--expires-at", "soon")).status).toBe(2);
	});

	it("proves that nothing was altered, to themselves and to others", async () => {
		const folder = join(hub.data, "for the auditor");
		const signed = await typed("ledger", "checkpoint");
		const [origin = "", size] = signed.out;
		expect([signed.status, size]).toEqual([0, "2"]);
		expect(signed.out.at(-1)).toMatch(/^verifier [0-9a-f]{16}\/ledger\/0\+[0-9a-f]{8}\+/);

		const kept = join(hub.data, "kept.note");
		writeFileSync(kept, `${signed.out.slice(0, 5).join("\n")}\n`);
		const good = await typed("ledger", "verify", "--checkpoint", kept);
		expect([good.status, good.out]).toEqual([
			0,
			["2 events, 0 of erased persons, compared with 3 checkpoints: nothing was altered"],
		]);
		writeFileSync(kept, `${signed.out.slice(0, 5).join("\n").replace("\n2\n", "\n3\n")}\n`);
		const wrong = await typed("ledger", "verify", "--checkpoint", kept);
		expect([wrong.status, wrong.out.at(-1)]).toEqual([
			1,
			expect.stringContaining(`signature by ${origin} is wrong`),
		]);

		const [event] = ((await hub.call("GET", "/events")) as { data: readonly { id: string }[] }).data;
		const proof = await typed("ledger", "proof", event?.id ?? "", "--out", folder);
		expect([proof.status, readdirSync(folder).sort()]).toEqual([
			0,
			[`${event?.id}.json`, `${event?.id}.tlog-proof`],
		]);
		const exported = await typed("export", "ledger", folder);
		expect([exported.status, existsSync(join(folder, "ledger.ndjson"))]).toEqual([0, true]);
		expect((await typed("ledger", "accept")).status).toBe(2);
	});

	it("sees which mappings are live, and where each is from", async () => {
		const { out } = await typed("mappings", "list");
		expect(out[0]).toMatch(/^NAME +VERSION +STATE +ORIGIN +FROM +TITLE$/);
		expect(out.find((line) => line.startsWith("segment/order-completed "))).toMatch(
			/ live +preset +segment,rudderstack /,
		);
	});

	it("connects a system that nobody has written a connector for, by what files say", async () => {
		const verify = join(hub.data, "verify.yaml");
		const read = join(hub.data, "read.json");
		const [signed, reading] = [`verify=@${verify}`, `read=@${read}`];
		const create = (...more: readonly string[]) =>
			typed("--json", "endpoint", "create", "generic", "--name", "acme", ...more);
		writeFileSync(
			verify,
			"- kind: hmac\n  secret: key\n  algorithm: sha256\n  signed: '{boddy}'\n" +
				"  signature: { from: 'header:X-Signature', encoding: hex }\n",
		);
		writeFileSync(read, '{"type":"{field:type}","identities":{"id":"{field:customer}"}}');
		const wrong = await create("--set", signed, "--set", reading, "--secret", "key=s3cret");
		expect([wrong.status, wrong.error[0]]).toEqual([
			2,
			expect.stringContaining("verify: 0.signed: there is no token {boddy}; there are {body}"),
		]);
		const missing = await create("--set", "verify=@nowhere.yaml");
		expect([missing.status, missing.error]).toEqual([2, ["there is no file nowhere.yaml"]]);

		writeFileSync(verify, readFileSync(verify, "utf8").replace("{boddy}", "{body}"));
		const made = await create("--set", signed, "--set", reading, "--secret", "key=s3cret");
		expect(made.status).toBe(0);
		const { url } = JSON.parse(made.out.join("\n")) as { url: string };
		const body = '{"type":"a","customer":"ada"}';
		const post = (secret: string) =>
			hub.fetch(
				new Request(url, {
					method: "POST",
					headers: { "X-Signature": createHmac("sha256", secret).update(body).digest("hex") },
					body,
				}),
			);
		expect((await post("other")).status).toBe(401);
		expect((await post("s3cret")).status).toBe(200);

		writeFileSync(read, '{"type":"{field:kind}","identities":{"id":"{field:customer}"}}');
		const set = await typed("endpoint", "set", "acme", "--set", reading);
		expect([set.status, set.out.join("\n")]).toEqual([0, expect.stringContaining("{field:kind}")]);
	});

	it("erases a person, and is told what is left to do", async () => {
		const message = { userId: "grace", messageId: "g-1", event: "Signed Up" };
		const [endpoint] = ((await hub.call("GET", "/endpoints")) as Page<EndpointView>).data;
		const headers = { Authorization: `Basic ${btoa(`${endpoint?.writeKey}:`)}` };
		await hub.fetch(
			new Request(`${hub.url}/v1/track`, { method: "POST", headers, body: JSON.stringify(message) }),
		);
		await hub.drained();
		expect((await typed("customer", "show", "grace")).status).toBe(0);
		const { out, status } = await typed("customer", "erase", "grace");
		expect([status, ...out]).toEqual([
			0,
			expect.stringMatching(
				/^grace is erased: of them is left that event [0-9a-f]{24} ended them, without a name\.$/,
			),
			expect.stringMatching(/^Backups from before have to be deleted by \d{4}-\d\d-\d\d; /),
		]);
		for (const command of ["show", "erase"]) {
			const { error, status } = await typed("customer", command, "grace");
			expect([status, error]).toEqual([2, ["there is no such customer"]]);
		}
	});
});
