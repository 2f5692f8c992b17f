import { writeSse } from '../answer/sse.ts';
import type { JsonObject } from '../json/json.ts';
import { errorHeaders, errorType, type WireAnswer, type WireError } from './error.ts';
import type { ModelEntry, Wire } from './wire.ts';

/** OpenAI's error object (platform.openai.com/docs/guides/error-codes); `details` stand beside its own members. */
export function openaiError(error: WireError): JsonObject {
  return {
    ...error.details,
    message: error.message,
    type: errorType(error.status),
    param: error.param ?? null,
    code: error.code,
  };
}

function writeError(error: WireError): WireAnswer {
  const body = JSON.stringify({ error: openaiError(error) });
  return { status: error.status, headers: errorHeaders(error), body };
}

/** A line of `GET /v1/models` (platform.openai.com/docs/api-reference/models). */
function openaiModel(model: ModelEntry): JsonObject {
  return { id: model.id, object: 'model', created: model.createdAtS, owned_by: model.ownedBy };
}

/** How OpenAI's HTTP API looks on the wire. */
export const openaiWire: Wire = {
  streamType: 'text/event-stream; charset=utf-8',
  // One comment line without a blank line after it: some clients take the blank line for an empty event.
  keepAlive: ': waiting\n',
  writeError,
  writeStreamError: (error) => writeSse(JSON.stringify({ error: openaiError(error) })),
  writeModels: (models) => JSON.stringify({ object: 'list', data: models.map(openaiModel) }),
  writeModel: (model) => JSON.stringify(openaiModel(model)),
};
