import { openSqlite } from "../host/node/sqlite.ts";
import { testInbox } from "./inbox.suite.ts";

testInbox("Node", async (body) => {
	const sql = openSqlite(":memory:");
	try {
		await body(sql);
	} finally {
		sql.close();
	}
});
