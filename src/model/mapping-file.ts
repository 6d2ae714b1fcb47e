/** A mapping as it is stored. */
export interface MappingFile {
	/** `segment/order-completed` */
	readonly name: string;
	/** Shown in problems, and says where the text is from: see `originOf`. */
	readonly path: string;
	readonly text: string;
	/** Says which text it is: 12 hex digits of its SHA-256. */
	readonly version: string;
}

/** A custom action, stored and laid over each other as mappings are; its files are those of `program/events`. */
export type ActionFile = MappingFile;

/** Where a mapping's text is from; each kind replaces a mapping of its name of the kinds before it. */
export const origins = ["preset", "local", "upload"] as const;
export type Origin = (typeof origins)[number];

const uploadPrefix = "upload:";

export function originOf(path: string): Origin {
	if (path.startsWith(uploadPrefix)) return "upload";
	return path.startsWith("mappings/local/") ? "local" : "preset";
}

/** What stands where a file's path would, for a text that was uploaded. */
export const uploadPath = (name: string): string => `${uploadPrefix}${name}`;

/** The set that such files make: of each name the text that replaces the others, in the order of names. */
export function layered(files: readonly MappingFile[]): readonly MappingFile[] {
	const byName = new Map<string, MappingFile>();
	for (const origin of origins) {
		for (const file of files) if (originOf(file.path) === origin) byName.set(file.name, file);
	}
	return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One text that was live under a mapping's name. */
export interface MappingVersion {
	/** Null where the name was taken out of the set. */
	readonly version: string | null;
	readonly path: string;
	/** An account's or a token's name; `files` where a file was changed. */
	readonly author: string;
	/** Since when, Unix milliseconds. */
	readonly at: number;
}
