/** All that a connector may use of the hub. */

export type { Identity } from "../model/identity.ts";
export type { JsonObject, Value, ValueObject } from "../model/json.ts";
export { ExactNumber, isList, isObject, own } from "../model/json.ts";
export type { Delivery, Message, Trust } from "../model/message.ts";
export type { Result } from "../model/result.ts";
export { bad, good } from "../model/result.ts";
export type { Scheme, Verification } from "../verify/scheme.ts";
export type { ConfiguredConnector, Connector, Declaration } from "./connector.ts";
export { defineConnector } from "./define.ts";
export { choice, flag, list, text } from "./settings.ts";
export { isoTime } from "./time.ts";
export { at, identitiesOf, textOf } from "./values.ts";
