import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Two hosts: everything runs on Node, and what is named `*.workers.test.ts` inside workerd. */
export default defineConfig({
	test: {
		projects: [
			{
				test: {
					name: "node",
					include: ["{src,connectors,test}/**/*.test.ts"],
					exclude: ["**/*.workers.test.ts"],
				},
			},
			{
				plugins: [
					cloudflareTest({
						main: "./test/workers/worker.ts",
						wrangler: { configPath: "./wrangler.toml" },
						miniflare: {
							durableObjects: { BARE: { className: "BareObject", useSQLite: true } },
							bindings: {
								HUB_SECRET_KEY: "a key of the tests",
								HUB_SIGNING_KEY: "00".repeat(32),
								HUB_ADMIN_PASSWORD: "a password of the tests",
							},
						},
					}),
				],
				test: {
					name: "workers",
					include: ["test/workers/*.workers.test.ts"],
					globalSetup: ["./test/support/salesforce-for-workers.ts"],
				},
			},
		],
	},
});
