import { planCall } from "./antavo/kept-call.ts";
import type { Program } from "./catalog/program.ts";
import type { Directory, OpenEndpoint } from "./door.ts";
import type { Fetched, Inbox, Pin, Pins, Planned, StoredDelivery } from "./inbox/inbox.ts";
import { claimOf, commandOf, identityHash } from "./ledger/command.ts";
import type { LiveMappings, MappedEvent, Nearest } from "./map/mappings.ts";
import type { Remote } from "./model/cell.ts";
import type { Crypto } from "./model/crypto.ts";
import type { Command, Provenance } from "./model/event.ts";
import type { Files } from "./model/files.ts";
import type { Identity } from "./model/identity.ts";
import type { Delivery, Message, Trust } from "./model/message.ts";
import { invariant } from "./model/result.ts";
import { holdsMark, isMarked, withoutSensitive } from "./model/sensitive/sensitive.ts";
import type { Normalised } from "./normalise/normalise.ts";
import {
	callsEndpoint,
	type EnrichedMessage,
	enriched,
	haltOf,
	lackOf,
	type ReadDelivery,
	readDelivery,
} from "./stored.ts";

/** Which of a delivery's messages to look at, and how many of them to plan: the rest wait for a turn of their own. */
export interface Look {
	readonly delivery: StoredDelivery;
	readonly directory: Directory;
	readonly inbox: Pick<Remote<Inbox>, "firstSeen">;
	/** All, or these, which somebody has looked at before. */
	readonly positions: ReadonlyMap<number, Before> | "all";
	readonly room: number;
}

/** What is left of the looks before. */
export interface Before {
	/** What the ledger has of its plan before a replay. */
	readonly recorded: readonly Planned[];
	/** What was asked of others for it. */
	readonly fetched: readonly Fetched[];
}

const never: Before = { recorded: [], fetched: [] };

/** Turns what was received into planned events: normalise → map. */
export interface Planner {
	look(look: Look): Promise<Pins>;
}

export interface PlannerParts {
	readonly files: Files;
	readonly crypto: Crypto;
}

/**
 * A delivery with so many messages that they take several turns is read once, and kept for them: with the program and
 * the mappings of its first turn, so that no half of a batch is mapped by other ones.
 */
const keptDeliveries = 4;

export function openPlanner({ files, crypto }: PlannerParts): Planner {
	const kept = new Map<string, Kept>();

	return { look };

	async function look({ delivery, directory, inbox, positions, room }: Look): Promise<Pins> {
		if (delivery.endpoint === callsEndpoint) return pinsOfCall(delivery, directory);
		const to = directory.byId(delivery.endpoint);
		if (to === undefined) {
			return { delivery: delivery.id, messages: [unreadable("its endpoint was deleted long ago")] };
		}
		// Nobody can read it, and it is kept until somebody can.
		invariant(to.misfit === null, `its endpoint can be used: ${to.misfit}`);
		const known = kept.get(delivery.id);
		const read = known?.read ?? (await readDelivery(files, to, delivery));
		const { program, mappings } = known ?? directory;
		if (!read.ok) return { delivery: delivery.id, messages: [unreadable(read.reason)] };

		const chosen = read.messages.filter(({ position }) => positions === "all" || positions.has(position));
		const now = chosen.slice(0, room);
		const later = chosen.slice(room);
		if (now.at(-1) === read.messages.at(-1)) kept.delete(delivery.id);
		else if (now.length > 0) keep(delivery.id, { read, program, mappings });

		const ids = await messageIds(to, read.delivery, now, inbox);
		const pinOf = planWith({ to, directory, program, mappings, stored: delivery, delivery: read.delivery });
		return {
			delivery: delivery.id,
			messages: [
				...now.map((one) => {
					const { recorded, fetched } =
						(positions === "all" ? undefined : positions.get(one.position)) ?? never;
					return afterReplay(pinOf(one, ids.get(one.position), fetched), recorded);
				}),
				...later.map(unplanned),
			],
		};
	}

	async function pinsOfCall(stored: StoredDelivery, { hubKey, program }: Directory): Promise<Pins> {
		const body = "inline" in stored.body ? stored.body.inline : await files.get(stored.body.file);
		invariant(body !== null, `the body of ${stored.id} is in the files store`);
		return { delivery: stored.id, messages: [planCall({ ...stored, body }, { program, hubKey, crypto })] };
	}

	function keep(id: string, delivery: Kept): void {
		kept.set(id, delivery);
		const oldest = kept.keys().next().value;
		if (kept.size > keptDeliveries && oldest !== undefined) kept.delete(oldest);
	}

	/** The sender's id of each message; where it gave none that could be kept, what it says and when that was first seen. */
	async function messageIds(
		{ configured }: OpenEndpoint,
		delivery: Delivery,
		messages: readonly Normalised[],
		inbox: Look["inbox"],
	): Promise<ReadonlyMap<number, MessageId>> {
		const ids = new Map<number, MessageId>();
		const nameless = new Map<number, string>();
		for (const one of messages) {
			if (one.kind === "failed") continue;
			const { id, type, identities, content } = one.message;
			if (id === undefined || isMarked(id)) {
				const says = [configured.connector.slug, type, identities, configured.fingerprint(content, delivery)];
				nameless.set(one.position, crypto.sha256Hex(JSON.stringify(says)));
			} else ids.set(one.position, { id, from: "sender" });
		}
		if (nameless.size === 0) return ids;
		const { retriesForMs } = configured.connector;
		const seen = await inbox.firstSeen([...nameless.values()], { at: delivery.receivedAt, retriesForMs });
		for (const [index, [position, hash]] of [...nameless].entries()) {
			ids.set(position, { id: `content:${hash}:${seen[index]}`, from: "content" });
		}
		return ids;
	}

	/** What one message of this delivery becomes. */
	function planWith({ to, directory, program, mappings, stored, delivery }: Planning) {
		const { endpoint, configured } = to;
		const { connector } = configured;
		const trust: Trust = stored.proved === "none" ? "public" : "trusted";
		const context = { receivedAt: stored.receivedAt, headers: stored.headers, settings: configured.settings };
		const scope = configured.source ?? endpoint.id;
		const { hubKey } = directory;
		const hashing = remembering(crypto);

		return (one: Normalised, id: MessageId | undefined, fetched: readonly Fetched[]): Pin => {
			if (one.kind === "failed") {
				return { ...unplanned(one), state: "failed", reason: one.reason, persons: personsOf(one.identities) };
			}
			const { position } = one;
			const whole = enriched(to, one.message, delivery, fetched);
			const { message } = whole;
			const known = {
				position,
				senderId: message.id ?? null,
				type: message.type,
				time: message.time ?? null,
				persons: personsOf(message.identities),
				plan: null,
				// It waits no longer, whether all was answered or not.
				...(fetched.length === 0 ? {} : { asks: [] }),
			};
			const halt = haltOf(message, to, stored, position);
			// Some systems want a handshake given back by a call of its own.
			const isToGiveBack =
				halt?.state === "control" && message.control === "handshake" && whole.asks.length > 0;
			if (halt !== null && !isToGiveBack) return { ...known, ...halt, reason: reasonOf(halt.reason, whole) };

			if (message.control === "erase") {
				invariant(id !== undefined, "a message that asks for something has an id");
				return { ...known, state: "pending", plan: [erasureOf(message, id)], reason: null };
			}

			if (message.control === "merge") {
				invariant(id !== undefined, "a message that asks for something has an id");
				return { ...known, state: "pending", plan: [mergeOf({ ...message, position }, id)], reason: null };
			}

			if (isToGiveBack || (whole.asks.length > 0 && stored.proved !== "none")) {
				return waitingForAnswers(whole.asks, { ...known, waitMs: program.points.enrichmentWaitMs });
			}

			const lack = lackOf(message);
			if (lack !== null) return { ...known, state: "failed", reason: reasonOf(lack, whole) };

			invariant(mappings.set !== null, "messages are mapped where there is a good set");
			const mapped = mappings.set.run(connector.slug, endpoint.name, message, context);
			if (mapped.kind === "switched_off") {
				return { ...known, state: "ignored", reason: `the mapping ${mapped.mapping} is switched off` };
			}
			if (mapped.kind === "unmatched") {
				const awaited = mappings.awaits(connector.slug, endpoint.name, message, context);
				if (awaited !== undefined) return waitingFor(awaited, known);
				return { ...known, state: "unmatched", reason: reasonOf(nearestOf(mapped.nearest), whole) };
			}
			invariant(id !== undefined, "a message that is mapped has an id");
			const origin: Origin = {
				messageId: id.id,
				provenance: provenanceOf(position, id),
				sensitive: whole.sensitive || isRedacted(stored, message),
			};
			return {
				...known,
				state: "pending",
				plan: mapped.events.map((event) => plannedOf(event, origin)),
				reason: reasonOf(null, whole),
			};
		};

		/** A source that asks to erase a person opts them out: no mapping is asked. */
		function erasureOf({ identities, time }: Message, id: MessageId): Planned {
			const provenance = { source: connector.title, endpoint: endpoint.id };
			const command = commandOfMessage({ action: "opt_out", identities, time, provenance }, id);
			return { mapping: erasingMapping, version: "", action: "opt_out", command };
		}

		/**
		 * A source that says that two persons are one: where both are customers they are merged, where one is, they get the
		 * other's name too, by a profile without attributes. No mapping is asked.
		 */
		function mergeOf(
			{ time, merge, position }: Message & { readonly position: number },
			id: MessageId,
		): Planned {
			invariant(merge !== undefined, "a merge names two persons");
			const { from, into } = merge;
			const provenance = provenanceOf(position, id);
			const identities = [into, from];
			const command = commandOfMessage({ action: "profile", identities, time, provenance }, id);
			const claims = [from, into].map((identity) => claimOf(identity, { program, hubKey, crypto: hashing }));
			const [first, second] = claims;
			return {
				mapping: mergingMapping,
				version: "",
				action: "profile",
				command,
				...(first === undefined || second === undefined ? {} : { merge: { from: first, into: second } }),
			};
		}

		/** What a connector itself understands of a message, as a command. */
		function commandOfMessage(
			asked: Pick<Message, "identities" | "time"> & {
				readonly action: string;
				readonly provenance: Provenance;
			},
			id: MessageId,
		): Command {
			const { action, identities, time = stored.receivedAt, provenance } = asked;
			return commandOf({
				scope,
				messageId: id.id,
				event: { action, identities, timestamp: time, slot: "", data: {} },
				program,
				hubKey,
				crypto: hashing,
				trust,
				lenient: true,
				provenance,
			});
		}

		function provenanceOf(position: number, id: MessageId): Provenance {
			return {
				source: connector.title,
				endpoint: endpoint.id,
				delivery: stored.id,
				position,
				message: id.id,
				configuration: directory.hash,
				signed: stored.proved !== "none",
				...(delivery.ip === undefined ? {} : { ipAddress: delivery.ip }),
				...(delivery.headers["user-agent"] === undefined
					? {}
					: { userAgent: delivery.headers["user-agent"] }),
				...(id.from === "content" ? { dedupe: "content" as const } : {}),
			};
		}

		function plannedOf(event: MappedEvent, { messageId, provenance, sensitive }: Origin): Planned {
			const { mapping, version } = event;
			if (event.kind === "skipped") {
				return { mapping, version, outcome: { kind: "skipped", reason: event.reason } };
			}
			if (event.kind === "failed") {
				return { mapping, version, outcome: { kind: "failed", reason: event.reason, at: event.at } };
			}
			// A mapping may have put together what came in parts.
			const { value: data, removed } = withoutSensitive(event.data);
			const command = commandOf({
				scope,
				messageId,
				event: { ...event, data },
				program,
				hubKey,
				crypto: hashing,
				trust,
				lenient: true,
				sensitive: sensitive || removed.length > 0,
				provenance: { ...provenance, mapping, mappingVersion: version },
				...(configured.orders === "" ? {} : { orders: configured.orders }),
			});
			return { mapping, version, action: event.action, command };
		}

		function personsOf(identities: readonly Identity[]): readonly string[] {
			return identities.flatMap(
				(identity) => identityHash(identity, { program, hubKey, crypto: hashing }) ?? [],
			);
		}
	}
}

/** The people of a delivery are in all its messages, and in every event of them: each is hashed once. */
function remembering(crypto: Crypto): Crypto {
	const known = new Map<string, string>();
	return {
		...crypto,
		hmacHex: (algorithm, key, data) => {
			if (typeof data !== "string") return crypto.hmacHex(algorithm, key, data);
			const hash = known.get(data) ?? crypto.hmacHex(algorithm, key, data);
			known.set(data, hash);
			return hash;
		},
	};
}

interface Kept {
	readonly read: ReadDelivery;
	readonly program: Program;
	readonly mappings: LiveMappings;
}

interface MessageId {
	readonly id: string;
	readonly from: "sender" | "content";
}

/** Of a message, what all its events have in common. */
interface Origin {
	readonly messageId: string;
	readonly provenance: Provenance;
	readonly sensitive: boolean;
}

/** Whether something was removed from the message, or from what all messages of the delivery share. */
const isRedacted = ({ removed }: StoredDelivery, { content }: Message): boolean =>
	removed.length > 0 && (holdsMark(content) || removed.some(({ path }) => !path.startsWith("body")));

interface Planning {
	readonly to: OpenEndpoint;
	readonly directory: Directory;
	readonly program: Program;
	readonly mappings: LiveMappings;
	readonly stored: StoredDelivery;
	readonly delivery: Delivery;
}

/** What stands where a mapping's name would: it is the connector that understands what its system asks. */
const erasingMapping = "(an erasure)";
const mergingMapping = "(a merge)";

const unplanned = ({ position }: Normalised): Pin => ({
	position,
	state: "pending",
	senderId: null,
	type: null,
	time: null,
	persons: [],
	plan: null,
	reason: null,
});

/** What the ledger has stays in the plan, where today's plan does not say it again. */
function afterReplay(pin: Pin, recorded: readonly Planned[]): Pin {
	// What waits is planned later; the inbox keeps what was recorded until then.
	if (recorded.length === 0 || pin.state === "waiting") return pin;
	const today = pin.plan ?? [];
	const keys = new Set(today.map(({ command }) => command?.key));
	const plan = [...recorded.filter(({ command }) => !keys.has(command?.key)), ...today];
	return { ...pin, plan, state: pin.state === "unmatched" ? "done" : pin.state };
}

/** The mapping is looked for again and again: somebody mends it, and nobody tells each message. */
const waitingFor = (mapping: string, known: Omit<Pin, "state" | "reason">): Pin => ({
	...known,
	state: "pending",
	reason: `waits for the mapping ${mapping}, which has errors`,
	waitMs: 60_000,
});

function waitingForAnswers(asks: NonNullable<Pin["asks"]>, known: Omit<Pin, "state" | "reason">): Pin {
	const names = asks.map(({ into, url }) => `\`${into}\` of ${new URL(url).origin}`);
	return { ...known, asks, state: "waiting", reason: `waits for ${names.join(" and ")}` };
}

/** What was asked of others and not found stands beside whatever else there is to say. */
function reasonOf(own: string | null, { lacks }: EnrichedMessage): string | null {
	const all = [...lacks, ...(own === null ? [] : [own])];
	return all.length === 0 ? null : all.join("; ");
}

const unreadable = (reason: string): Pin => ({
	...unplanned({ kind: "failed", position: 0, reason, identities: [] }),
	state: "failed",
	reason,
});

function nearestOf(nearest: readonly Nearest[]): string {
	if (nearest.length === 0) return "no mapping reads this kind of message";
	const all = nearest.map(({ mapping, clause, met }) => `${mapping}, which wants ${clause} and met ${met}`);
	return `no mapping matches; nearest is ${all.join("; then ")}`;
}
