import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import type { Remote } from "../model/cell.ts";
import type { Crypto } from "../model/crypto.ts";
import type { Office } from "../office/office.ts";

export const sessionCookie = "hub_session";

export interface AccessParts {
	readonly office: Pick<Remote<Office>, "tokenName" | "sessionAccount">;
	readonly crypto: Pick<Crypto, "sha256" | "equal">;
	/** Accepted beside the office's own: what a running hub leaves for the command line. */
	readonly localToken: string | null;
}

export type WithActor = { Variables: { actor: string } };

/** The token that a caller shows; undefined where it is the session's cookie that counts. */
export const bearerIn = ({ req }: Context): string | undefined =>
	/^Bearer +(\S+)$/i.exec(req.header("Authorization") ?? "")?.[1];

/** Lets in who shows a bearer token or a session, and names them; everybody else gets an empty 401. */
export const access = (parts: AccessParts) =>
	createMiddleware<WithActor>(async function access(context, next) {
		const bearer = bearerIn(context);
		const actor =
			bearer === undefined
				? await parts.office.sessionAccount(getCookie(context, sessionCookie) ?? "")
				: await nameOfToken(parts, bearer);
		if (actor === null) return context.body(null, 401, { "WWW-Authenticate": "Bearer" });
		context.set("actor", actor);
		return next();
	});

async function nameOfToken(
	{ office, crypto, localToken }: AccessParts,
	token: string,
): Promise<string | null> {
	const local = localToken !== null && crypto.equal(crypto.sha256(token), crypto.sha256(localToken));
	return local ? "command line" : office.tokenName(token);
}
