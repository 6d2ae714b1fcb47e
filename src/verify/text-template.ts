import { bad, good, invariant, type Result } from "../model/result.ts";
import { type Arrival, openPlace, type Place, parsePlace } from "./place.ts";
import { piecesOf } from "./template.ts";

/** A failure says what would be right. */
export function parseText(template: string): Result<readonly string[], string> {
	const places: string[] = [];
	for (const piece of piecesOf(template)) {
		if (piece.kind === "literal") continue;
		const place = parsePlace(`${piece.name}:${piece.argument ?? ""}`);
		if (!place.ok) return bad(`{${piece.name}} is none of {header:…}, {query:…} and {field:…}`);
		places.push(`${piece.name}:${piece.argument}`);
	}
	return good(places);
}

/** Compiles a template over texts, such as `{query:challenge}`; it gives undefined where a part is not there. */
export function openText(template: string): (arrival: Arrival) => string | undefined {
	const places = parseText(template);
	invariant(places.ok, `a template of {header:…}, {query:…} and {field:…}: ${template}`);
	const parts = piecesOf(template).map((piece) => {
		if (piece.kind === "literal") return () => piece.text;
		const read = openPlace(`${piece.name}:${piece.argument}` as Place);
		return (arrival: Arrival): string | undefined => read(arrival)[0];
	});
	return (arrival) => {
		let text = "";
		for (const part of parts) {
			const found = part(arrival);
			if (found === undefined) return undefined;
			text += found;
		}
		return text;
	};
}
