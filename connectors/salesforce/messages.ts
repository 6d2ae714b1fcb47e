import {
	at,
	bad,
	good,
	isList,
	isObject,
	own,
	type Result,
	textOf,
	type Value,
	type ValueObject,
} from "../../src/kit/index.ts";
import { longId, withLongIds } from "./ids.ts";

/**
 * The messages of a body. Salesforce tells one fact in many forms; here each is one record, so that one mapping reads all of
 * them:
 *
 * - `object`, the record's type, and `record`, its fields as they were sent, ids with 18 characters;
 * - `change` and `header` of a change event: CREATE, UPDATE and so on, and its ChangeEventHeader. An event that Salesforce
 *   sends in place of another (GAP_UPDATE) has its `change`, and says nothing else;
 * - `event` of a change event or a platform event: replay id and UUID;
 * - `notification` of an Outbound Message: its id, the action's and the organisation's.
 */
export function messagesOf(body: Value): Result<readonly Value[], string> {
	const envelope = at(body, "Envelope");
	if (envelope !== undefined) return outboundMessages(at(envelope, "Body", "notifications"));
	const list = [body, at(body, "records")].find(isList) ?? [body];
	return good(list.flatMap(messagesIn));
}

/** https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging.htm */
function outboundMessages(notifications: Value | undefined): Result<readonly Value[], string> {
	const found = at(notifications, "Notification");
	if (found === undefined) return bad("the SOAP message has no notifications of an Outbound Message");
	const list = isList(found) ? found : [found];
	return good(
		list.map((one) => {
			const { "@type": type = "", ...fields } = objectOf(at(one, "sObject"));
			return {
				// `sf:Lead`
				object: (textOf(type) ?? "").replace(/^.*:/, ""),
				record: withLongIds(fields),
				notification: withLongIds({
					Id: at(one, "Id") ?? null,
					ActionId: at(notifications, "ActionId") ?? null,
					OrganizationId: at(notifications, "OrganizationId") ?? null,
				}),
			};
		}),
	);
}

const objectOf = (value: Value | undefined): ValueObject => (isObject(value) ? value : {});

/** What is no form of a record stays as it is, and fails by itself. */
function messagesIn(item: Value): readonly Value[] {
	if (!isObject(item)) return [item];
	const data = own(item, "data");
	const channel = textOf(own(item, "channel"));
	// A message of the streaming API, whose channel names the event: /event/Order_Placed__e
	if (isObject(data) && channel !== undefined) return eventsIn(data, channel.replace(/^.*\//, ""));
	if (isObject(own(item, "payload"))) return eventsIn(item);
	const type = textOf(at(item, "attributes", "type"));
	if (type !== undefined) {
		const { attributes: _, ...fields } = item;
		return [{ object: type, record: withLongIds(fields) }];
	}
	const record = own(item, "record");
	return [isObject(record) ? { ...item, record: withLongIds(record) } : item];
}

/** https://developer.salesforce.com/docs/atlas.en-us.change_data_capture.meta/change_data_capture/cdc_other_events_gap.htm */
const changeOf = (type: Value | undefined): Value =>
	textOf(type)?.replace(/^GAP_(?=CREATE$|UPDATE$|DELETE$|UNDELETE$)/, "") ?? null;

/** A change of several records is one event; here it is a message of each. */
function eventsIn(item: ValueObject, name = "PlatformEvent"): readonly Value[] {
	const { ChangeEventHeader: header, ...fields } = objectOf(own(item, "payload"));
	const event = own(item, "event") ?? null;
	if (!isObject(header)) return [{ object: name, record: withLongIds(fields), event }];
	const ids = own(header, "recordIds");
	return (isList(ids) && ids.length > 0 ? ids : [null]).map((id) => ({
		object: own(header, "entityName") ?? null,
		change: changeOf(own(header, "changeType")),
		record: { Id: typeof id === "string" ? longId(id) : null, ...withLongIds(fields) },
		header,
		event,
	}));
}
