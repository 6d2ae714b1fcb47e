import { nodeCrypto } from "../host/crypto.ts";
import { openSqlite } from "../host/node/sqlite.ts";
import { testProofs } from "./proofs.suite.ts";

testProofs("node:sqlite", {
	crypto: nodeCrypto,
	withSql: (body) => {
		const sql = openSqlite(":memory:");
		try {
			body(sql);
		} finally {
			sql.close();
		}
	},
});
