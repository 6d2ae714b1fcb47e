/** The hub can not be opened as things are. Its message is for whoever runs it, and says where and why. */
export class Unopenable extends Error {
	override readonly name = "Unopenable";
}

/** What `open` gives; where it fails, that is said of `path`. */
export async function opened<Value>(path: string, open: () => Value | Promise<Value>): Promise<Value> {
	try {
		return await open();
	} catch (cause) {
		const why = cause instanceof Error ? cause.message : String(cause);
		throw new Unopenable(`${path} can not be opened: ${why}`, { cause });
	}
}
