import type { IdentityKind } from "../model/identity.ts";
import type { Problem } from "../model/problem.ts";
import { readAction } from "./action-file.ts";
import type { ActionDefinition } from "./definition.ts";
import { factoryActions } from "./factory/index.ts";
import { openFields, type ProgramFile } from "./fields.ts";
import { type PointsRules, readPoints } from "./points.ts";
import { readTiers, type TierStructure } from "./tiers.ts";

/** The loyalty program as it is configured: structured-cloneable. */
export interface Program {
	/** By name, the factory's and the custom ones. */
	readonly actions: ReadonlyMap<string, ActionDefinition>;
	readonly points: PointsRules;
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
 * Reads the program's files: `points.yaml`, `tiers.yaml`, `identities.yaml` and `events/*.yaml`, under any folder. Files of other
 * names are left to their readers, absent ones mean the defaults. Without a program where a file has a mistake.
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
	problems.push(...points.problems, ...tiers.problems);

	const program: Program = {
		actions: readActions(
			files.filter(({ path }) => /(^|\/)events\/[^/]+\.ya?ml$/.test(path)),
			problems,
		),
		points: points.rules,
		tiers: tiers.structures,
		identityKinds: readIdentityKinds(named("identities.yaml"), problems),
	};
	const broken = problems.some(({ severity }) => severity === "error");
	return { program: broken ? undefined : program, problems };
}

function readActions(
	files: readonly ProgramFile[],
	problems: Problem[],
): ReadonlyMap<string, ActionDefinition> {
	const actions = new Map(factoryActions.map((definition) => [definition.name, definition]));
	for (const file of files) {
		const read = readAction(file);
		problems.push(...read.problems);
		const { name } = read.definition;
		if (actions.has(name)) {
			const message = `there is an action \`${name}\` already`;
			const help = "give the file another name";
			const at = { file: file.path, line: 1, column: 1 };
			problems.push({ ...at, severity: "error", code: "taken-name", message, help });
		}
		actions.set(name, read.definition);
	}
	return actions;
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
