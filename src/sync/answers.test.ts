import { expect, it } from "vitest";
import { openAnswers } from "./answers.ts";

it("are there for as long as they were to be", () => {
	let now = 0;
	const answers = openAnswers(() => now);
	answers.keep("a", { n: 1 }, 10);
	answers.keep("a", { n: 2 }, 20);
	now = 19;
	expect(answers.get("a")).toEqual({ n: 2 });
	now = 20;
	expect(answers.get("a")).toBeUndefined();
});

it("go, the oldest first, where there are too many of them", () => {
	const answers = openAnswers(() => 0);
	const megabyte = "x".repeat(1024 * 1024 - 2);
	for (const name of ["a", "b", "c", "d"]) answers.keep(name, megabyte, 10);
	// Again: what was kept before counts no more.
	answers.keep("a", megabyte, 10);
	expect(["a", "b", "c", "d"].filter((name) => answers.get(name) !== undefined)).toEqual([
		"a",
		"b",
		"c",
		"d",
	]);
	answers.keep("e", "", 10);
	expect(["a", "b", "c", "d", "e"].filter((name) => answers.get(name) !== undefined)).toEqual([
		"a",
		"c",
		"d",
		"e",
	]);
});
