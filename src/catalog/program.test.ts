import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { drawProblem } from "../model/problem.ts";
import { namingAttributes } from "./definition.ts";
import type { ProgramFile } from "./fields.ts";
import { identityKindOf, loadProgram } from "./program.ts";

/** The first problem of one file, as a person reads it. */
function firstProblem(path: string, text: string): string {
	const { program, problems } = loadProgram([{ path, text }]);
	expect(program).toBeUndefined();
	const [problem] = problems;
	return problem === undefined ? "" : drawProblem(problem, text);
}

const shipped = (): readonly ProgramFile[] => {
	const root = new URL("../../program/", import.meta.url);
	return readdirSync(root, { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".yaml"))
		.map((name) => ({ path: `program/${name}`, text: readFileSync(new URL(name, root), "utf8") }));
};

describe("the loyalty program", () => {
	it("is complete without a single file", () => {
		const { program, problems } = loadProgram([]);
		expect(problems).toEqual([]);
		expect(program?.points).toEqual({
			rate: "1",
			rates: new Map(),
			rounding: "floor",
			level: "transaction",
			accept: "immediately",
			acceptAfter: null,
			rejectAccepted: "reverse",
			overdraft: "allow",
			accounts: new Map([["main", { label: "Points", expiry: { kind: "none" } }]]),
			returnedFor: { months: 1, days: 0 },
			unknownHoldMs: 24 * 3_600_000,
			enrichmentWaitMs: 24 * 3_600_000,
			backdateMaxMs: 400 * 86_400_000,
			answers: "customer",
		});
		expect([...(program?.identityKinds.keys() ?? [])]).toEqual(["id", "email", "phone", "anonymous"]);
	});

	it("ships files that say what the defaults are", () => {
		const { program, problems } = loadProgram(shipped());
		const defaults = loadProgram([]).program;
		expect(problems).toEqual([]);
		expect(program?.points).toEqual(defaults?.points);
		expect(program?.identityKinds).toEqual(defaults?.identityKinds);
		expect(program?.actions.get("checkout")).toEqual(defaults?.actions.get("checkout"));
	});

	it("ships no custom action that earns, and only browsing that a browser may send", () => {
		const custom = shipped().flatMap(({ path }) => /events\/(.+)\.yaml$/.exec(path)?.[1] ?? []);
		const { program } = loadProgram(shipped());
		const actions = custom.map((name) => program?.actions.get(name));
		expect(actions.map((action) => action?.points)).toEqual(custom.map(() => 0));
		expect(actions.flatMap((action) => (action?.clientSide ? [action.name] : []))).toEqual(["product_view"]);
	});

	it("reads a custom action", () => {
		const text = [
			"label: Survey answered",
			"points: 25",
			"client_side: true",
			"account: engagement",
			"once: [survey_id]",
			"attributes:",
			"  survey_id: { type: text, required: true, label: Which survey }",
			"  score: integer",
			"  answers: { type: list, elements: { question: text } }",
		].join("\n");
		const { program } = loadProgram([
			{ path: "program/points.yaml", text: "accounts: { engagement: {} }" },
			{ path: "program/events/survey.yaml", text },
		]);
		expect(program?.actions.get("survey")).toEqual({
			name: "survey",
			label: "Survey answered",
			origin: "custom",
			sender: "anyone",
			account: "engagement",
			points: 25,
			unknown: "keep",
			clientSide: true,
			once: ["survey_id"],
			attributes: new Map<string, unknown>([
				["survey_id", { type: "text", required: true, label: "Which survey" }],
				["score", { type: "integer", required: false, label: "Score" }],
				[
					"answers",
					{
						type: "list",
						required: false,
						label: "Answers",
						elements: new Map([["question", { type: "text", required: false, label: "Question" }]]),
					},
				],
			]),
		});
	});

	it("knows which attributes name other customers: texts of the data itself", () => {
		const path = "program/events/gift.yaml";
		const { program } = loadProgram([
			{ path, text: "attributes: { to: { names: customer }, size: integer }" },
		]);
		const gift = program?.actions.get("gift");
		expect(gift?.attributes.get("to")).toEqual({
			type: "text",
			required: false,
			label: "To",
			names: "customer",
		});
		expect(gift && namingAttributes(gift)).toEqual(["to"]);
		for (const [attributes, problem] of [
			["to: { names: friend }", "`names` must be one of customer"],
			["to: { type: number, names: customer }", "only a text names a customer; `to` is of type number"],
			["to: { type: list, elements: { id: { names: customer } } }", "nothing here is called `names`"],
		] as const) {
			expect(firstProblem(path, `attributes: { ${attributes} }`)).toContain(problem);
		}
	});

	it("gives an action of the hub's more attributes, and changes nothing else about it", () => {
		const path = "program/events/checkout.yaml";
		const text = "extends: checkout\nattributes: { till: text, gift: boolean }";
		const { program, problems } = loadProgram([
			{ path, text },
			{ path: "program/actions.yaml", text: "unknown_attributes: refuse" },
		]);
		expect(problems).toEqual([]);
		const { attributes: extended, ...rest } = program?.actions.get("checkout") ?? {};
		const { attributes: own, ...bare } = loadProgram([]).program?.actions.get("checkout") ?? {};
		expect(rest).toEqual({ ...bare, unknown: "refuse" });
		expect([...(extended ?? [])]).toEqual([
			...(own ?? []),
			["till", { type: "text", required: false, label: "Till" }],
			["gift", { type: "boolean", required: false, label: "Gift" }],
		]);
	});

	it.each([
		[
			"checkout",
			"points: 1",
			"there is an action `checkout` already; write `extends: checkout` to give it more",
		],
		["checkout", "extends: refund", "there is an action `checkout` already"],
		["checkout", "extends: checkout\npoints: 1", "nothing here is called `points`"],
		[
			"checkout",
			"extends: checkout\nattributes: { total: text }",
			"`checkout` has an attribute `total` of its own",
		],
		[
			"checkout",
			"extends: checkout\nattributes: { till: { required: true } }",
			"a new attribute can not be required: who sends the action today does not send `till`",
		],
		["tier_up", "extends: tier_up\nattributes: { why: text }", "there is an action `tier_up` already"],
		["survey", "extends: checkout", "nothing here is called `extends`"],
	])("has no file %s that says %j", (name, text, problem) => {
		expect(firstProblem(`program/events/${name}.yaml`, text)).toContain(problem);
	});

	it("treats unknown attributes as the program says, or the action itself; the hub's own are whole", () => {
		const { program } = loadProgram([
			{ path: "program/actions.yaml", text: "unknown_attributes: drop" },
			{ path: "program/events/closed.yaml", text: "open: false" },
			{ path: "program/events/open.yaml", text: "open: true" },
			{ path: "program/events/silent.yaml", text: "" },
		]);
		const said = ["closed", "open", "silent", "checkout", "tier_up"].map(
			(name) => program?.actions.get(name)?.unknown,
		);
		expect(said).toEqual(["refuse", "keep", "drop", "drop", "keep"]);
	});

	it("keeps the digits of a rate as they are written", () => {
		const { program } = loadProgram([
			{ path: "points.yaml", text: "purchase: { rate: 0.10, currencies: { huf: 0.0025 } }" },
		]);
		expect(program?.points.rate).toBe("0.10");
		expect(program?.points.rates).toEqual(new Map([["HUF", "0.0025"]]));
	});

	it("treats a kind that nobody declared as some system's own id", () => {
		const { program } = loadProgram([{ path: "identities.yaml", text: "card: { public: name }" }]);
		if (program === undefined) throw new Error("the program has a mistake");
		expect(identityKindOf(program, "card")).toMatchObject({ customers: "one", public: "name" });
		expect(identityKindOf(program, "salesforce.contact")).toEqual({
			kind: "salesforce.contact",
			normalise: "exact",
			customers: "one",
			public: "never",
		});
	});
});

describe("a mistake in a program's file", () => {
	it("is shown where it is, with what would be right", () => {
		expect(firstProblem("program/points.yaml", "purchase:\n  rounding: up\n")).toMatchInlineSnapshot(`
			"program/points.yaml:2:13  error: \`rounding\` must be one of floor, ceil, round
			      rounding: up
			                ^"
		`);
		expect(firstProblem("program/points.yaml", "purchase:\n  rate: -1\n")).toMatchInlineSnapshot(`
			"program/points.yaml:2:9  error: \`rate\` must be a decimal number such as 0.05
			      rate: -1
			            ^"
		`);
		expect(firstProblem("program/points.yaml", "overdrafts: allow\n")).toMatchInlineSnapshot(`
			"program/points.yaml:1:1  error: nothing here is called \`overdrafts\`; there are accounts, answers, backdate_max, enrichment_wait, overdraft, purchase, returned_for, unknown_hold
			    overdrafts: allow
			    ^"
		`);
		expect(firstProblem("program/points.yaml", "unknown_hold: a day\n")).toMatchInlineSnapshot(`
			"program/points.yaml:1:15  error: \`unknown_hold\` must be a time such as 24h or 400d
			    unknown_hold: a day
			                  ^"
		`);
		expect(firstProblem("program/identities.yaml", "id: { customers: many }\n")).toMatchInlineSnapshot(`
			"program/identities.yaml:1:5  error: \`id\` is the loyalty id: it must be one customer's; customers: one
			    id: { customers: many }
			        ^"
		`);
		expect(firstProblem("program/events/a.yaml", "attributes: { x: money }\n")).toMatchInlineSnapshot(`
			"program/events/a.yaml:1:18  error: \`x\` must be one of text, number, integer, boolean, date, list, object
			    attributes: { x: money }
			                     ^"
		`);
		expect(firstProblem("program/actions.yaml", "unknown_attributes: ignore\n")).toMatchInlineSnapshot(`
			"program/actions.yaml:1:21  error: \`unknown_attributes\` must be one of keep, refuse, drop
			    unknown_attributes: ignore
			                        ^"
		`);
		expect(firstProblem("program/events/a.yaml", "account: a b\n")).toMatchInlineSnapshot(`
			"program/events/a.yaml:1:10  error: no account is called \`a b\`; \`program/points.yaml\` has main
			    account: a b
			             ^"
		`);
		expect(firstProblem("program/events/a.yaml", "once: [lead]\n")).toMatchInlineSnapshot(`
			"program/events/a.yaml:1:7  error: \`lead\` is not among the attributes; declare it there
			    once: [lead]
			          ^"
		`);
		expect(firstProblem("program/events/checkout.yaml", "points: 1\n")).toMatchInlineSnapshot(`
			"program/events/checkout.yaml:1:1  error: there is an action \`checkout\` already; write \`extends: checkout\` to give it more attributes, or give the file another name
			    points: 1
			    ^"
		`);
		expect(firstProblem("program/events/A b.yaml", "points: 1\n")).toMatchInlineSnapshot(`
			"program/events/A b.yaml:1:1  error: \`A b\` can not be an action; name the file in a-z, 0-9 and _
			    points: 1
			    ^"
		`);
		expect(firstProblem("program/points.yaml", "- a list\n")).toMatchInlineSnapshot(`
			"program/points.yaml:1:1  error: the file must hold one object
			    - a list
			    ^"
		`);
		expect(firstProblem("program/points.yaml", "overdraft: [\n")).toMatchInlineSnapshot(`
			"program/points.yaml:2:1  error: Flow sequence in block collection must be sufficiently indented and end with a ]
			    
			    ^"
		`);
	});

	it("does not hide the others", () => {
		const text = "purchase: { rate: x, level: y }\noverdraft: z\nmore: 1\n";
		expect(loadProgram([{ path: "points.yaml", text }]).problems).toHaveLength(4);
	});
});
