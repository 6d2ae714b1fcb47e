/** All that a connector may use of the hub. */

export type { Identity } from "../model/identity.ts";
export type { JsonObject, Value, ValueObject } from "../model/json.ts";
export { ExactNumber, isList, isObject, own } from "../model/json.ts";
export type { Delivery, Message, Trust } from "../model/message.ts";
export type { Result } from "../model/result.ts";
export { bad, good } from "../model/result.ts";
export type { Answer, Handshake } from "../verify/handshake.ts";
export type { Scheme, Verification } from "../verify/scheme.ts";
export type { ConfiguredConnector, Connector, Declaration } from "./connector.ts";
export { defineConnector } from "./define.ts";
export type { Enrichment } from "./enrichment.ts";
export type { Reading } from "./reading.ts";
export { openReading } from "./reading.ts";
export { choice, flag, header, list, networks, text } from "./settings.ts";
export { isoTime } from "./time.ts";
export { at, identitiesOf, textOf } from "./values.ts";
