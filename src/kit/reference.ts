import type { JsonObject } from "../model/json.ts";
import { invariant, unreachable } from "../model/result.ts";
import type { Handshake } from "../verify/handshake.ts";
import type { Scheme } from "../verify/scheme.ts";
import { leavesOf } from "../verify/verify.ts";
import type { ConfiguredConnector, Connector } from "./connector.ts";
import type { OpenEnrichment } from "./enrichment.ts";
import type { ConnectorTest, Given } from "./testing.ts";

/** A connector, what its own test proves of it, and the presets that read its messages. */
export interface DescribedConnector {
	readonly connector: Connector;
	readonly test: Pick<ConnectorTest, "samples" | "handshakes">;
	readonly presets: readonly Preset[];
}

export interface Preset {
	/** `segment/order-completed` */
	readonly name: string;
	readonly title: string;
	readonly actions: readonly string[];
}

/** The reference of the connectors, in Markdown, made of their declarations and of the samples that their tests prove. */
export function referenceOfConnectors(described: readonly DescribedConnector[]): string {
	const all = described.map(factsOf).sort((a, b) => (a.title.toLowerCase() < b.title.toLowerCase() ? -1 : 1));
	return [introduction, overviewOf(all), ...all.map(sectionOf)].join("\n");
}

const introduction = `<!-- Made by \`npm run generate\` from connectors/: change that. -->

# Connectors

A connector knows one system: how it proves itself, what its messages are, and who is in them. \`endpoint create\` makes an
address for one, with its secrets and settings; how to get from nothing to a first event stands in each README.

_Tests_: traffic that is stored and ignored, because it must not earn. _Echoes_: what this hub itself caused, ignored too. _Erases_
and _merges_: messages by which the system forgets a person, or says that two are one.
`;

interface Facts {
	readonly slug: string;
	readonly title: string;
	readonly docs: string;
	readonly configured: ConfiguredConnector;
	readonly handshakes: readonly Handshake[];
	/** What is asked of the system itself, where anything is. */
	readonly enrichment: OpenEnrichment | undefined;
	readonly presets: readonly Preset[];
	/** Kinds of identity, in order of trust. */
	readonly identities: readonly string[];
	readonly dedupe: string;
	readonly tests: boolean;
	readonly echoes: boolean;
	readonly erases: boolean;
	readonly merges: boolean;
}

type Read = Exclude<Given, { readonly failed: string }>;

function factsOf({ connector, test, presets }: DescribedConnector): Facts {
	const configured = connector.configure({});
	invariant(configured.ok, `${connector.slug} has a default for each setting`);
	const read = test.samples.flatMap(({ gives }) => gives.filter((one): one is Read => !("failed" in one)));
	const kinds = read.flatMap(({ identities }) => identities.map((text) => text.slice(0, text.indexOf(":"))));
	return {
		slug: connector.slug,
		title: connector.title,
		docs: connector.docs,
		configured: configured.value,
		handshakes: handshakesOf(connector, test),
		enrichment: enrichmentOf(connector, test),
		presets,
		identities: [...new Set(kinds)],
		dedupe: dedupeOf(read),
		tests: read.some(({ ignore }) => ignore === "test"),
		echoes: read.some(({ ignore }) => ignore === "echo"),
		erases: read.some(({ control }) => control === "erase"),
		merges: read.some(({ control }) => control === "merge"),
	};
}

/** Where an endpoint has those alone that its settings say: those of the test, which tries each. */
function handshakesOf(
	connector: Connector,
	{ handshakes = [] }: DescribedConnector["test"],
): readonly Handshake[] {
	const of = (settings: JsonObject): readonly Handshake[] => {
		const configured = connector.configure(settings);
		return configured.ok ? configured.value.connector.handshakes : [];
	};
	const without = of({});
	if (without.length > 0) return without;
	const all = handshakes.flatMap(({ settings = {} }) => of(settings));
	return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

/** Where only settings say whom to ask: as the test has it. */
function enrichmentOf(
	connector: Connector,
	{ samples }: DescribedConnector["test"],
): OpenEnrichment | undefined {
	const tried = [{}, ...samples.map(({ settings = {} }) => settings)].map((settings) =>
		connector.configure(settings),
	);
	return tried
		.map((configured) => (configured.ok ? configured.value.enrichment : undefined))
		.find((enrichment) => enrichment !== undefined);
}

function dedupeOf(read: readonly Read[]): string {
	const named = read.filter(({ id }) => id !== undefined).length;
	if (named === 0) return "by what it says, as long as the sender tries again";
	return named === read.length
		? "by the sender's id"
		: "by the sender's id; without one, by what it says, as long as the sender tries again";
}

function overviewOf(all: readonly Facts[]): string {
	const mark = (is: boolean): string => (is ? "yes" : "");
	const rows = all.map((one) =>
		[
			`[${one.title}](#${anchorOf(one)})`,
			[...new Set(schemesOf(one).map(nameOf))].join(", ") || "its settings",
			mark(one.handshakes.length > 0),
			one.presets.length === 0 ? "" : String(one.presets.length),
			mark(one.tests),
			mark(one.echoes),
			mark(one.erases),
			mark(one.merges),
		].join(" | "),
	);
	return [
		"| connector | proved by | handshakes | presets | tests | echoes | erases | merges |",
		"| --- | --- | --- | --- | --- | --- | --- | --- |",
		...rows.map((row) => `| ${row} |`),
		"",
	].join("\n");
}

/** As GitHub makes it of a heading. */
const anchorOf = ({ title }: Facts): string =>
	title
		.toLowerCase()
		.replace(/[^\p{L}\p{N}\s_-]/gu, "")
		.replaceAll(" ", "-");

type Leaf = ReturnType<typeof leavesOf>[number];

const schemesOf = ({ configured }: Facts): readonly Leaf[] => leavesOf(configured.verification.schemes);

function sectionOf(facts: Facts): string {
	const { slug, title, docs, configured, handshakes, presets, identities } = facts;
	const { connector } = configured;
	const { methods, body, retriesForMs, secrets, settings } = connector;
	const lines = [
		`\`${slug}\` · [README](../../connectors/${slug}/README.md) · [the system's own documentation](${docs})\n`,
		`- Deliveries: ${[...methods].join(", ")}; ${body.map((format) => formats[format]).join(", ")}`,
		`- Proof: ${proofOf(facts)}`,
		...(handshakes.length === 0 ? [] : [`- Handshakes: ${handshakes.map(handshakeOf).join("; ")}`]),
		`- A message is known again ${facts.dedupe}`,
		`- Tries again: ${hoursOf(retriesForMs)}`,
		`- Persons${connector.anyShape ? ", as its settings say" : ""}: ${identities.map(code).join(", ") || "none"}`,
		`- ${askedOf(facts)}`,
		...enrichedBy(facts),
		...byItself(configured),
		`- Secrets: ${Object.keys(secrets).map(code).join(", ") || "none"}`,
		`- Settings: ${settings.map(({ name }) => code(name)).join(", ")}`,
	];
	return [`## ${title}\n`, ...lines, "", presetsOf(slug, presets)].join("\n");
}

const code = (text: string): string => `\`${text}\``;

const formats: Readonly<Record<Connector["body"][number], string>> = {
	json: "JSON",
	form: "forms",
	ndjson: "NDJSON",
	xml: "XML",
	bytes: "bytes that it reads itself",
};

function proofOf(facts: Facts): string {
	const schemes = schemesOf(facts);
	const { unsigned } = facts.configured.verification;
	const without =
		unsigned === "accept"
			? "without a secret, the URL is all that protects an endpoint"
			: "nothing is taken without";
	if (schemes.length === 0)
		return unsigned === "accept" ? "none: the URL is all that protects an endpoint" : "what its settings say";
	return `${schemes.map(describedScheme).join("; ")}; ${without}`;
}

/** In a word, for the overview. */
function nameOf(scheme: Leaf): string {
	switch (scheme.kind) {
		case "hmac":
			return `HMAC-${scheme.algorithm.toUpperCase()}`;
		case "hash":
			return "SHA-256";
		case "rsa":
			return "RSA";
		case "ecdsa-der":
		case "ecdsa-p1363":
			return "ECDSA";
		case "ed25519":
			return "Ed25519";
		case "token":
			return scheme.from.startsWith("header:")
				? "a header"
				: scheme.from.startsWith("query:")
					? "the URL"
					: "a field";
		case "bearer":
			return "a bearer token";
		case "basic":
			return "Basic";
		case "oauth1":
			return "OAuth 1.0a";
		case "addresses":
			return "its addresses";
		case "named":
			return "its name";
		default:
			return unreachable(scheme);
	}
}

function describedScheme(scheme: Exclude<Scheme, { readonly kind: "allOf" | "firstOf" }>): string {
	switch (scheme.kind) {
		case "token":
			return `the secret ${code(scheme.secret)} in ${code(scheme.from)}`;
		case "bearer":
		case "basic":
			return `the secret ${code(scheme.secret)} as ${nameOf(scheme).replace(/^a /, "")}`;
		case "oauth1":
			return `OAuth 1.0a by ${code(scheme.secret)} and ${code(scheme.consumerKey)}`;
		case "addresses":
			return "the addresses that it calls from";
		case "named":
			return `its name in ${code(scheme.from)}`;
		default: {
			const signed = [scheme.signed].flat().map(code).join(" or ");
			const where = [scheme.signature.from].flat().map(code).join(" or ");
			const by = scheme.secret === undefined ? "" : `, by ${code(scheme.secret)}`;
			const time =
				scheme.timestamp === undefined ? "" : `, not older than ${scheme.timestamp.toleranceSeconds} s`;
			return `${nameOf(scheme)} of ${signed} in ${where} (${scheme.signature.encoding})${by}${time}`;
		}
	}
}

function handshakeOf({ method, path, has = [], equals = {}, answer }: Handshake): string {
	const marks = [...has, ...Object.entries(equals).map(([place, text]) => `${place} = ${text}`)];
	const asked = `${method}${path === undefined ? "" : ` ${path}`}`;
	return `${asked}${marks.length === 0 ? "" : ` with ${marks.map(code).join(", ")}`} → ${answer.status}`;
}

const hoursOf = (milliseconds: number): string =>
	milliseconds === 0 ? "never" : `for ${Number((milliseconds / 3_600_000).toFixed(2))} hours`;

function askedOf({ tests, echoes, erases, merges }: Facts): string {
	const known = [
		...(tests ? ["test traffic"] : []),
		...(echoes ? ["its own echoes"] : []),
		...(erases ? ["requests to erase a person"] : []),
		...(merges ? ["persons who became one"] : []),
	];
	return `Knows ${known.join(", ") || "neither tests, echoes, erasures nor merges"}`;
}

function enrichedBy({ enrichment }: Facts): readonly string[] {
	if (enrichment === undefined) return [];
	const { origin, names, secrets } = enrichment;
	const answers = names.map((name) => code(`$.enriched.${name}`)).join(", ");
	return [
		`- Asks ${code(origin)} with ${secrets.map(code).join(", ")} for what messages leave out: ${answers}`,
	];
}

/** What the hub gets of the system without being sent anything. */
function byItself({ pull, stream }: ConfiguredConnector): readonly string[] {
	const ways = [
		...(pull === undefined ? [] : [`asks it every ${pull.everyMs / 60_000} minutes (\`pull\`)`]),
		...(stream === undefined ? [] : ["reads its stream, on hosts that can hold a connection (`stream`)"]),
	];
	return ways.length === 0 ? [] : [`- By itself, where it is set up so, the hub ${ways.join(" or ")}`];
}

function presetsOf(slug: string, presets: readonly Preset[]): string {
	if (presets.length === 0) return "No presets: what its messages mean, each sender alone knows.\n";
	const own = presets.filter(({ name }) => name.startsWith(`${slug}/`));
	const others = new Set(
		presets.flatMap(({ name }) => (own.some((one) => one.name === name) ? [] : [folderOf(name)])),
	);
	const rows = own.map(
		({ name, title, actions }) =>
			`| [${name}](../../mappings/${name}.yaml) | ${title} | ${actions.map(code).join(", ")} |`,
	);
	return [
		...[...others].map(
			(folder) => `The presets of [${folder}](../../mappings/${folder}/README.md) read it.\n`,
		),
		...(rows.length === 0 ? [] : ["| preset | what it says | action |", "| --- | --- | --- |", ...rows, ""]),
	].join("\n");
}

const folderOf = (name: string): string => name.split("/")[0] ?? "";
