/**
 * Who may import whom. Stages do not know each other: `src/hub.ts`, `src/planner.ts` and `src/app.ts` join them.
 * @type {import("dependency-cruiser").IConfiguration}
 */
const stages = "receive|verify|escher|inbox|normalise|map|ledger|sync|office";

module.exports = {
	forbidden: [
		{
			name: "no-cycles",
			severity: "error",
			from: {},
			to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
		},
		{
			name: "connectors-use-the-kit-door",
			comment: "A connector declares; it sees the hub through src/kit/index.ts only.",
			severity: "error",
			from: { path: "^connectors/[^/]+/", pathNot: "\\.test\\.ts$" },
			to: { path: "^src/", pathNot: "^src/kit/index\\.ts$" },
		},
		{
			name: "connectors-do-not-know-each-other",
			severity: "error",
			from: { path: "^connectors/([^/]+)/" },
			to: { path: "^connectors/[^/]+/", pathNot: "^connectors/$1/" },
		},
		{
			name: "the-model-knows-nothing",
			severity: "error",
			from: { path: "^src/model/" },
			to: { path: "^(src|connectors)/", pathNot: "^src/model/" },
		},
		{
			name: "stages-do-not-know-each-other",
			comment:
				"The catalogue is what the ledger and the mapping checker both read; verify lends the kit its types.",
			severity: "error",
			from: { path: `^src/(${stages})/`, pathNot: "\\.(test|suite)\\.ts$" },
			to: { path: `^src/(${stages})/`, pathNot: "^src/$1/" },
		},
		{
			name: "stages-do-not-know-who-joins-them",
			severity: "error",
			from: { path: `^src/(${stages}|model|kit|catalog)/`, pathNot: "\\.(test|suite)\\.ts$" },
			to: { path: "^src/([^/]+\\.ts|antavo/|api/|web/|host/|cli/)" },
		},
		{
			name: "nobody-imports-a-host",
			severity: "error",
			from: { path: "^(src|connectors)/", pathNot: ["^src/host/", "^src/cli/", "\\.(test|suite)\\.ts$"] },
			to: { path: "^src/host/" },
		},
		{
			name: "platforms-in-hosts-only",
			comment: "The compiler holds this too: the core is checked without Node's types.",
			severity: "error",
			from: { path: "^(src|connectors)/", pathNot: ["^src/host/", "^src/cli/", "\\.test\\.ts$"] },
			to: { path: "^(node:|cloudflare:|@hono/node-server|pino)" },
		},
	],
	options: {
		doNotFollow: { path: "node_modules" },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: "tsconfig.json" },
		enhancedResolveOptions: { extensions: [".ts"] },
	},
};
