/** How somebody who can write SQL would alter a ledger: what each does to a table of events that lets it. */
export const attacks: readonly (readonly [what: string, statements: readonly string[]])[] = [
	["UPDATE", ["UPDATE event SET action = 'refund' WHERE seq = 1"]],
	["moving to another customer", ["UPDATE event SET subject = randomblob(16) WHERE seq = 1"]],
	["DELETE of one", ["DELETE FROM event WHERE seq = 1"]],
	["DELETE of all", ["DELETE FROM event"]],
	[
		"an upsert",
		["INSERT INTO event SELECT * FROM event WHERE seq = 1 ON CONFLICT (seq) DO UPDATE SET action = 'refund'"],
	],
	[
		"REPLACE of the same event",
		[
			"REPLACE INTO event SELECT seq, subject, 'refund', recorded_at, postings, key, leaf FROM event WHERE seq = 1",
		],
	],
	[
		"REPLACE of a key",
		[
			`REPLACE INTO event SELECT (SELECT max(seq) + 1 FROM event), subject, action, recorded_at, postings, key, leaf
			FROM event WHERE seq = 1`,
		],
	],
	[
		"INSERT OR REPLACE of a place",
		[
			`INSERT OR REPLACE INTO event SELECT 1, subject, action, recorded_at, postings, randomblob(16), leaf
			FROM event WHERE seq = 2`,
		],
	],
	["UPDATE OR REPLACE", ["UPDATE OR REPLACE event SET seq = 1 WHERE seq = 2"]],
	[
		"REPLACE of a body",
		[
			"REPLACE INTO body SELECT seq, subject, action, recorded_at, timestamp, salt, '{}', properties FROM body WHERE seq = 1",
		],
	],
	[
		"a gap",
		[
			`INSERT INTO event SELECT (SELECT max(seq) + 2 FROM event), subject, action, recorded_at, postings,
				randomblob(16), leaf FROM event WHERE seq = 300`,
		],
	],
	[
		"REPLACE without its triggers",
		[
			"PRAGMA recursive_triggers = OFF",
			"REPLACE INTO event SELECT seq, subject, 'refund', recorded_at, postings, key, leaf FROM event WHERE seq = 1",
		],
	],
	[
		"DROP TRIGGER, then UPDATE",
		["DROP TRIGGER event_no_update", "UPDATE event SET action = 'refund' WHERE seq = 1"],
	],
	["DROP TABLE", ["DROP TABLE body", "DROP TABLE event"]],
	["ALTER TABLE RENAME", ["ALTER TABLE event RENAME TO gone"]],
	["ALTER TABLE DROP COLUMN", ["ALTER TABLE event DROP COLUMN postings"]],
	[
		"writable_schema",
		["PRAGMA writable_schema = ON", "DELETE FROM sqlite_schema WHERE name = 'event_no_update'"],
	],
	["journal_mode OFF", ["PRAGMA journal_mode = OFF"]],
	["synchronous OFF", ["PRAGMA synchronous = OFF"]],
	["ATTACH", ["ATTACH ':memory:' AS other"]],
	["a TEMP trigger", ["CREATE TEMP TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM body; END"]],
	[
		"a rewound counter",
		["CREATE TABLE counter (id INTEGER PRIMARY KEY AUTOINCREMENT)", "UPDATE sqlite_sequence SET seq = 0"],
	],
	[
		"ignore_check_constraints",
		[
			"PRAGMA ignore_check_constraints = ON",
			`INSERT INTO event SELECT (SELECT max(seq) + 1 FROM event), subject, action, recorded_at, postings, x'00', leaf
			FROM event WHERE seq = 1`,
		],
	],
	["a node that is not the events'", ["UPDATE tile SET hash = zeroblob(32)"]],
	["a checkpoint taken away", ["DELETE FROM checkpoint"]],
];
