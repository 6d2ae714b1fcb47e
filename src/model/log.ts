/** Named facts about named things. Never a secret, a payload or anything that names a person. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export interface Log {
	info(fact: string, fields?: LogFields): void;
	warn(fact: string, fields?: LogFields): void;
	error(fact: string, fields?: LogFields): void;
}
