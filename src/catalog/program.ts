import type { IdentityKind } from "../model/identity.ts";
import type { Problem } from "../model/problem.ts";
import { actionsOf, isActionFile } from "./actions.ts";
import { type ActionDefinition, type UnknownAttributes, unknownAttributes } from "./definition.ts";
import { openFields, type ProgramFile } from "./fields.ts";
import { type PointsRules, readPoints } from "./points.ts";
import { type Retention, readRetention } from "./retention.ts";
import { readTiers, type TierStructure } from "./tiers.ts";

/** The loyalty program as it is configured: structured-cloneable. */
export interface Program {
	/** By name, the factory's and the custom ones. */
	readonly actions: ReadonlyMap<string, ActionDefinition>;
	/** What holds for actions that do not say it themselves. */
	readonly unknownAttributes: UnknownAttributes;
	readonly points: PointsRules;
	readonly retention: Retention;
	/** By id. */
	readonly tiers: ReadonlyMap<string, TierStructure>;
	/** By kind, the declared ones; see `identityKindOf`. */
	readonly identityKinds: ReadonlyMap<string, IdentityKind>;
}

const defaultIdentityKinds: readonly IdentityKind[] = [
	{ kind: "id", normalise: "exact", customers: "one", public: "name" },
	{ kind: "email", normalise: "email", customers: "one", public: "never" },
	{ kind: "phone", normalise: "phone", customers: "one", public: "never" },
	{ kind: "anonymous", normalise: "exact", customers: "many", public: "claim" },
];

/**
 * The kind of that name. One that is not declared is a system's own id, such as `salesforce.contact`: exact, one
 * customer's, and out of a public sender's reach.
 */
export const identityKindOf = ({ identityKinds }: Program, kind: string): IdentityKind =>
	identityKinds.get(kind) ?? { kind, normalise: "exact", customers: "one", public: "never" };

/**
 * Reads the program's files: `points.yaml`, `tiers.yaml`, `retention.yaml`, `identities.yaml`, `actions.yaml` and
 * `events/*.yaml`, under any folder. Files of other names are left to their readers, absent ones mean the defaults. Without a program where a file has a mistake.
 */
export function loadProgram(files: readonly ProgramFile[]): {
	readonly program: Program | undefined;
	readonly problems: readonly Problem[];
} {
	const problems: Problem[] = [];
	const named = (name: string): ProgramFile =>
		files.find(({ path }) => path === name || path.endsWith(`/${name}`)) ?? { path: name, text: "" };

	const points = readPoints(named("points.yaml"));
	const tiers = readTiers(named("tiers.yaml"));
	const retention = readRetention(named("retention.yaml"));
	problems.push(...points.problems, ...tiers.problems, ...retention.problems);

	const unknown = readUnknownAttributes(named("actions.yaml"), problems);
	const program: Program = {
		actions: actionsOf(files.filter(isActionFile), { unknown, accounts: points.rules.accounts }, problems),
		unknownAttributes: unknown,
		points: points.rules,
		retention: retention.retention,
		tiers: tiers.structures,
		identityKinds: readIdentityKinds(named("identities.yaml"), problems),
	};
	const broken = problems.some(({ severity }) => severity === "error");
	return { program: broken ? undefined : program, problems };
}

function readUnknownAttributes(file: ProgramFile, problems: Problem[]): UnknownAttributes {
	const { fields, problems: own } = openFields(file);
	const unknown = fields.choice("unknown_attributes", unknownAttributes, "keep");
	fields.finish();
	problems.push(...own);
	return unknown;
}

function readIdentityKinds(file: ProgramFile, problems: Problem[]): ReadonlyMap<string, IdentityKind> {
	const { fields, problems: own } = openFields(file);
	const kinds = new Map(defaultIdentityKinds.map((kind) => [kind.kind, kind]));
	for (const name of fields.keys()) {
		const declared = fields.object(name);
		const known = identityDefaults(kinds.get(name));
		kinds.set(name, {
			kind: name,
			normalise: declared.choice("normalise", ["exact", "email", "phone"], known.normalise),
			customers: declared.choice("customers", ["one", "many"], known.customers),
			public: declared.choice("public", ["claim", "name", "never"], known.public),
		});
		declared.finish();
	}
	if (kinds.get("id")?.customers !== "one") {
		fields.wrong("id", "wrong-value", "`id` is the loyalty id: it must be one customer's", "customers: one");
	}
	problems.push(...own);
	return kinds;
}

const identityDefaults = (known: IdentityKind | undefined): Omit<IdentityKind, "kind"> =>
	known ?? { normalise: "exact", customers: "one", public: "never" };
