import { writeSse } from '../answer/sse.ts';
import type { JsonObject } from '../json/json.ts';
import { errorHeaders, errorType, type WireError } from '../wire/error.ts';
import type { ModelEntry, Wire } from '../wire/wire.ts';

/** Anthropic's error body (docs.anthropic.com/en/api/errors); code and details stand beside type and message. */
function errorBody(error: WireError): string {
  const type = error.status >= 500 ? 'api_error' : errorType(error.status);
  const inner: JsonObject = { ...error.details, type, message: error.message, code: error.code };
  if (error.param !== undefined) inner.param = error.param;
  return JSON.stringify({ type: 'error', error: inner, request_id: error.requestId });
}

function model({ id, createdAtS }: ModelEntry): JsonObject {
  return { type: 'model', id, display_name: id, created_at: new Date(createdAtS * 1000).toISOString() };
}

/** How Anthropic's HTTP API looks on the wire. */
export const anthropicWire: Wire = {
  streamType: 'text/event-stream; charset=utf-8',
  idHeader: 'request-id',
  // `event: ping` would do here too, but a comment is read the same by every client.
  keepAlive: ': waiting\n',
  writeError: (error) => ({
    status: error.status,
    headers: { ...errorHeaders(error), 'request-id': error.requestId },
    body: errorBody(error),
  }),
  writeStreamError: (error) => writeSse(errorBody(error), 'error'),
  writeModels: (models) =>
    JSON.stringify({
      data: models.map(model),
      has_more: false,
      first_id: models[0]?.id ?? null,
      last_id: models.at(-1)?.id ?? null,
    }),
  writeModel: (entry) => JSON.stringify(model(entry)),
};
