import { z } from "zod";
import {
	answerSchema,
	at,
	bad,
	choice,
	data,
	defineConnector,
	good,
	handshakeSchema,
	isList,
	isObject,
	list,
	parseJson,
	type Reading,
	type Result,
	readingSchema,
	type Scheme,
	schemeSchema,
	text,
	type Value,
	whole,
} from "../../src/kit/index.ts";

const secrets = {
	key: {
		title: "Key",
		description:
			"What the sender signs with, as it shows it; of a sender with a key of its own, the public one (PEM).",
	},
	token: {
		title: "Token",
		description:
			"What the sender shows as it is: in a header, the URL, a field of the body, or as a bearer token.",
	},
	basic: {
		title: "User and password",
		description: "Of Basic authentication: both, with a colon between them.",
	},
	consumer: { title: "Consumer key", description: "Of OAuth 1.0a; the consumer's secret is `key`." },
};

/** Whether a scheme goes by secrets that an endpoint can have. */
function secretProblem(scheme: Scheme): string | undefined {
	if (scheme.kind === "allOf" || scheme.kind === "firstOf")
		return scheme.schemes.map(secretProblem).find((problem) => problem !== undefined);
	const names = [
		...("secret" in scheme && scheme.secret !== undefined ? [scheme.secret] : []),
		...(scheme.kind === "oauth1" ? [scheme.consumerKey] : []),
	];
	const unknown = names.find((name) => !Object.hasOwn(secrets, name));
	return unknown === undefined
		? undefined
		: `there is no secret "${unknown}"; there are ${Object.keys(secrets).join(", ")}`;
}

const scheme = schemeSchema.superRefine((value, context) => {
	const problem = secretProblem(value);
	if (problem !== undefined) context.addIssue(problem);
});

const handshake = handshakeSchema.superRefine(({ proof }, context) => {
	const problem = typeof proof === "object" ? secretProblem(proof) : undefined;
	if (problem !== undefined) context.addIssue(problem);
});

const readsNobody: Reading = {
	id: "{field:id}",
	type: "{field:type}",
	time: { from: "{field:time}", unit: "iso" },
	identities: {},
};

const formats = ["json", "ndjson", "form", "xml"] as const;

const settings = z.strictObject({
	verify: data(
		"How the sender proves itself: a list of schemes, each of which has to hold where its secret is set.",
		z.array(scheme),
		[],
	),
	unsigned: choice(
		"What becomes of deliveries while none of the secrets is set. refuse: they are answered 401. accept: the unguessable " +
			"URL is all that protects the endpoint.",
		["refuse", "accept"],
	),
	signedBytes: choice("Of a compressed body, what is signed: its bytes as they are received, or inflated.", [
		"received",
		"inflated",
	]),
	methods: list(
		"HTTP methods that are deliveries. None: POST alone.",
		z
			.string()
			.trim()
			.regex(/^(?:POST|PUT|PATCH|GET|DELETE)$/, "is none of POST, PUT, PATCH, GET, DELETE"),
	),
	body: choice("How bodies are written whose media type is none of a form, NDJSON and XML.", [
		"json",
		"form",
		"ndjson",
		"xml",
	]),
	messages: text(
		"Path of the messages in a body: data.events. A text there is read as JSON, as a field of a form may be. Empty: the items " +
			"of a body that is a list, else the body itself.",
	),
	read: data(
		"What in a message is its id, its type, its time and its people, and which messages are tests, echoes, handshakes, " +
			"erasures and merges.",
		readingSchema,
		readsNobody,
	),
	handshakes: data(
		"Requests that try the address, and what they are answered: a list.",
		z.array(handshake),
		[],
	),
	answer: data(
		"What a stored delivery is answered. null: 200 and the delivery's id.",
		z.union([z.null(), answerSchema]),
		null,
	),
	retryHours: whole(
		"How long the sender tries again: within it, equal contents without an id are one message.",
		24,
		{ least: 0, most: 30 * 24 },
	),
});

/** A system that nobody has written a connector for: what it sends, and how it proves itself, are an endpoint's settings. */
export const generic = defineConnector({
	slug: "generic",
	title: "Generic",
	docs: "https://webhooks.fyi",
	methods: ["POST"],
	body: formats,
	secrets,
	settings,
	retriesForMs: 24 * 3_600_000,
	anyShape: true,
	verify: ({ verify, unsigned, signedBytes }) => ({
		schemes: verify,
		unsigned,
		partly: "firstOnly",
		bytes: signedBytes,
	}),
	read: readsNobody,
	endpoint: ({ methods, body, messages, read, handshakes, answer, retryHours }) => ({
		...(methods.length === 0 ? {} : { methods }),
		body: [body, ...formats.filter((format) => format !== body)],
		...(messages === "" ? {} : { messages: (content) => messagesAt(messages, content) }),
		read,
		handshakes,
		...(answer === null ? {} : { answer }),
		retriesForMs: retryHours * 3_600_000,
	}),
	advice: ({ verify, unsigned, read }, secretsSet) => {
		const said: string[] = [];
		if (verify.length === 0)
			said.push(
				unsigned === "accept"
					? "Nothing proves who sends: whoever learns the URL can send messages. Set `verify`, and a secret."
					: "Nothing says how the sender proves itself, so that everything is refused: set `verify`, or unsigned=accept.",
			);
		else if (secretsSet.size === 0) said.push("None of the secrets that `verify` goes by is set.");
		if (Object.keys(read.identities).length === 0)
			said.push("Nothing says who a message is about (`read`), so that no erasure finds it.");
		return [
			...said,
			"Its mappings are yours: mappings/local, with `from: generic/` and the endpoint's name.",
		];
	},
});

/** What is at a path: a list, one message, or a text that is either as JSON. */
function messagesAt(path: string, body: Value): Result<readonly Value[], string> {
	const found = at(body, ...path.split("."));
	if (typeof found === "string") {
		const parsed = parseJson(found);
		if (!parsed.ok) return bad(`what is at ${path} is no JSON: ${parsed.failure.reason}`);
		return isList(parsed.value) ? good(parsed.value) : good([parsed.value]);
	}
	if (isList(found)) return good(found);
	return isObject(found) ? good([found]) : bad(`there are no messages at ${path}`);
}
