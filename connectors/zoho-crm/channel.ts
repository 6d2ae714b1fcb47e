import {
	at,
	bad,
	good,
	isList,
	isoTime,
	type Pull,
	type Question,
	type Result,
	textOf,
	type Value,
} from "../../src/kit/index.ts";
import type { Settings } from "./settings.ts";

/**
 * Of at most a week, which a clock that is a little ahead would exceed; Zoho gives an hour to who asks for more:
 * https://www.zoho.com/crm/developer/docs/api/v8/notifications/enable.html
 */
const lastsMs = 6 * 24 * 3_600_000;

/** What would end sooner may end before anybody has seen why it is not renewed. */
const lastsMsMin = 24 * 3_600_000;

export const keepsChannel = (secretsSet: ReadonlySet<string>): boolean =>
	["token", "client", "clientSecret", "refresh"].every((name) => secretsSet.has(name));

const path = "/crm/v8/actions/watch";

/**
 * Keeps a channel of notifications open: enables it, and renews it long before it ends. What it tells comes by its webhook, so
 * that nothing is asked for here.
 */
export const channel: Pull<Settings> = {
	everyMs: 12 * 3_600_000,
	isOn: (settings, secretsSet) => settings.channel !== "" && keepsChannel(secretsSet),
	ask: async (question) => {
		const { url, now } = question;
		if (!url?.startsWith("https:"))
			return bad("Zoho notifies https URLs only: set HUB_PUBLIC_URL to what the world calls the hub");
		// What changes a channel fails for one that was not enabled, or has ended.
		const renewed = untilOf(await asked(question, url, "PUT"));
		const until = renewed.ok ? renewed : untilOf(await asked(question, url, "POST"));
		if (!until.ok) return bad(`the channel ${question.settings.channel} is not renewed: ${until.failure}`);
		if (until.value < now + lastsMsMin)
			return bad(`Zoho ends the channel already at ${new Date(until.value).toISOString()}`);
		return good({ body: null, cursor: { until: new Date(until.value).toISOString() }, more: false });
	},
};

const asked = (
	{ settings, secrets, now, askSystem }: Question<Settings>,
	url: string,
	method: "POST" | "PUT",
): Promise<Result<Value, string>> => {
	const watch = {
		channel_id: settings.channel,
		events: settings.events.length > 0 ? settings.events : ["Contacts.create", "Contacts.edit", "Leads.edit"],
		// Without milliseconds, which Zoho does not take.
		channel_expiry: new Date(now + lastsMs).toISOString().replace(/\.[0-9]{3}Z$/, "+00:00"),
		token: secrets["token"]?.[0] ?? "",
		notify_url: url,
		return_affected_field_values: true,
	};
	return askSystem({ path, method, body: { watch: [watch] } });
};

/** When the channel ends, of all its modules the first, as the answer says it. */
function untilOf(answer: Result<Value, string>): Result<number, string> {
	if (!answer.ok) return answer;
	const [said] = listOf(at(answer.value, "watch"));
	const times = listOf(at(said, "details", "events")).flatMap(
		(event) => isoTime(at(event, "channel_expiry")) ?? [],
	);
	if (at(said, "status") === "success" && times.length > 0) return good(Math.min(...times));
	const code = textOf(at(said, "code")) ?? "";
	return bad(`Zoho answered ${/^[A-Z_]{1,40}$/.test(code) ? code : "without a code"}`);
}

const listOf = (value: Value | undefined): readonly Value[] => (isList(value) ? value : []);
