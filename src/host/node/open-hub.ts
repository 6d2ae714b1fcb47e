import { join } from "node:path";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context, Hono } from "hono";
import { connectors } from "../../../connectors/index.ts";
import { segment } from "../../../connectors/segment/index.ts";
import { antavoProfile } from "../../antavo/caller.ts";
import { openLimiter } from "../../antavo/rate.ts";
import { hubApp } from "../../app.ts";
import { openCallbacks } from "../../callbacks.ts";
import type { Catalogue } from "../../catalogue.ts";
import { openCounters } from "../../counters.ts";
import type { Courier } from "../../courier.ts";
import { type Door, openDoor } from "../../door.ts";
import { openEnricher } from "../../enricher.ts";
import { eraseAgain, erasingEverywhere } from "../../erasure.ts";
import { openEscher } from "../../escher/escher.ts";
import { type Hub, planTurn } from "../../hub.ts";
import { askOthers, type Inbox, openInbox, oweCallbacks } from "../../inbox/inbox.ts";
import { openKeyring } from "../../keyring.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { base64Url } from "../../model/bytes.ts";
import type { Remote } from "../../model/cell.ts";
import type { Clock } from "../../model/clock.ts";
import { limits } from "../../model/limits.ts";
import type { Log } from "../../model/log.ts";
import { invariant } from "../../model/result.ts";
import type { Notaries } from "../../notaries.ts";
import { openNotary } from "../../notary.ts";
import { type OfferedFiles, type Office, openOffice } from "../../office/office.ts";
import { openPlanner } from "../../planner.ts";
import { pullDue } from "../../pull.ts";
import { senderOf } from "../../receive/forwarded.ts";
import { openGate } from "../../receive/request.ts";
import { openRefusals } from "../../refusals.ts";
import { reopenNewest } from "../../reopen.ts";
import { endRetention } from "../../retention.ts";
import { openStreams } from "../../stream.ts";
import { openAsking } from "../../sync/asking.ts";
import { openTokens } from "../../sync/tokens.ts";
import { nodeCrypto } from "../crypto.ts";
import type { Definitions } from "../definitions.ts";
import { sampleBodies } from "../samples.generated.ts";
import { remoteInThread, remoteOf } from "./cell.ts";
import { type DrainLoop, startDrainLoop } from "./drain-loop.ts";
import { type Environment, secretKeyOf, signingOf } from "./environment.ts";
import { everySecond } from "./every-second.ts";
import { openFiles } from "./files.ts";
import type { LedgerNews, LedgerThreadData } from "./ledger-thread.ts";
import { ownFolder } from "./lock.ts";
import { openOutside } from "./outside.ts";
import { openSqlite } from "./sqlite.ts";
import { opened } from "./unopenable.ts";

/** A hub on this machine, open on its data folder. */
export interface NodeHub {
	readonly app: Hono;
	/** Accepted as a bearer token by `/api` while this hub is open. */
	readonly localToken: string;
	/** Made at the first start where none was given; shown once. */
	readonly madePassword: string | null;
	/** Of the endpoint that the first start on one's own machine makes, so that there is something to send to. */
	readonly firstWriteKey: string | null;
	/** Files have changed: a good set goes live, else what was live stays. Gives the troubles there are then. */
	offer(files: OfferedFiles): Promise<readonly string[]>;
	/** What keeps the hub from doing its work; empty where nothing does. */
	troubles(): Promise<readonly string[]>;
	/** Access keys and names of the keys that are believed without a signature. */
	developmentKeys(): Promise<readonly { readonly key: string; readonly name: string }[]>;
	/** Ends the turn that runs, and closes the files. */
	close(): Promise<void>;
}

export interface NodeHubParts {
	readonly environment: Environment;
	readonly definitions: Definitions;
	readonly log: Log;
	/** What the world calls this hub, without a slash at its end. Known once the hub listens. */
	publicUrl(): string;
	/** The system's where none is given. */
	readonly clock?: Clock;
}

/** Opens the three cells in the data folder, whose lock the caller holds, and begins to drain the inbox. */
export async function openNodeHub({
	environment,
	definitions,
	log,
	publicUrl,
	clock = Date.now,
}: NodeHubParts): Promise<NodeHub> {
	const { data } = environment;
	const { program, catalogue } = definitions;
	const crypto = nodeCrypto;
	ownFolder(data);
	// A copy of a database, while it is written anew, belongs beside it: elsewhere may be no room, and it names people.
	process.env["SQLITE_TMPDIR"] ??= data;

	const paths = {
		office: join(data, "office.db"),
		inbox: join(data, "inbox.db"),
		ledger: join(data, "ledger.db"),
	};
	const sql = {
		office: await opened(paths.office, () => openSqlite(paths.office)),
		inbox: await opened(paths.inbox, () => openSqlite(paths.inbox)),
	};
	const secretKey = secretKeyOf(environment);
	const office = await opened(paths.office, () =>
		remoteOf<Office>(
			sql.office,
			openOffice({ sql: sql.office, crypto, clock, secretKey, judge: catalogue.judge }),
		),
	);
	await office.offer(definitions.files);
	const stored = await opened(paths.inbox, () =>
		remoteOf<Inbox>(sql.inbox, openInbox({ sql: sql.inbox, clock, shard: 0 })),
	);
	const signing = signingOf(environment);
	const ledgerData: LedgerThreadData = { path: paths.ledger, program, signing };
	const ledgerThread = await opened(paths.ledger, () =>
		remoteInThread<Ledger>(join(import.meta.dirname, "ledger-thread.ts"), ledgerData, clock),
	);
	const ledger = ledgerThread.remote;
	let told = program;
	/** The ledger hears of a program before it gets any command that was planned by it. */
	const compile: Catalogue["compile"] = (published) => {
		const compiled = catalogue.compile(published);
		if (compiled.program !== told) ledgerThread.tell({ program: compiled.program } satisfies LedgerNews);
		told = compiled.program;
		return compiled;
	};
	const outside = openOutside(environment.checkpoints);
	const notary = openNotary({
		ledger,
		outside,
		hub: signing.hub,
		shard: 0,
		clock,
		log,
	});
	await notary.compare();

	/** What makes work for the drain wakes it. */
	const inbox: Remote<Inbox> = {
		...stored,
		receive: (incoming) => stored.receive(incoming).finally(wake),
		pin: (pins) => stored.pin(pins).finally(() => askOthers(pins) && asking.wake()),
		settle: (settlements) =>
			stored.settle(settlements).finally(() => oweCallbacks(settlements) && posting.wake()),
		release: (hashes) => stored.release(hashes).finally(wake),
		letGo: (delivery) => stored.letGo(delivery).finally(wake),
		replay: (deliveries) => stored.replay(deliveries).finally(wake),
		reopen: (messages) => stored.reopen(messages).finally(wake),
	};
	const files = openFiles(join(data, "files"));
	const hub: Hub = {
		door: openDoor({ office, connectors, crypto, clock, compile }),
		inboxes: { count: 1, at: () => inbox },
		planner: openPlanner({ files, crypto }),
		ledger: erasingEverywhere(ledger, () => ({ ...hub, ledger, outside })),
		files,
		crypto,
		keyring: openKeyring({ fetch: network, clock }),
		clock,
		log,
		scrub: async (what) => {
			if (what === "all") await ledgerThread.file.oweVacuum(nightOf(clock()));
			sql.inbox.oweVacuum(nightOf(clock()));
			await scrub();
		},
		unknownHoldMs: program.points.unknownHoldMs,
	};
	/** A backup that is under way keeps what was erased in the write-ahead logs: they are scrubbed again after it. */
	let isScrubOwed = false;
	async function scrub(): Promise<void> {
		const inboxIsClean = sql.inbox.scrub();
		isScrubOwed = !(await ledgerThread.file.scrub()) || !inboxIsClean;
	}
	// A hub that died has left its logs as they were.
	await scrub();
	/** Why erasures that are noted outside may be undone here, where they could not be read or done again. */
	let undone: string | null = null;
	/** Where the folder outside is away, the hub goes on, as it does without its checkpoints. */
	async function redoErasures(): Promise<void> {
		try {
			await eraseAgain(hub, outside, ledger);
			undone = null;
		} catch (error) {
			const sentence =
				"the erasures noted outside could not all be done again, so that a restored backup may name who was erased";
			if (undone === null) log.error(sentence, { error: String(error) });
			undone = `${sentence}: ${error instanceof Error ? error.message : String(error)}`;
		}
	}
	await redoErasures();
	const reopened = await reopenNewest(stored, ledger);
	if (reopened > 0)
		log.warn("the ledger lost its newest events, and is sent them again", { messages: reopened });
	const keeping = everySecond(async () => {
		await notary.tick();
		await upkeep();
	}, log);
	const timeout = (ms: number): AbortSignal => AbortSignal.timeout(ms);
	const askSystem = openAsking({
		fetch: network,
		tokens: openTokens({ fetch: network, clock }),
		clock,
	});
	const pulling = everySecond(() => pullDue({ hub, office, askSystem, publicUrl, timeout }), log);
	const streams = openStreams({ hub, office, timeout });
	const streaming = everySecond(streams.look, log);
	let upkeptAt = clock();
	/** What nobody asks for: secrets that were replaced are destroyed, points expire, tiers end, what somebody began and left is ended, what was kept long is let go. */
	async function upkeep(): Promise<void> {
		// A clock that is set back has passed no time, and may be by years.
		if (Math.abs(clock() - upkeptAt) < upkeepMs) return;
		upkeptAt = clock();
		await hub.door.directory();
		if (isScrubOwed) await scrub();
		while ((await ledger.sweep(sweptAtOnce)).swept === sweptAtOnce);
		if (undone !== null) await redoErasures();
		await hub.ledger.resume();
		await endRetention(hub, inbox, program);
		await vacuum();
	}
	/** A disk without room is so in a minute too. */
	let vacuumFailedOn: number | undefined;
	/** At night, since whoever asks the ledger waits; the inbox, which the door waits for, only while that takes a moment. */
	async function vacuum(): Promise<void> {
		const night = nightOf(clock());
		if (night === vacuumFailedOn) return;
		try {
			const inboxIsNew = sql.inbox.vacuum(night, inboxVacuumBytesMax);
			const ledgerIsNew = await ledgerThread.file.vacuum(night, Number.POSITIVE_INFINITY);
			if (inboxIsNew || ledgerIsNew) await scrub();
		} catch (error) {
			vacuumFailedOn = night;
			log.error("a database was not written anew after an erasure, and will be the next night", {
				error: String(error),
			});
		}
	}
	const loop = startDrainLoop(() => planTurn(hub, 0), clock, log);
	function wake(): void {
		loop.wake();
	}
	const callbacks = openCallbacks({
		hub,
		inbox,
		ledger,
		fetch: network,
		places: callbackPlaces,
		ended: () => posting.wake(),
	});
	const posting = carryOn(callbacks);
	const enricher = openEnricher({
		hub,
		inbox,
		askSystem,
		places: fetchPlaces,
		share: 1,
		ended: () => {
			asking.wake();
			wake();
		},
	});
	const asking = carryOn(enricher);
	/** What others are told and asked goes on beside the drain. */
	function carryOn(courier: Courier): DrainLoop {
		const turn = async () => {
			const due = await courier.start();
			return { found: false, finish: async () => due };
		};
		return startDrainLoop(turn, clock, log);
	}

	const notaries: Notaries = { count: 1, at: () => notary };
	const ledgerTroubles = async (): Promise<readonly string[]> => [
		...(await notary.troubles()),
		...(undone === null ? [] : [undone]),
	];
	const troubles = async (): Promise<readonly string[]> => [
		...(await hub.door.directory()).troubles,
		...(await ledgerTroubles()),
	];

	const localToken = base64Url(crypto.randomBytes(32));
	const app = hubApp({
		hub,
		office,
		ledger,
		notaries,
		ledgerTroubles,
		connectors,
		counters: openCounters(),
		refusals: openRefusals(clock),
		publicUrl,
		localToken,
		production: environment.production,
		escher: openEscher({ crypto, profile: antavoProfile(environment.environments) }),
		limiter: openLimiter(clock),
		holdsConnections: true,
		gate: openGate({ requests: limits.inFlightMax, bytes: limits.inFlightBytesMax }),
		samples: sampleBodies,
		ipOf: (context) => senderOf(peerOf(context), context.req.header("X-Forwarded-For"), environment.proxies),
	});
	return {
		app,
		localToken,
		madePassword: await adminPassword(office, environment),
		firstWriteKey: environment.environments.includes("local") ? await firstEndpoint(office, hub.door) : null,
		offer: async (files) => {
			await office.offer(files);
			hub.door.changed();
			wake();
			return troubles();
		},
		troubles,
		developmentKeys: async () => {
			const { keys } = await hub.door.directory();
			return keys.flatMap(({ key }) => (key.use === "development" ? [key] : []));
		},
		close: async () => {
			await streaming.stop();
			await streams.stop();
			await loop.stop();
			await Promise.all([posting, callbacks, asking, enricher, pulling].map((one) => one.stop()));
			await keeping.stop();
			await notary.checkpoint();
			await ledgerThread.close();
			for (const file of Object.values(sql)) file.close();
		},
	};
}

const network = (request: Request): Promise<Response> => fetch(request);

/** The command line calls the routes of a hub that does not listen: then nobody is connected. */
const peerOf = (context: Context): string | undefined =>
	context.env?.["incoming"] === undefined ? undefined : getConnInfo(context).remote.address;

/** A site that answers in 50 ms takes 300 results a second; some sockets are little. */
const callbackPlaces = { all: 64, site: 16 } as const;

/** A system that answers in 200 ms is so asked 80 times a second, which is more than any of them allows. */
const fetchPlaces = { all: 64, site: 16 } as const;

/** About a second. */
const inboxVacuumBytesMax = 64 * 1024 * 1024;

const hourMs = 60 * 60_000;
/** Begins at three o'clock in UTC. */
const nightOf = (at: number): number => Math.floor((at - 3 * hourMs) / (24 * hourMs));

/** How late points are seen to expire by whoever reads events; balances know it at once. */
const upkeepMs = 60_000;
const sweptAtOnce = 200;

const firstName = "first";

async function firstEndpoint(office: Remote<Office>, door: Door): Promise<string | null> {
	const { endpoints } = await door.directory();
	const found = endpoints.find(({ endpoint }) => endpoint.name === firstName && endpoint.state === "active");
	if (found !== undefined || endpoints.length > 0) return found?.endpoint.writeKey?.value ?? null;
	const settings = segment.configure({});
	invariant(settings.ok, "Segment's settings have defaults");
	const created = await office.createEndpoint(
		{
			connector: segment.slug,
			name: firstName,
			settings: settings.value.settings,
			secrets: {},
			writeKey: true,
		},
		"hub",
	);
	door.changed();
	return created.ok ? (created.value.writeKey?.value ?? null) : null;
}

/** The first account. A given password always counts; else one is made once, and returned. */
async function adminPassword(office: Remote<Office>, { adminPassword }: Environment): Promise<string | null> {
	if (adminPassword !== null) {
		await office.setPassword("admin", adminPassword);
		return null;
	}
	if (await office.hasAccount("admin")) return null;
	const made = base64Url(nodeCrypto.randomBytes(12));
	await office.setPassword("admin", made);
	return made;
}
