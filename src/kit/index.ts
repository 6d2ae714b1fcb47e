/** All that a connector may use of the hub. */

export { bytesOfBase64 } from "../model/bytes.ts";
export type { Identity } from "../model/identity.ts";
export type { JsonObject, Value, ValueObject } from "../model/json.ts";
export { ExactNumber, isList, isObject, own, parseJson, readJson } from "../model/json.ts";
export type { Delivery, Message, Trust } from "../model/message.ts";
export type { Result } from "../model/result.ts";
export { bad, good } from "../model/result.ts";
export type { Answer, Handshake } from "../verify/handshake.ts";
export { answerSchema, handshakeSchema, schemeSchema } from "../verify/schema.ts";
export type { Scheme, Verification } from "../verify/scheme.ts";
export { adobeIoChallenge, adobeIoKeys, adobeIoProblem, adobeIoSample, adobeIoSchemes } from "./adobe.ts";
export type { ConfiguredConnector, Connector, Declaration } from "./connector.ts";
export { defineConnector } from "./define.ts";
export type { Enrichment } from "./enrichment.ts";
export type { Page, Pull, Question, SystemQuestion } from "./pull.ts";
export type { Reading } from "./reading.ts";
export { openReading } from "./reading.ts";
export { readingSchema } from "./reading-schema.ts";
export { choice, data, flag, header, list, networks, text, whole, whoseIds } from "./settings.ts";
export { readSpecEvent } from "./spec.ts";
export type { Stream, StreamQuestion, TakeStreamed } from "./stream.ts";
export { isoTime } from "./time.ts";
export { at, identitiesOf, textOf } from "./values.ts";
