import type { Value } from "../../model/json.ts";
import { good, type Result } from "../../model/result.ts";
import { type Operator, type Parameter, refuse, wrong } from "../compiler.ts";
import { type Evaluate, Failure, failed, masked, type Need, type Site } from "../evaluate.ts";
import { defineOperator, optional } from "../operator.ts";
import { literalText, numberOf, text, value } from "../parameters.ts";
import { anyOf } from "../reference/schema-parts.ts";
import { type BadDatePattern, type DatePattern, parseDatePattern } from "../values/date-pattern.ts";
import { type Decimal, multiply, round } from "../values/decimal.ts";
import { instantOf, isInstant, textOfInstant } from "../values/instant.ts";
import { utc, type Zone, zoneOf } from "../values/zone.ts";
import { entryOf, literalOf, type ObjectNode } from "../yaml.ts";

const date = defineOperator({
	name: "$date",
	about:
		"The instant as ISO 8601 in UTC, with milliseconds; it is read from ISO 8601, or as `format` says. A time without an offset is that of `zone`, else UTC.",
	gives: "date",
	operand: value(),
	options: { format: optional(format()), zone: optional(zone()) },
	examples: [
		{
			expression: "{ $date: $.at }",
			message: '{ at: "2026-11-22T10:00:00+02:00" }',
			gives: '"2026-11-22T08:00:00.000Z"',
		},
		{
			expression: "{ $date: $.at }",
			message: '{ at: "2026-11-22 10:00" }',
			gives: '"2026-11-22T10:00:00.000Z"',
		},
		{
			expression: "{ $date: $.at, zone: Europe/Berlin }",
			message: '{ at: "2026-07-01 10:00" }',
			gives: '"2026-07-01T08:00:00.000Z"',
		},
		{
			expression: "{ $date: $.at, format: dd/MM/yyyy, zone: '+05:30' }",
			message: '{ at: "22/11/2026" }',
			gives: '"2026-11-21T18:30:00.000Z"',
		},
		{
			expression: "{ $date: $.at, format: 'MMM d, yyyy h:mm a', zone: America/New_York }",
			message: '{ at: "Nov 22, 2026 12:05 AM" }',
			gives: '"2026-11-22T05:05:00.000Z"',
		},
		{
			expression: "{ $date: $.at, format: 'EEE, d MMM yyyy HH:mm:ss ZZZ' }",
			message: '{ at: "Sun, 22 Nov 2026 10:00:00 +0200" }',
			gives: '"2026-11-22T08:00:00.000Z"',
		},
		{
			expression: "{ $date: $.at, zone: Europe/Berlin }",
			message: '{ at: "2026-10-25 02:30" }',
			gives: '"2026-10-25T00:30:00.000Z"',
		},
		{
			expression: "{ $date: $.at, zone: Europe/Berlin }",
			message: '{ at: "2026-03-29 02:30" }',
			gives: '"2026-03-29T01:30:00.000Z"',
		},
		{
			expression: "{ $date: $.at, format: unix }",
			message: "{ at: 1700000000 }",
			gives: '"2023-11-14T22:13:20.000Z"',
		},
		{
			expression: "{ $date: $.at, format: unixMs }",
			message: '{ at: "1700000000123" }',
			gives: '"2023-11-14T22:13:20.123Z"',
		},
		{
			expression: "{ $date: $.at }",
			message: "{ at: 1700000000 }",
			fails: "with `format: unix` or `unixMs`",
		},
		{ expression: "{ $date: $.at }", message: '{ at: "2026-02-30" }', fails: "is a text of 10 characters" },
		{
			expression: "{ $date: $.at, format: dd/MM/yyyy }",
			message: '{ at: "11/22/2026" }',
			fails: "reads `dd/MM/yyyy`, and its value is a text of 10 characters",
		},
		{ expression: "{ $date: $.at, format: YYYY-MM-DD }", refused: "`YYYY` means nothing in it" },
		{ expression: "{ $date: $.at, format: MM/yyyy }", refused: "it has no day" },
		{ expression: "{ $date: $.at, zone: Europe/Berln }", refused: "no time zone is called `Europe/Berln`" },
		{ expression: "{ $date: $.at, format: unix, zone: UTC }", refused: "no `zone` is read" },
	],
	compile: (read, { format, zone = utc }, site) => {
		switch (format?.kind) {
			case "count":
				return fromCount(read, format.unitMs, site);
			case "pattern":
				return fromPattern(read, format, zone, site);
			default:
				return fromText(read, zone, site);
		}
	},
});

const unix = defineOperator({
	name: "$unix",
	about: "The seconds since 1970, with a fraction where there is one, of an instant in ISO 8601.",
	gives: "number",
	operand: text(),
	options: {},
	examples: [
		{ expression: "{ $unix: $.at }", message: '{ at: "2023-11-14T22:13:20Z" }', gives: "1700000000" },
		{ expression: "{ $unix: $.at }", message: '{ at: "2023-11-14T22:13:20.123Z" }', gives: "1700000000.123" },
		{ expression: "{ $unix: $.at }", message: "{ at: yesterday }", fails: "is a text of 9 characters" },
	],
	compile: (read, _options, site) => (here, run) => {
		const given = read(here, run);
		if (given instanceof Failure) return given;
		const unixMs = instantOf(given);
		// A count of milliseconds has at most 15 digits, so its thousandth is exact.
		return unixMs === undefined ? notInstant(site, given) : unixMs / 1_000;
	},
});

export const timeOperators: readonly Operator[] = [date, unix];

type Format =
	| { readonly kind: "count"; readonly unitMs: number }
	| { readonly kind: "pattern"; readonly source: string; readonly pattern: DatePattern };

function formatOf(source: string): Result<Format, BadDatePattern> {
	if (source === "unix") return good({ kind: "count", unitMs: 1_000 });
	if (source === "unixMs") return good({ kind: "count", unitMs: 1 });
	const pattern = parseDatePattern(source);
	return pattern.ok ? good({ kind: "pattern", source, pattern: pattern.value }) : pattern;
}

function format(): Parameter<Format> {
	const source = literalText();
	return {
		expects: "`unix` or `unixMs` (seconds or milliseconds since 1970), or a pattern: `dd/MM/yyyy HH:mm`",
		schema: anyOf(
			{ enum: ["unix", "unixMs", "yyyy-MM-dd HH:mm:ss", "dd/MM/yyyy", "MM/dd/yyyy"] },
			source.schema,
		),
		optional: false,
		read: (node, compiler, call) => {
			const read = source.read(node, compiler, call);
			if (read === wrong) return wrong;
			const format = formatOf(read);
			if (format.ok) return format.value;
			return refuse(compiler, node.at, "bad-date-pattern", format.failure.message, format.failure.help);
		},
	};
}

function zone(): Parameter<Zone> {
	const source = literalText();
	return {
		expects: "an IANA time zone or an offset: `Europe/Berlin`, `+02:00`",
		schema: source.schema,
		optional: false,
		read: (node, compiler, call) => {
			const name = source.read(node, compiler, call);
			if (name === wrong) return wrong;
			if (saysItsPlaceInTime(call.node)) {
				const message =
					"a count since 1970 and a text with an offset say their place in time: no `zone` is read";
				return refuse(compiler, node.at, "wrong-argument", message, "leave `zone` out");
			}
			const help = "write an IANA name such as Europe/Berlin, or an offset such as '+02:00'";
			return (
				zoneOf(name) ?? refuse(compiler, node.at, "unknown-zone", `no time zone is called \`${name}\``, help)
			);
		},
	};
}

/** Whether the `format` of a call leaves nothing to a zone. */
function saysItsPlaceInTime(call: ObjectNode): boolean {
	const source = entryOf(call, "format")?.value;
	const format = source === undefined ? undefined : formatOf(String(literalOf(source)));
	return format?.ok === true && (format.value.kind === "count" || format.value.pattern.hasOffset);
}

function fromText(read: Need<Value>, zone: Zone, site: Site): Evaluate {
	return (here, run) => {
		const given = read(here, run);
		if (given instanceof Failure) return given;
		if (typeof given !== "string") return notInstant(site, given);
		const unixMs = instantOf(given, zone);
		return unixMs === undefined ? notInstant(site, given) : textOfInstant(unixMs);
	};
}

function fromPattern(
	read: Need<Value>,
	{ source, pattern }: Extract<Format, { kind: "pattern" }>,
	zone: Zone,
	site: Site,
): Evaluate {
	return (here, run) => {
		const given = read(here, run);
		if (given instanceof Failure) return given;
		const localMs = typeof given === "string" ? pattern.read(given) : undefined;
		const unixMs = localMs === undefined || pattern.hasOffset ? localMs : zone.instantAt(localMs);
		if (unixMs !== undefined && isInstant(unixMs)) return textOfInstant(unixMs);
		return failed(site, `reads \`${source}\`, and its value is ${masked(given)}`);
	};
}

function fromCount(read: Need<Value>, unitMs: number, site: Site): Evaluate {
	return (here, run) => {
		const given = read(here, run);
		if (given instanceof Failure) return given;
		const count = numberOf(given);
		if (count === undefined)
			return failed(site, `counts from 1970 and needs a number; the value is ${masked(given)}`);
		const unixMs = wholeMs(count, unitMs);
		if (isInstant(unixMs)) return textOfInstant(unixMs);
		return failed(
			site,
			"gives no instant of the years 100 to 9999: is it seconds (`unix`) or milliseconds (`unixMs`)?",
		);
	};
}

/** Parts of a millisecond are cut off; not a number where there are too many to count. */
function wholeMs(count: Decimal, unitMs: number): number {
	const product = multiply(count, unitMs);
	const whole = typeof product === "string" ? product : round(product, 0, "floor");
	return typeof whole === "number" ? whole : Number.NaN;
}

const notInstant = (site: Site, given: Value): Failure =>
	failed(
		site,
		typeof given === "number"
			? "reads ISO 8601; say what a number counts with `format: unix` or `unixMs`"
			: `reads ISO 8601, and the value is ${masked(given)}`,
	);
