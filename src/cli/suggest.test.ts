import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import { mappingCommands } from "./mappings.ts";

const folder = mkdtempSync(join(tmpdir(), "suggest-"));

function fileOf(name: string, text: string): string {
	const path = join(folder, name);
	writeFileSync(path, text);
	return path;
}

const order = { type: "track", event: "Order Completed", userId: "u-1", properties: { order_id: "o-1" } };
const orderFile = fileOf("order.json", JSON.stringify(order));

/** What `hub mappings suggest …` prints. */
function suggest(...words: readonly string[]): string {
	const printed = vi.spyOn(console, "log").mockReturnValue();
	const hub = new Command("hub").option("--json").addCommand(mappingCommands());
	hub.parse(["mappings", "suggest", ...words], { from: "user" });
	return printed.mock.calls.map(String).join("\n");
}

afterEach(() => {
	vi.restoreAllMocks();
});

describe("mappings suggest", () => {
	it("prints a mapping", () => {
		const yaml = suggest(orderFile, "--action", "checkout", "--from", "segment");
		expect(yaml).toMatch(/^# yaml-language-server/);
		expect(yaml).toContain("transaction_id: $.properties.order_id");
	});

	it("prints its lines too as JSON", () => {
		const { yaml, lines } = JSON.parse(suggest(orderFile, "--action", "checkout", "--json"));
		expect(yaml).toContain("action: checkout");
		expect(lines).toContainEqual(
			expect.objectContaining({ at: "data.transaction_id", path: "$.properties.order_id" }),
		);
	});

	it("reads a message, a list of them and a batch of the tracking API as one", () => {
		const renewed = { ...order, event: "Order Renewed" };
		const list = fileOf("list.json", JSON.stringify([order, renewed]));
		const batch = fileOf("batch.json", JSON.stringify({ batch: [order, renewed] }));
		for (const paths of [[list], [batch], [orderFile, list]]) {
			const yaml = suggest(...paths, "--action", "checkout");
			expect(yaml).toContain("when: { type: track }\nevent:");
			expect(yaml).toContain("transaction_id: $.properties.order_id");
		}
	});

	it("says why it can not", () => {
		const notJson = fileOf("not.json", "{");
		const numbers = fileOf("numbers.json", "[1]");
		const missing = join(folder, "missing.json");
		const withAction = (path: string) => () => suggest(path, "--action", "checkout");
		expect(withAction(missing)).toThrow(`there is no file ${missing}`);
		expect(withAction(folder)).toThrow(`there is no file ${folder}`);
		expect(withAction(notJson)).toThrow(`${notJson}: the text ends before the JSON does`);
		expect(withAction(numbers)).toThrow(`${numbers}: a message is a JSON object`);
		expect(() => suggest(orderFile, "--action", "chekout")).toThrow("did you mean `checkout`?");
		expect(() => suggest(orderFile, "--action", "checkout", "--from", "acme")).toThrow(
			"no connector is called acme; there are ",
		);
	});
});
