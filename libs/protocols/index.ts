export type { AnswerStream, StreamEnd, StreamEnding, StreamOptions } from './answer/answer-stream.ts';
export { type Mask, type Masks, maskWhole, type OpenMask } from './answer/mask.ts';
export {
  type AnswerRecord,
  type ChoiceRecord,
  emptyRecord,
  type TokenUsage,
  type ToolCallRecord,
} from './answer/record.ts';
export type { AnswerOptions, MaskedAnswer } from './answer/whole.ts';
export { type HttpTexts, httpProtocolOf } from './http/index.ts';
export type { Json, JsonObject } from './json/json.ts';
export { pointerTokens } from './json/json.ts';
export { noRouteText, pathsWithoutVersion, wireAt } from './no-route.ts';
export { continueResponse } from './openai-responses/continue.ts';
export type { Protocol } from './protocol.ts';
export { type FoundRoute, findRoute, protocolOf, protocols } from './protocols.ts';
export { differencesOf } from './request/difference.ts';
export { applyEdits, type Edit, type EditFaultCode, type EditResult } from './request/edit.ts';
export type { MaskedRequest } from './request/mask.ts';
export type { RequestReading, RequestString, Turn } from './request/read.ts';
export { type ReadBody, readRecordedBody } from './request/recorded.ts';
export type { Refusal, RefusalCode } from './request/refusal.ts';
export type { Continuation, RemoteUrl, Unreadable, UnreadableKind } from './request/shape.ts';
export type { RequestView, ViewItem, ViewTurn } from './request/view.ts';
export type { Headers, Operation, ProtocolName, Route } from './route.ts';
export { type Said, type SaidKind, type Saying, saidIn } from './saying/saying.ts';
export type { WireAnswer, WireError } from './wire/error.ts';
export type { BackgroundState, ModelEntry, Wire } from './wire/wire.ts';
