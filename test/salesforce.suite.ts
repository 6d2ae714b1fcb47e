import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { outcomeOf } from "./segment.suite.ts";
import { customer, type EndpointView, eventsOf, newestDelivery, type TestHub } from "./support/calls.ts";

/**
 * What a CRM's admin sees of a hub, on whichever host. `open` gives an empty one; `samples` are the files of
 * `connectors/salesforce/samples` by name.
 */
export function testSalesforce(
	host: string,
	open: () => Promise<TestHub>,
	samples: ReadonlyMap<string, string>,
): void {
	let hub: TestHub;
	beforeEach(async () => {
		hub = await open();
	});
	afterEach(() => hub.close(), patience.timeout);

	const endpoint = async (settings: Readonly<Record<string, string>> = {}): Promise<EndpointView> =>
		(await hub.call("POST", "/endpoints", {
			connector: "salesforce",
			name: "crm",
			settings: { organisation: "00D5g000004XyZ1", ...settings },
			secrets: { header: secret },
		})) as EndpointView;
	const sample = (name: string): string => samples.get(name) ?? "";
	const post = (to: EndpointView, body: string, headers: Record<string, string>): Promise<Response> =>
		hub.fetch(new Request(to.url, { method: "POST", headers, body }));
	const became = async (to: EndpointView, body: string, headers = bodyHeaders(body)): Promise<string> => {
		expect((await post(to, body, headers)).status).toBe(200);
		await hub.drained();
		return outcomeOf(await newestDelivery(hub));
	};
	const actionsOf = async () => (await eventsOf(hub)).map(({ action }) => action);

	describe(`Salesforce, on ${host}`, patience, () => {
		it("is told that its message is taken, as SOAP, and by another organisation's that it is not", async () => {
			const to = await endpoint();
			const taken = await post(to, sample("outbound-lead-converted.xml"), soap);
			expect([taken.status, taken.headers.get("content-type")]).toEqual([200, "text/xml; charset=UTF-8"]);
			expect(await taken.text()).toContain(
				'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>',
			);
			await hub.drained();
			const before = (await newestDelivery(hub)).id;
			for (const body of [sample("outbound-wrong-org.xml"), "<!DOCTYPE a><a/>", "<a>"]) {
				const refused = await post(to, body, soap);
				expect([refused.status, refused.headers.get("content-type")]).toEqual([
					400,
					"text/xml; charset=UTF-8",
				]);
				expect(await refused.text()).toContain("<faultcode>soapenv:Client</faultcode>");
			}
			const unsigned = await post(to, sample("cdc-lead-converted.json"), {
				"Content-Type": "application/json",
			});
			expect([unsigned.status, await unsigned.text()]).toEqual([401, ""]);
			expect((await newestDelivery(hub)).id).toBe(before);
			const signed = await post(to, sample("platform-event-order.json"), callout);
			expect(await signed.json()).toMatchObject({ delivery: expect.any(String) });
		});

		it("converts a lead once, whichever way tells it first", async () => {
			const ways = [
				"outbound-lead-converted.xml",
				"cdc-lead-converted.json",
				"records-query-result.json",
				"callout-lead-converted.json",
			];
			for (const first of ways) {
				const to = await endpoint();
				const said: string[] = [];
				for (const way of [first, ...ways.filter((way) => way !== first)])
					said.push(await became(to, sample(way)));
				expect(said[0]).toContain("opt_in appended");
				expect(said[0]).toContain("lead_converted appended");
				for (const later of said.slice(1)) {
					expect(later).toContain("opt_in duplicate");
					expect(later).toContain("lead_converted duplicate");
				}
				const events = await eventsOf(hub);
				const conversions = events.filter(({ action }) => action === "lead_converted");
				expect(conversions.map(({ properties }) => properties)).toMatchObject([
					{
						lead_id: "00Q5g00000LmNoPEAV",
						contact_id: "0035g00000VwXyZAAV",
						account_id: "0015g00000QrStUAAV",
						opportunity_id: "0065g00000AbCdEAAV",
					},
				]);
				const [member, ...others] = events.filter(({ action }) => action === "opt_in");
				expect(others).toEqual([]);
				expect((await customer(hub, member?.customer ?? ""))?.identities).toEqual(
					expect.arrayContaining([
						{ kind: "salesforce.contact", value: "0035g00000VwXyZAAV" },
						{ kind: "salesforce.lead", value: "00Q5g00000LmNoPEAV" },
						{ kind: "email", value: "ada.quill@example.test" },
					]),
				);
				await hub.close();
				hub = await open();
			}
		});

		it("knows who was a member by their address before, also where a change event has none", async () => {
			const to = await endpoint();
			expect(await became(to, sample("outbound-lead-converted.xml"))).toContain("opt_in appended");
			const second = sample("outbound-lead-converted.xml")
				.replace("04l5g00000Ab12cAAB", "04l5g00000Ab12xAAB")
				.replaceAll("0035g00000VwXyZAAV", "0035g00000VwXz0AAF")
				.replaceAll("00Q5g00000LmNoPEAV", "00Q5g00000LmNoQEAV");
			expect(await became(to, second)).toMatch(
				/^opt_in duplicate.*profile appended.*lead_converted appended/,
			);
			const change = sample("cdc-lead-converted.json")
				.replaceAll("0035g00000VwXyZAAV", "0035g00000VwXz0AAF")
				.replaceAll("00Q5g00000LmNoPEAV", "00Q5g00000LmNoQEAV");
			expect(await became(to, change)).toContain("lead_converted duplicate");
			expect((await actionsOf()).filter((action) => action === "opt_in")).toHaveLength(1);
		});

		it("makes nobody a member where the endpoint says so", async () => {
			const to = await endpoint({ enrol: "never" });
			expect(await became(to, sample("outbound-lead-converted.xml"))).not.toContain("appended");
			expect(await actionsOf()).toEqual([]);
		});

		it("loses no notification for another that is unusable, and keeps no session", async () => {
			const to = await endpoint();
			const body = sample("outbound-two-contacts.xml").replace("<Id>04l5g00000Ab12dAAB</Id>", "<Id/>");
			expect(await became(to, body)).toBe("failed; profile not_a_member");
			const { id } = await newestDelivery(hub);
			const kept = JSON.stringify(await hub.call("GET", `/deliveries/${id}`));
			expect(kept).toContain("Okoye");
			expect(kept).not.toContain("example_session");
		});
	});
}

const secret = "open sesame";
const soap = { "Content-Type": "text/xml; charset=utf-8", SOAPAction: '""' };
const callout = { "Content-Type": "application/json", "X-Hub-Secret": secret };
const bodyHeaders = (body: string) => (body.startsWith("<") ? soap : callout);
const patience = { timeout: 60_000 };
