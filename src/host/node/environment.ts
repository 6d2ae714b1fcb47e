import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { readSigning, type Signing } from "../../ledger/merkle/signing.ts";
import { bytesOfHex, hexOf } from "../../model/bytes.ts";
import { type Network, networkOf } from "../../model/networks.ts";
import { bad, good, invariant, type Result } from "../../model/result.ts";
import { nodeCrypto } from "../crypto.ts";
import { Unopenable } from "./unopenable.ts";

/** What the environment says, checked. */
export interface Environment {
	readonly port: number;
	readonly host: string;
	/** The data folder, absolute. */
	readonly data: string;
	/** What the world calls this hub, without a slash at its end; null where it is only this machine. */
	readonly publicUrl: string | null;
	/** Proxies whose `X-Forwarded-For` is believed: see `HUB_PROXIES`. */
	readonly proxies: readonly Network[];
	/** `local` unless said otherwise: see `HUB_ENVIRONMENT`. */
	readonly environments: readonly string[];
	/** Whether development keys are refused: see `HUB_PRODUCTION`. */
	readonly production: boolean;
	readonly adminPassword: string | null;
	readonly secretKey: string | null;
	/** Whose word checkpoints are; null where a key is to be made on this machine. */
	readonly signing: Signing | null;
	/** The folder that outlives the databases, absolute. */
	readonly checkpoints: string;
}

const schema = z.object({
	PORT: z
		.string()
		.refine((text) => /^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535, "needs a port from 0 to 65535")
		.transform(Number)
		.default(8787),
	HOST: z.string().default("127.0.0.1"),
	HUB_DATA: z.string().min(1).default("./data"),
	HUB_PUBLIC_URL: z
		.url({ protocol: /^https?$/, error: "needs an address such as https://hub.example.com" })
		.optional(),
	HUB_PROXIES: z
		.string()
		.transform((text, context) =>
			text.split(",").flatMap((one) => {
				const network = networkOf(one.trim());
				if (network.ok) return [network.value];
				context.addIssue(network.failure);
				return [];
			}),
		)
		.default([]),
	HUB_ENVIRONMENT: z.string().min(1).default("local"),
	HUB_PRODUCTION: z.enum(["true", "false"], "needs true or false").default("false"),
	HUB_ADMIN_PASSWORD: z.string().min(8, "needs at least 8 characters").optional(),
	HUB_SECRET_KEY: z.string().min(16, "needs at least 16 characters").optional(),
	HUB_SIGNING_KEY: z
		.string()
		.transform((text, context) => {
			const read = readSigning(nodeCrypto, text);
			if (read.ok) return read.value;
			context.addIssue(read.failure);
			return z.NEVER;
		})
		.optional(),
	HUB_CHECKPOINTS: z.string().min(1).optional(),
});

/** Reads the environment; a failure has one sentence for each variable that is wrong. */
export function readEnvironment(variables: NodeJS.ProcessEnv): Result<Environment, readonly string[]> {
	const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
	const parsed = schema.safeParse(given);
	if (!parsed.success) {
		return bad(parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`));
	}
	const values = parsed.data;
	const environments = values.HUB_ENVIRONMENT.split(",").map((name) => name.trim());
	if (values.HUB_SECRET_KEY === undefined && !environments.includes("local")) {
		return bad([
			"HUB_SECRET_KEY: is needed outside the environment `local`: secrets are sealed under it (any text of 16 " +
				"characters or more, kept where backups of the data folder are not)",
		]);
	}
	return good({
		port: values.PORT,
		host: values.HOST,
		data: resolve(values.HUB_DATA),
		publicUrl: values.HUB_PUBLIC_URL?.replace(/\/+$/, "") ?? null,
		proxies: values.HUB_PROXIES,
		environments,
		production: values.HUB_PRODUCTION === "true",
		adminPassword: values.HUB_ADMIN_PASSWORD ?? null,
		secretKey: values.HUB_SECRET_KEY ?? null,
		signing: values.HUB_SIGNING_KEY ?? null,
		checkpoints: resolve(values.HUB_CHECKPOINTS ?? join(values.HUB_DATA, "checkpoints")),
	});
}

/** The key under which secrets are sealed: of `HUB_SECRET_KEY`, or, on one's own machine, of a file made once. */
export function secretKeyOf({ secretKey, data }: Environment): Uint8Array {
	if (secretKey !== null) return nodeCrypto.sha256(`hub secret key\n${secretKey}`);
	return bytesOfHex(keyIn(data, "secret.key", "put back the file that secrets were sealed under"));
}

/** Whose word checkpoints are: of `HUB_SIGNING_KEY`, or of a key in a file made once. */
export function signingOf({ signing, data }: Environment): Signing {
	if (signing !== null) return signing;
	const read = readSigning(
		nodeCrypto,
		keyIn(data, "signing.key", "put back the file that checkpoints were signed by"),
	);
	invariant(read.ok, "a key of 64 hex digits signs");
	return read.value;
}

/** 64 hex digits from a file of the data folder, which is made with new ones where it is absent. */
function keyIn(data: string, file: string, remedy: string): string {
	const path = join(data, file);
	mkdirSync(data, { recursive: true, mode: 0o700 });
	if (!existsSync(path)) {
		const key = hexOf(nodeCrypto.randomBytes(32));
		writeFileSync(path, `${key}\n`, { mode: 0o600, flag: "wx", flush: true });
	}
	const text = readFileSync(path, "utf8").trim();
	if (!/^[0-9a-f]{64}$/.test(text)) throw new Unopenable(`${path} holds no key (64 hex digits): ${remedy}`);
	return text;
}
