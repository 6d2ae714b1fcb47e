import type { CallbackView, DeliveryView, FetchView, MessageView, Planned } from "../inbox/inbox.ts";
import type { EventOutcome } from "../model/outcome.ts";

const provedWords = {
	all: "verified",
	first: "only its first message verified",
	none: "sent with a public key",
} as const;

/** One delivery as a person reads it: how it came, and of each message what it became and why. */
export function drawnDelivery(delivery: DeliveryView): string {
	const { id, endpoint, receivedAt, method, path, bytes, repeats, proved, outcome } = delivery;
	return [
		`Delivery ${id}: ${outcome}`,
		`  ${new Date(receivedAt).toISOString()}  ${method} ${path === "" ? "/" : path}  ${bytes} bytes, ${provedWords[proved]}`,
		`  endpoint ${endpoint}${repeats === 0 ? "" : `, sent ${repeats + 1} times`}`,
		...delivery.removed.map(({ path, what }) => `  removed before it was stored: ${what}, ${path}`),
		...(delivery.expiredAt === null
			? []
			: [`  its body is gone: it was kept until ${new Date(delivery.expiredAt).toISOString()}`]),
		...delivery.messageViews.flatMap(drawnMessage),
		...delivery.fetches.flatMap(drawnFetch),
		...delivery.callbacks.flatMap(drawnCallback),
	].join("\n");
}

function drawnMessage({ position, type, senderId, time, outcome, reason, plan, dueAt }: MessageView) {
	const named = [type, senderId, time === null ? null : new Date(time).toISOString()].filter(
		(part) => part !== null,
	);
	return [
		"",
		`  message ${position}  ${named.join("  ")}`,
		...(plan === null ? [`    ${outcome}`] : plan.flatMap(drawnEvent)),
		...(reason === null ? [] : [`    ${reason}`]),
		...(dueAt === null
			? []
			: [`    ${outcome === "waiting" ? "waits until" : "tried next at"} ${new Date(dueAt).toISOString()}`]),
	];
}

const fetchWords = {
	owed: "is asked for",
	found: "was found",
	missing: "is not there",
	given_up: "is not asked for any more",
} as const;

function drawnFetch({ position, into, url, state, attempts, dueAt, reason }: FetchView): readonly string[] {
	return [
		"",
		`  \`${into}\` of message ${position} ${fetchWords[state]}: ${url}`,
		...(reason === null ? [] : [`    attempts that failed: ${attempts}; the last: ${reason}`]),
		...(dueAt === null ? [] : [`    tried next at ${new Date(dueAt).toISOString()}`]),
	];
}

const callbackWords = { owed: "is to be posted", given_up: "is not posted any more" } as const;

function drawnCallback({ position, url, state, attempts, dueAt, reason }: CallbackView): readonly string[] {
	return [
		"",
		`  the result of message ${position} ${callbackWords[state]} to ${url}`,
		...(reason === null ? [] : [`    attempts that failed: ${attempts}; the last: ${reason}`]),
		...(dueAt === null ? [] : [`    tried next at ${new Date(dueAt).toISOString()}`]),
	];
}

function drawnEvent({ mapping, version, action, outcome }: Planned): readonly string[] {
	const head = `    ${outcome?.kind ?? "pending"}  ${action ?? "no event"}  by ${mapping}@${version}`;
	return outcome === undefined ? [head] : [head, ...detailsOf(outcome).map((line) => `      ${line}`)];
}

function detailsOf(outcome: EventOutcome): readonly string[] {
	switch (outcome.kind) {
		case "appended":
			return [`event ${outcome.event} of ${outcome.customer}, ${outcome.points} points`];
		case "duplicate":
			return [outcome.event === null ? "recorded before" : `recorded before as ${outcome.event}`];
		case "conflict":
			return [outcome.reason, ...(outcome.event === null ? [] : [`recorded as ${outcome.event}`])];
		case "refused":
			return [outcome.code === 0 ? outcome.reason : `${outcome.reason} (${outcome.code})`];
		case "failed":
			return [
				outcome.reason,
				...(outcome.at === undefined
					? []
					: [`at ${outcome.at.file}:${outcome.at.line}:${outcome.at.column}`]),
			];
		case "skipped":
		case "suppressed":
		case "not_a_member":
			return [outcome.reason];
	}
}
