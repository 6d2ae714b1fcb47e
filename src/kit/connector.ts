import type { z } from "zod";
import type { BodyFormat } from "../model/format.ts";
import type { JsonObject, Value, ValueObject } from "../model/json.ts";
import type { Delivery, Message } from "../model/message.ts";
import type { Result } from "../model/result.ts";
import type { Answer, Handshake } from "../verify/handshake.ts";
import type { Verification } from "../verify/scheme.ts";
import type { Enrichment, OpenEnrichment } from "./enrichment.ts";
import type { Page, Pull, Question } from "./pull.ts";
import type { Reading } from "./reading.ts";
import type { Stream, StreamQuestion, TakeStreamed } from "./stream.ts";

/**
 * What a connector declares about its system. The hub routes, verifies, stores and maps; a connector says what is
 * signed, where one message ends and the next begins, and what in a message is its id, its time and its people.
 *
 * ```ts
 * import { z } from "zod";
 * import { defineConnector } from "./index.ts";
 *
 * export const acme = defineConnector({
 * 	slug: "acme",
 * 	title: "Acme Shop",
 * 	docs: "https://docs.acme.example/webhooks",
 * 	methods: ["POST"],
 * 	secrets: { signing: { title: "Signing secret", description: "Acme → Webhooks → Signing secret." } },
 * 	settings: z.strictObject({}),
 * 	retriesForMs: 24 * 3_600_000,
 * 	verify: () => ({
 * 		schemes: [
 * 			{
 * 				kind: "hmac",
 * 				secret: "signing",
 * 				algorithm: "sha256",
 * 				signature: { from: "header:Acme-Signature", encoding: "hex" },
 * 				signed: "{body}",
 * 			},
 * 		],
 * 		unsigned: "refuse",
 * 		partly: "firstOnly",
 * 	}),
 * 	read: {
 * 		id: "{field:id}",
 * 		type: "{field:topic}",
 * 		time: { from: "{field:created_at}", unit: "iso" },
 * 		identities: { id: "{field:customer_id}", email: "{field:email}" },
 * 	},
 * });
 * ```
 */
export interface Declaration<Schema extends z.ZodObject> {
	/** Lower-case, the folder's name and the mappings' `from`. */
	readonly slug: string;
	readonly title: string;
	/** The sender's own documentation. */
	readonly docs: string;
	/** HTTP methods that are deliveries; others are answered 405. */
	readonly methods: readonly string[];
	/** Paths after the endpoint's URL that are deliveries; the URL alone unless said otherwise. */
	readonly paths?: readonly string[];
	/** How bodies are written: by the delivery's media type one of these, the first where it names none. JSON unless said otherwise. */
	readonly body?: readonly [BodyFormat, ...BodyFormat[]];
	/** Requests that try the address before it is used. */
	readonly handshakes?: readonly Handshake[];
	/**
	 * Headers that say what a delivery is, where its body alone does not: equal bodies are one delivery only where these are
	 * equal too, and the same at every try. Those of which `read` makes an id, a type or identities need not be said, where it is
	 * data.
	 */
	readonly telling?: readonly string[];
	/** What a stored delivery is answered: 200 and `{"delivery":…}` unless the sender wants something else. */
	readonly answer?: Reply;
	/** What a delivery is answered that is not verified: an empty 401 unless the sender wants something else. It tells nothing. */
	readonly refusal?: Reply;
	/** By name, as `--secret name=…` takes them. */
	readonly secrets: Readonly<Record<string, SecretDeclaration>>;
	/** A strict object; every setting with a default and a description, so that an endpoint needs none of them. */
	readonly settings: Schema;
	/** How long the sender tries again: within it, equal contents without an id are one message. */
	readonly retriesForMs: number;
	/** Whether an endpoint also gets a write key, with which its senders use the tracking API. */
	readonly writeKey?: boolean;
	/** Whether each sender's messages have a shape of their own, so that the samples tell nothing about others'. */
	readonly anyShape?: boolean;
	verify(settings: z.output<Schema>): Verification;
	/**
	 * Where one message ends and the next begins: the path of a list in the body, such as `events`, or of a text that is one in
	 * JSON, as a form has it; or code. The items of a body that is a list, else the body itself, unless said otherwise. A failure
	 * is said to the operator; what is no object fails by itself later.
	 */
	readonly messages?: string | Splitter<Schema>;
	/** What a message is, as data or as code, which never fails: what it does not find is undefined, empty or missing. */
	readonly read: Reading | Reader<Schema>;
	/** How the hub asks the system itself. */
	readonly pull?: Pull<z.output<Schema>>;
	/** How the hub reads what the system tells over a connection; an endpoint that does so does not pull. */
	readonly stream?: Stream<z.output<Schema>>;
	/** What an endpoint's settings say instead of what is declared here, where a person decides it. */
	endpoint?(settings: z.output<Schema>): EndpointDeclaration<Schema>;
	/**
	 * What the hub asks the sender's system for where messages say too little; undefined where this endpoint can ask nothing.
	 * Mappings read the answers at `$.enriched`.
	 */
	enrich?(settings: z.output<Schema>): Enrichment | undefined;
	/** What makes a message unusable whatever the mappings say, for the operator. */
	problem?(content: ValueObject, delivery: Delivery, settings: z.output<Schema>): string | undefined;
	/** A message without what differs from one try of the sender to the next: what stands in for a missing id. */
	fingerprint?(content: ValueObject, delivery: Delivery): ValueObject;
	/** What `endpoint test` sends: the first of its samples that can be read, and nothing beside it, unless said otherwise. */
	readonly sample?: SampleDeclaration<Schema>;
	/** What a person should know or do after making such an endpoint: one sentence each. */
	advice?(settings: z.output<Schema>, secretsSet: ReadonlySet<string>): readonly string[];
}

/** What may differ from one endpoint of a connector to the next. */
export type EndpointDeclaration<Schema extends z.ZodObject> = Partial<
	Pick<
		Declaration<Schema>,
		"methods" | "body" | "handshakes" | "answer" | "retriesForMs" | "messages" | "read"
	>
>;

/** An answer to deliveries. */
export type Reply = Answer & {
	/** Only those in this format, where a connector takes several. */
	readonly to?: BodyFormat;
};

/** One of a connector's samples, as its sender would send it. What proves the sender is added, and an id in a header that is signed. */
export interface SampleDeclaration<Schema extends z.ZodObject> {
	/** Its name in `samples/`. */
	readonly file: string;
	/** After the endpoint's URL; the first of the connector's paths unless said otherwise. */
	readonly path?: string;
	/** What the URL says of the message: `service=join`. */
	readonly query?: string;
	/** What says what the message is, where the body does not; and how the body is written, where not as the connector's first format. */
	headers?(settings: z.output<Schema>): Readonly<Record<string, string>>;
	/** The file's text with what is this endpoint's own in it, where its sender says for whom a message is. */
	body?(text: string, settings: z.output<Schema>): string;
}

export type Splitter<Schema extends z.ZodObject> = (
	body: Value,
	delivery: Delivery,
	settings: z.output<Schema>,
) => Result<readonly Value[], string>;

export type Reader<Schema extends z.ZodObject> = (
	content: ValueObject,
	delivery: Delivery,
	settings: z.output<Schema>,
) => Message;

export interface SecretDeclaration {
	readonly title: string;
	/** Where the person finds it, and what it protects. */
	readonly description: string;
}

/** A connector as the hub knows it: the same for every endpoint but those whose settings say otherwise. */
export interface Connector {
	readonly slug: string;
	readonly title: string;
	readonly docs: string;
	readonly methods: ReadonlySet<string>;
	readonly paths: ReadonlySet<string>;
	readonly body: readonly [BodyFormat, ...BodyFormat[]];
	readonly handshakes: readonly Handshake[];
	/** In lower case. */
	readonly telling: readonly string[];
	/** Undefined where the hub's own will do. */
	readonly answer: Reply | undefined;
	readonly refusal: Reply | undefined;
	readonly secrets: Readonly<Record<string, SecretDeclaration>>;
	/** What can be set, the settings that every endpoint has among them. */
	readonly settings: readonly SettingDeclaration[];
	readonly retriesForMs: number;
	readonly writeKey: boolean;
	readonly anyShape: boolean;
	/** In `samples/`, of what `endpoint test` sends; undefined where the first will do. */
	readonly sampleFile: string | undefined;
	/**
	 * Checks an endpoint's settings and binds the connector to them; done once when the configuration is loaded.
	 * Texts count where a setting is a flag, a number or a list: that is how a command line says it. A failure has
	 * one sentence for each wrong setting.
	 */
	configure(settings: JsonObject): Result<ConfiguredConnector, readonly string[]>;
}

/** One setting, for forms and the reference. */
export interface SettingDeclaration {
	readonly name: string;
	readonly description: string;
	/** JSON Schema of what it accepts. */
	readonly schema: JsonObject;
	readonly default: JsonObject[string];
}

/** A pull with one endpoint's settings. */
export interface ConfiguredPull {
	readonly everyMs: number;
	isOn(secretsSet: ReadonlySet<string>): boolean;
	ask(question: Omit<Question<unknown>, "settings">): Promise<Result<Page, string>>;
}

/** A stream with one endpoint's settings. */
export interface ConfiguredStream {
	readonly isWanted: boolean;
	readonly instead: string;
	isOn(secretsSet: ReadonlySet<string>): boolean;
	read(question: Omit<StreamQuestion<unknown>, "settings">, take: TakeStreamed): Promise<string>;
}

/** A connector's sample with one endpoint's settings. */
interface ConfiguredSample {
	readonly path: string;
	/** Empty where the URL says nothing of the message. */
	readonly query: string;
	readonly headers: Readonly<Record<string, string>>;
	body(text: string): string;
}

/** A connector with one endpoint's settings. */
export interface ConfiguredConnector {
	/** As this endpoint has it. */
	readonly connector: Connector;
	/** With every default filled in: a mapping's `$delivery.settings`. */
	readonly settings: JsonObject;
	/** Name that endpoints share whose messages carry ids of one sender; undefined where the endpoint is alone. */
	readonly source: string | undefined;
	/** Namespace of order numbers; empty where all shops of the program share one. */
	readonly orders: string;
	readonly verification: Verification;
	readonly enrichment: OpenEnrichment | undefined;
	messages(body: Value, delivery: Delivery): Result<readonly Value[], string>;
	read(content: ValueObject, delivery: Delivery): Message;
	problem(content: ValueObject, delivery: Delivery): string | undefined;
	fingerprint(content: ValueObject, delivery: Delivery): ValueObject;
	readonly pull: ConfiguredPull | undefined;
	readonly stream: ConfiguredStream | undefined;
	readonly sample: ConfiguredSample;
	advice(secretsSet: ReadonlySet<string>): readonly string[];
}
