import {
	at,
	ExactNumber,
	isList,
	isObject,
	own,
	textOf,
	type Value,
	type ValueObject,
} from "../../src/kit/index.ts";

/**
 * A `RemoteExecutionContext` as a mapping wants to read it. Dataverse writes its bags as lists of `{ key, value }` and its
 * values with the names of .NET's types; here they are objects by name, and values as JSON has them:
 *
 * | Dataverse writes                               | here                                   |
 * | ---------------------------------------------- | -------------------------------------- |
 * | a list of `{ key, value }`                     | an object                              |
 * | `Entity`                                       | its attributes, `Id` and `LogicalName` |
 * | `EntityReference`                              | `{ Id, LogicalName, Name }`            |
 * | `OptionSetValue`, `Money`, `AliasedValue`      | its value                              |
 * | `EntityCollection`                             | a list                                 |
 * | `/Date(1780567200000+0000)/`                   | `2026-06-04T10:00:00.000Z`             |
 *
 * `record` is added: all that is known of the record after the change, from the images and the change itself. So are the
 * `CreatedEntities` of a qualified lead, by their kind. `ParentContext`, what else went on, is left out.
 */
export function readContext(context: ValueObject): ValueObject {
	const { ParentContext: _, ...others } = context;
	const content = plainObject(others, 0);
	return { ...content, record: recordOf(content), ...createdBy(content) };
}

/** The later counts: what the record was, what it became, what was changed. What is empty now is left out. */
function recordOf({
	PreEntityImages: before,
	PostEntityImages: after,
	InputParameters: input,
}: ValueObject): ValueObject {
	const images = [before, after].flatMap((bag) => (isObject(bag) ? Object.values(bag) : []));
	const known = [...images, at(input, "Target")].flatMap((each) =>
		isObject(each) ? Object.entries(each) : [],
	);
	return Object.fromEntries([...new Map(known)].filter(([, value]) => value !== null));
}

/** Of `[{ LogicalName: "contact", Id }]`, `{ contact: { LogicalName: "contact", Id } }`. */
function createdBy({ OutputParameters: output }: ValueObject): ValueObject {
	const created = isObject(output) ? own(output, "CreatedEntities") : undefined;
	if (!isObject(output) || !isList(created)) return {};
	const named = created.flatMap((one) => {
		const name = isObject(one) ? textOf(own(one, "LogicalName")) : undefined;
		return name === undefined ? [] : [[name, one] as const];
	});
	return { OutputParameters: { ...output, CreatedEntities: Object.fromEntries(named) } };
}

/** Deeper than any context; what is nested deeper stays as it is, for the hub's own limit to refuse. */
const levelsMax = 32;

function plain(value: Value, level: number): Value {
	if (typeof value === "string") return dateOf(value) ?? value;
	if (level === levelsMax || value instanceof ExactNumber) return value;
	if (isList(value)) return plainList(value, level + 1);
	return isObject(value) ? plainTyped(value, level + 1) : value;
}

function plainList(list: readonly Value[], level: number): Value {
	const pairs = list.flatMap((item) => {
		const key = isObject(item) ? own(item, "key") : undefined;
		return isObject(item) && typeof key === "string"
			? [[key, plain(own(item, "value") ?? null, level)] as const]
			: [];
	});
	if (pairs.length > 0 && pairs.length === list.length) return Object.fromEntries(pairs);
	return list.map((item) => plain(item, level));
}

/** The type's name, `Money` of `Money:http://schemas.microsoft.com/xrm/2011/Contracts`, says what stands in it. */
function plainTyped(value: ValueObject, level: number): Value {
	switch (textOf(own(value, "__type"))?.split(":")[0]) {
		case "OptionSetValue":
		case "Money":
		case "AliasedValue":
			return plain(own(value, "Value") ?? null, level);
		case "Entity": {
			const { Attributes: attributes = null, Id = null, LogicalName = null } = value;
			const known = plain(attributes, level);
			return { ...(isObject(known) ? known : {}), Id, LogicalName };
		}
		case "EntityReference": {
			const { Id = null, LogicalName = null, Name = null } = value;
			return { Id, LogicalName, Name };
		}
		case "EntityCollection":
			return plain(own(value, "Entities") ?? [], level);
		default:
			return plainObject(value, level);
	}
}

const plainObject = (value: ValueObject, level: number): ValueObject =>
	Object.fromEntries(
		Object.entries(value).flatMap(([name, each]) => (name === "__type" ? [] : [[name, plain(each, level)]])),
	);

/** Unix milliseconds; the offset says where the clock stood and does not move the instant. */
function dateOf(text: string): string | undefined {
	const [, ms] = /^\/Date\((-?[0-9]{1,15})(?:[+-][0-9]{4})?\)\/$/.exec(text) ?? [];
	const date = new Date(Number(ms));
	return ms === undefined || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
