import { z } from "zod";
import type { Program } from "./catalog/program.ts";
import type { Catalogue } from "./catalogue.ts";
import type { ConfiguredConnector, Connector, Reply } from "./kit/connector.ts";
import { defineConnector } from "./kit/define.ts";
import type { MappingCompiler } from "./map/mapping-compiler.ts";
import type { LiveMappings } from "./map/mappings.ts";
import type { Remote } from "./model/cell.ts";
import type { Clock } from "./model/clock.ts";
import {
	type ApiKey,
	type Client,
	type Configuration,
	type Endpoint,
	valuesOf,
} from "./model/configuration.ts";
import type { Crypto } from "./model/crypto.ts";
import { formatOf } from "./model/format.ts";
import { limits } from "./model/limits.ts";
import type { SecretPlaces } from "./model/message.ts";
import { type Network, networkOf } from "./model/networks.ts";
import { type Problem, sentenceOf } from "./model/problem.ts";
import { bad, invariant } from "./model/result.ts";
import type { Office } from "./office/office.ts";
import { type Handshakes, openAnswer, openHandshakes, type Rendered } from "./verify/handshake.ts";
import type { Arrival } from "./verify/place.ts";
import type { Secrets } from "./verify/scheme.ts";
import {
	type OpenPublishedKeys,
	openPublishedKeys,
	openVerifier,
	secretPlacesOf,
	type Verifier,
} from "./verify/verify.ts";

/** An endpoint ready for use: its connector bound to its settings, its verifier holding its secrets. */
export interface OpenEndpoint {
	readonly endpoint: Endpoint;
	/**
	 * Why it can not be used, for operators: another version of the hub took its settings. Nothing of it is verified or read
	 * then. Null where it can.
	 */
	readonly misfit: string | null;
	readonly configured: ConfiguredConnector;
	readonly verify: Verifier;
	/** Undefined where its sender publishes no keys. */
	readonly published: OpenPublishedKeys | undefined;
	readonly handshakes: Handshakes;
	/** What a stored delivery is answered, where the sender wants something else than the hub's own answer. */
	readonly answer: (arrival: Arrival) => Rendered | undefined;
	/** What a delivery is answered that is not verified, where the sender wants something else than an empty 401. */
	readonly refusal: (arrival: Arrival) => Rendered | undefined;
	/** Where its sender shows secrets as they are: what is there is never stored. */
	readonly secretPlaces: SecretPlaces;
}

/** A key of Antavo's API ready for use. */
export interface OpenKey {
	readonly key: ApiKey;
	/** Where its calls may come from; everywhere where there are none. */
	readonly networks: readonly Network[];
}

/** One state of the configuration, indexed once for all that arrive under it. */
export interface Directory {
	readonly hash: string;
	readonly hubKey: Uint8Array;
	readonly endpoints: readonly OpenEndpoint[];
	/** By SHA-256 of the URL's token, so that looking one up tells nothing about its neighbours. */
	byToken(token: string): OpenEndpoint | undefined;
	byWriteKey(writeKey: string): OpenEndpoint | undefined;
	byId(id: string): OpenEndpoint | undefined;
	readonly keys: readonly OpenKey[];
	/** By the access key, which is no secret. */
	key(accessKey: string): OpenKey | undefined;
	/** A client of the asynchronous API that is not revoked. */
	client(id: string): Client | undefined;
	/** With its custom actions. */
	readonly program: Program;
	/** Of mappings, by that program. */
	readonly compiler: MappingCompiler;
	readonly mappings: LiveMappings;
	/** What keeps the hub from doing its work, for operators; empty where nothing does. */
	readonly troubles: readonly string[];
}

export interface Door {
	/** As published at most `limits.configurationMaxAgeMs` ago. */
	directory(): Promise<Directory>;
	/** After a change through this very process: the next look is fresh. */
	changed(): void;
}

export interface DoorParts {
	readonly office: Pick<Remote<Office>, "configuration">;
	readonly connectors: ReadonlyMap<string, Connector>;
	readonly crypto: Crypto;
	readonly clock: Clock;
	readonly compile: Catalogue["compile"];
}

/** The hub's view of its own configuration: cached, and re-read by its hash. */
export function openDoor({ office, connectors, crypto, clock, compile }: DoorParts): Door {
	let known: Directory | undefined;
	let readAt = Number.NEGATIVE_INFINITY;
	let changes = 0;

	/** What was asked before a change may not know of it, and is asked again. */
	async function read(): Promise<Directory> {
		for (;;) {
			const asked = { at: clock(), after: changes };
			const published = await office.configuration(known?.hash ?? null);
			if (published !== null) known = directoryOf(published, { connectors, crypto, compile });
			invariant(known !== undefined, "the office publishes a configuration to who knows none");
			if (asked.after !== changes) continue;
			readAt = asked.at;
			return known;
		}
	}

	return {
		// Each request asks for itself: on Workers a request that ends may not keep others waiting for its answer.
		directory: () =>
			known !== undefined && clock() - readAt < limits.configurationMaxAgeMs
				? Promise.resolve(known)
				: read(),
		changed: () => {
			changes += 1;
			readAt = Number.NEGATIVE_INFINITY;
		},
	};
}

function directoryOf(
	configuration: Configuration,
	{ connectors, crypto, compile }: Pick<DoorParts, "connectors" | "crypto" | "compile">,
): Directory {
	const tokens = new Map<string, OpenEndpoint>();
	const writeKeys = new Map<string, OpenEndpoint>();
	const ids = new Map<string, OpenEndpoint>();
	for (const endpoint of configuration.endpoints) {
		const open = openEndpoint(endpoint, { connectors, crypto });
		ids.set(endpoint.id, open);
		for (const token of valuesOf(endpoint.token)) tokens.set(crypto.sha256Hex(token), open);
		for (const key of endpoint.writeKey === null ? [] : valuesOf(endpoint.writeKey))
			writeKeys.set(crypto.sha256Hex(key), open);
	}
	const keys = new Map(configuration.keys.map((key) => [key.key, openKeyOf(key)]));
	const clients = new Map(configuration.clients.map((client) => [client.id, client]));
	const { program, compiler, mappings, actionProblems } = compile(configuration);
	return {
		hash: configuration.hash,
		hubKey: configuration.hubKey,
		endpoints: [...ids.values()],
		byToken: (token) => tokens.get(crypto.sha256Hex(token)),
		byWriteKey: (writeKey) => writeKeys.get(crypto.sha256Hex(writeKey)),
		byId: (id) => ids.get(id),
		keys: [...keys.values()],
		key: (accessKey) => keys.get(accessKey),
		client: (id) => clients.get(id),
		program,
		compiler,
		mappings,
		troubles: [
			...troublesOfEndpoints([...ids.values()]),
			...troublesOfActions(actionProblems),
			...troublesOf(mappings),
		],
	};
}

function openEndpoint(
	endpoint: Endpoint,
	{ connectors, crypto }: Pick<DoorParts, "connectors" | "crypto">,
): OpenEndpoint {
	const fit = connectors.get(endpoint.connector)?.configure(endpoint.settings);
	const misfit = fit?.ok === true ? null : misfitOf(endpoint, fit?.failure);
	const configured = fit?.ok === true ? fit.value : closed;
	const secrets = misfit === null ? secretsOf(endpoint) : {};
	const { answer, refusal, handshakes, body } = configured.connector;
	const verify = openVerifier(configured.verification, secrets, crypto);
	return {
		endpoint,
		misfit,
		configured,
		verify,
		published: openPublishedKeys(configured.verification, secrets, crypto),
		handshakes: openHandshakes(handshakes, { secrets, crypto, verify }),
		answer: openReply(answer, body),
		refusal: openReply(refusal, body),
		secretPlaces: secretPlacesOf(configured.verification),
	};
}

const misfitOf = ({ connector }: Endpoint, failure: readonly string[] | undefined): string =>
	failure === undefined
		? `this version of the hub has no connector "${connector}"`
		: `this version of the hub does not take its settings: ${failure.join("; ")}`;

/** Stands in for the connector of an endpoint that can not be used. */
const closed = configuredClosed();

function configuredClosed(): ConfiguredConnector {
	const { configure } = defineConnector({
		slug: "closed",
		title: "Closed",
		docs: "",
		methods: [],
		secrets: {},
		settings: z.strictObject({}),
		retriesForMs: 0,
		verify: () => ({ schemes: [], unsigned: "refuse", partly: "all" }),
		messages: () => bad("its endpoint can not be used"),
		read: { type: "closed", identities: {} },
	});
	const configured = configure({});
	invariant(configured.ok, "it has no settings");
	return configured.value;
}

function openReply(
	reply: Reply | undefined,
	formats: Connector["body"],
): (arrival: Arrival) => Rendered | undefined {
	if (reply === undefined) return () => undefined;
	const { to, ...answer } = reply;
	const render = openAnswer(answer);
	return (arrival) =>
		to === undefined || to === formatOf(arrival.delivery, formats) ? render(arrival) : undefined;
}

/** Where its sender sends. */
export const urlOf = (publicUrl: string, { token }: Endpoint): string => `${publicUrl}/in/${token.value}`;

/** As verification takes them. */
export const secretsOf = ({ secrets }: Endpoint): Secrets =>
	Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, valuesOf(secret)]));

const openKeyOf = (key: ApiKey): OpenKey => ({
	key,
	networks: key.settings.allow.map((text) => {
		const network = networkOf(text);
		invariant(network.ok, `the stored networks of ${key.key} are networks`);
		return network.value;
	}),
});

const troublesOfEndpoints = (endpoints: readonly OpenEndpoint[]): readonly string[] =>
	endpoints.flatMap(({ endpoint: { name, id, state }, misfit }) =>
		misfit === null || state === "deleted"
			? []
			: [
					`the endpoint ${name} (${id}) can not be used, and asks its senders to try again later: ${misfit}; ` +
						"see `npm run -s hub -- endpoint set`",
				],
	);

function troublesOfActions(problems: readonly Problem[]): readonly string[] {
	if (problems.length === 0) return [];
	const effect = "the last good ones hold";
	const where = "see `npm run -s hub -- actions check`";
	return [`actions have errors, so that ${effect}; ${where}:\n${problems.map(sentenceOf).join("\n")}`];
}

function troublesOf({ set, problems }: LiveMappings): readonly string[] {
	if (problems.length === 0) return [];
	const effect =
		set === null
			? "everything is received and nothing is mapped"
			: "the last good ones run, and these do not";
	const where = "see `npm run -s hub -- mappings check`";
	return [`mappings have errors, so that ${effect}; ${where}:\n${problems.map(sentenceOf).join("\n")}`];
}
