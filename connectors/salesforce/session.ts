import type { Connection } from "jsforce";
import type { Question } from "../../src/kit/index.ts";
import { hubClient, type Settings } from "./settings.ts";

/** The version of the API that is asked: Spring '26. */
export const apiVersion = "66.0";

/** Some errors are whole pages. */
const reasonCharactersMax = 300;

/** Whether an endpoint has what it takes to ask Salesforce for anything. */
export const canOpenSession = ({ myDomain }: Settings, secretsSet: ReadonlySet<string>): boolean =>
	myDomain !== "" && secretsSet.has("consumerKey") && secretsSet.has("consumerSecret");

/** By the client-credentials flow; a session that has ended by the time of a query is begun again, once. */
export async function openSession({
	settings,
	secrets,
}: Pick<Question<Settings>, "settings" | "secrets">): Promise<Connection> {
	// When somebody asks: it takes a tenth of a second to load.
	const { Connection, OAuth2 } = await import("jsforce");
	const oauth2 = new OAuth2({
		loginUrl: settings.myDomain,
		clientId: secrets["consumerKey"]?.[0] ?? "",
		clientSecret: secrets["consumerSecret"]?.[0] ?? "",
	});
	const begin = async (): Promise<string> =>
		(await oauth2.requestToken({ grant_type: "client_credentials" })).access_token;
	return new Connection({
		instanceUrl: settings.myDomain,
		accessToken: await begin(),
		version: apiVersion,
		callOptions: { client: hubClient },
		refreshFn: (_connection, done) => {
			begin().then(
				(token) => done(null, token),
				(error: Error) => done(error),
			);
		},
	});
}

/** What went wrong, for the operator. */
export const reasonOf = (error: unknown): string =>
	`Salesforce: ${String(error).slice(0, reasonCharactersMax)}`;
