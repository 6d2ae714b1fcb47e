import type { Value, ValueObject } from "../model/json.ts";
import { isObject, own } from "../model/json.ts";
import type { Message } from "../model/message.ts";
import { isoTime } from "./time.ts";
import { at, identitiesOf, textOf } from "./values.ts";

/** What the hub calls itself in `context.library.name` when it writes such an event: one that says so is an echo. */
const hubLibrary = "loyalty-hub";

/**
 * An event as Segment's specification has it (https://segment.com/docs/connections/spec/), which others speak as well. It
 * may be of any shape: whatever is not there is left out.
 */
export function readSpecEvent(content: ValueObject): Message {
	const type = textOf(own(content, "type")) ?? "";
	return {
		id: textOf(own(content, "messageId")),
		type,
		time: isoTime(own(content, "timestamp")),
		identities: identitiesOf([
			["id", own(content, "userId")],
			["anonymous", own(content, "anonymousId")],
			...previousIds(type, content),
			...placesOf(type, content).flatMap((place) => addressesIn(place)),
		]),
		content: type === "identify" ? withTraits(content) : content,
		...(at(content, "context", "library", "name") === hubLibrary && { ignore: "echo" }),
	};
}

/** RudderStack's libraries say what an identify tells of the person in its context alone. */
function withTraits(content: ValueObject): ValueObject {
	const traits = own(content, "traits");
	const said = at(content, "context", "traits");
	if (!isObject(said) || (isObject(traits) && Object.keys(traits).length > 0)) return content;
	return { ...content, traits: said };
}

/** An alias says no kind: what was the name before may have been an anonymous id or a user's. */
const previousIds = (type: string, content: ValueObject): readonly Found[] =>
	type === "alias"
		? [
				["anonymous", own(content, "previousId")],
				["id", own(content, "previousId")],
			]
		: [];

type Found = readonly [kind: string, value: Value | undefined];

/** Where an event tells the person's own addresses: a group's traits are a company's, an invitation's somebody else's. */
function placesOf(type: string, content: ValueObject): readonly (Value | undefined)[] {
	const ofThePerson = [content, at(content, "context", "traits")];
	if (type === "group") return ofThePerson;
	if (/invit|refer|share/i.test(textOf(own(content, "event")) ?? "")) return ofThePerson;
	return [...ofThePerson, own(content, "traits"), own(content, "properties")];
}

const addressesIn = (place: Value | undefined): readonly Found[] => [
	["email", at(place, "email")],
	["phone", at(place, "phone")],
];
