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
				plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
				test: { name: "workers", include: ["{src,connectors,test}/**/*.workers.test.ts"] },
			},
		],
	},
});
