import { z } from "zod";
import {
	choice,
	type Delivery,
	defineConnector,
	good,
	header,
	isList,
	isObject,
	type Message,
	openReading,
	own,
	text,
	textOf,
	type Value,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	enrolOn: text(
		"The tealium_event that makes a member. Empty: nobody becomes one by way of Tealium.",
		"user_register",
	),
	environment: text(
		"The tealium_environment whose events count; those of another are test traffic. Empty: all count.",
		"prod",
	),
	unsigned: choice(
		"What becomes of events while no secret is set. refuse: they are answered 401. accept: the unguessable URL " +
			"is all that protects the endpoint.",
		["refuse", "accept"],
	),
	secretHeader: header("Name of the request header that carries the secret `header`.", "X-Hub-Secret"),
});
type Settings = z.output<typeof settings>;

/** Tealium's webhook connectors, which send the universal data object: https://docs.tealium.com/server-side-connectors/webhook-connector/ */
export const tealium = defineConnector({
	slug: "tealium",
	title: "Tealium",
	docs: "https://docs.tealium.com/server-side-connectors/webhook-connector/",
	methods: ["POST", "PUT", "PATCH"],
	secrets: {
		header: {
			title: "Header secret",
			description:
				"A text of your own that the connector sends as a request header (X-Hub-Secret, or what the setting " +
				"secretHeader says): an API key.",
		},
		basic: {
			title: "User and password",
			description: "Of Basic authentication: both, with a colon between them.",
		},
		bearer: { title: "Bearer token", description: "Of a connector that sends a bearer token." },
	},
	settings,
	retriesForMs: 24 * 3_600_000,
	verify: ({ secretHeader, unsigned }) => ({
		schemes: [
			{ kind: "token", secret: "header", from: `header:${secretHeader}` },
			{ kind: "basic", secret: "basic" },
			{ kind: "bearer", secret: "bearer" },
		],
		unsigned,
		partly: "firstOnly",
	}),
	messages: (body) => good((isList(body) ? body : [body]).map(said)),
	read,
	problem: (content) => columnsProblem(columnsOf(content)),
	advice: ({ enrolOn, environment, unsigned }, secretsSet) => [
		enrolOn === ""
			? "Nobody becomes a member through this endpoint (enrolOn is empty)."
			: `The event ${enrolOn} makes a member (enrolOn).`,
		environment === ""
			? "Events of every tealium_environment count."
			: `Events of another tealium_environment than ${environment} count for nothing (environment).`,
		...(secretsSet.size === 0 && unsigned === "accept"
			? ["Nothing proves who sends: whoever learns the URL can send events. Set the secret `header`."]
			: []),
	],
});

/** A list of the universal data object that says one thing of each product, such as `product_id`. */
interface Column {
	/** Without `product_`. */
	readonly name: string;
	readonly values: readonly Value[];
}

const prefix = "product_";

/** An empty list is a variable that the page did not fill. */
const columnsOf = (content: ValueObject): readonly Column[] =>
	Object.entries(content).flatMap(([name, values]) =>
		name.startsWith(prefix) && isList(values) && values.length > 0
			? [{ name: name.slice(prefix.length), values }]
			: [],
	);

/** Lists that are not as long as each other say of no value whose it is. */
function columnsProblem(columns: readonly Column[]): string | undefined {
	const lengths = new Set(columns.map(({ values }) => values.length));
	return lengths.size > 1 ? "the lists of the products (product_…) are not as long as each other" : undefined;
}

/** What an event says: a site declares its variables once, and leaves blank what it has nothing to say of. */
const said = (event: Value): Value =>
	isObject(event)
		? withProducts(Object.fromEntries(Object.entries(event).filter(([, value]) => value !== "")))
		: event;

/** What parallel lists say of the products, as a list of products; a blank text is nothing said. */
function withProducts(content: ValueObject): ValueObject {
	if (own(content, "products") !== undefined) return content;
	const columns = columnsOf(content);
	const [first] = columns;
	if (first === undefined || columnsProblem(columns) !== undefined) return content;
	const products = first.values.map((_value, row) =>
		Object.fromEntries(
			columns.flatMap(({ name, values }) => {
				const value = values[row];
				return value === undefined || value === "" ? [] : [[name, value] as const];
			}),
		),
	);
	return { ...content, products };
}

const readEvent = openReading({
	type: "{field:tealium_event}",
	time: [
		{ from: "{field:tealium_timestamp_utc}", unit: "iso" },
		{ from: "{field:tealium_timestamp_epoch}", unit: "s" },
	],
	identities: {
		id: "{field:customer_id}",
		email: "{field:customer_email}",
		phone: "{field:customer_phone}",
		anonymous: "{field:tealium_visitor_id}",
	},
});

function read(content: ValueObject, delivery: Delivery, { environment }: Settings): Message {
	const message = readEvent(content, delivery);
	const shown = textOf(own(content, "tealium_environment"));
	const counts = environment === "" || shown === undefined || shown === environment;
	return counts ? message : { ...message, ignore: "test" };
}
