import type { TestProject } from "vitest/node";
import { consumer, type FakeSalesforce, openFakeSalesforce } from "./salesforce.ts";

/** What tests inside workerd can not open themselves. */

let fake: FakeSalesforce | undefined;

export async function setup(project: TestProject): Promise<void> {
	fake = await openFakeSalesforce();
	project.provide("salesforce", { url: fake.url, secrets: { ...consumer } });
}

export const teardown = (): Promise<void> | undefined => fake?.close();
