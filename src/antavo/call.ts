import type { Context } from "hono";
import type { Program } from "../catalog/program.ts";
import { textOf } from "../kit/values.ts";
import { own, type ValueObject } from "../model/json.ts";
import { good, type Result } from "../model/result.ts";
import type { AppParts } from "../parts.ts";
import { laterIf, type Room, readBody } from "../receive/body.ts";
import { parseBody } from "./body.ts";
import { authenticate, type Caller, type Denied } from "./caller.ts";
import { type ApiError, apiError } from "./envelope.ts";
import { bearerOf } from "./oauth.ts";
import type { PathGroup } from "./rules.ts";

/** A call that was let in. */
export interface Asked {
	readonly caller: Caller;
	/** Empty for a GET. */
	readonly body: ValueObject;
	/** In the order in which they were sent. */
	readonly query: URLSearchParams;
	readonly path: string;
	readonly param: (name: string) => string;
	readonly header: (name: string) => string | undefined;
	readonly ip: string | undefined;
}

/** The asynchronous API knows its callers by tokens, all others by keys. */
type Group = PathGroup | "async";

/** What the work of a call is given. */
export interface CallParts extends AppParts {
	/** With the custom actions there are now. */
	readonly program: Program;
}

interface Route {
	readonly group: Group;
	/** Of the body, in bytes; 0 where there is none to read. */
	readonly bytesMax: number;
	/** Of an answer that is no error. */
	readonly status: 200 | 202;
	/** How a failure is said. */
	readonly envelope: (error: Omit<ApiError, "status">) => object;
	readonly work: (parts: CallParts, asked: Asked) => Promise<Result<object, ApiError>>;
}

/** What answers one route: reads the body, asks who calls, does what is asked, and says what went wrong. */
export const answering =
	(parts: AppParts, route: Route) =>
	async (context: Context): Promise<Response> => {
		const answer = await parts.gate.admit((room) => answerTo(parts, route, context, room));
		return answer ?? refused(route, context, apiError(503, "too many calls are under way"));
	};

async function answerTo(
	parts: AppParts,
	route: Route,
	context: Context,
	room: Room | undefined,
): Promise<Response> {
	const request = context.req.raw;
	const read =
		route.bytesMax === 0 ? good(noBody) : await readBody(request, { bytesMax: route.bytesMax, room });
	if (!read.ok) return refused(route, context, apiError(read.failure.status, read.failure.message));
	const body = parseBody(read.value.body, request.headers.get("Content-Type"));
	const ip = parts.ipOf(context);
	const bodyKey = body.ok ? textOf(own(body.value, "api_key")) : undefined;
	const { group } = route;
	const caller =
		group === "async"
			? await clientOf(parts, request)
			: await authenticate(parts, { group, request, body: read.value.raw, bodyKey, ip });
	if (!caller.ok) return denied(parts, route, context, caller.failure);
	for (const [name, value] of Object.entries(caller.value.headers)) context.header(name, value);
	// A stranger is not told what is wrong with a body.
	if (!body.ok) return refused(route, context, body.failure);

	const url = new URL(request.url);
	const { program } = await parts.hub.door.directory();
	const done = await route.work(
		{ ...parts, program },
		{
			caller: caller.value,
			body: body.value,
			query: url.searchParams,
			path: url.pathname,
			param: (name) => context.req.param(name) ?? "",
			header: (name) => request.headers.get(name) ?? undefined,
			ip,
		},
	);
	return done.ok ? context.json(done.value, route.status) : refused(route, context, done.failure);
}

async function clientOf(parts: AppParts, { headers }: Request): Promise<Result<Caller, Denied>> {
	const client = await bearerOf(parts, headers.get("Authorization") ?? undefined);
	if (!client.ok) return client;
	const { id } = client.value;
	return good({ key: id, use: "server", trust: "trusted", signed: false, presigned: false, headers: {} });
}

const noBody = { raw: new Uint8Array(), body: new Uint8Array() };

function refused({ envelope }: Route, context: Context, error: ApiError): Response {
	return context.json(envelope(error), error.status, laterIf(error.status));
}

function denied(
	{ hub, counters }: AppParts,
	{ envelope }: Route,
	context: Context,
	denied: Denied,
): Response {
	const { status, error, reason, headers } = denied;
	counters.add("hub_calls_refused_total", { status: String(status), type: error.type });
	hub.log.warn("a call was refused", { route: context.req.routePath, status, reason });
	return context.json(envelope(error), status, headers);
}
