import type { JsonObject } from '../json/json.ts';
import { errorHeaders, type WireError } from '../wire/error.ts';
import type { ModelEntry, Wire } from '../wire/wire.ts';

/** Ollama's error body is a string; code and details stand beside it. */
function errorBody(error: WireError): string {
  return JSON.stringify({
    error: error.message,
    code: error.code,
    ...error.details,
    request_id: error.requestId,
  });
}

/** A line of `GET /api/tags`; what only the model's server knows is left empty. */
function tag({ id, createdAtS }: ModelEntry): JsonObject {
  return {
    ...{ name: id, model: id, modified_at: new Date(createdAtS * 1000).toISOString(), size: 0, digest: '' },
    details: {
      ...{ parent_model: '', format: '', family: '', families: [] },
      ...{ parameter_size: '', quantization_level: '' },
    },
  };
}

/** How Ollama's HTTP API looks on the wire. */
export const ollamaWire: Wire = {
  streamType: 'application/x-ndjson',
  // Spaces without a line end: some clients parse every line, also an empty one.
  keepAlive: ' ',
  writeError: (error) => ({ status: error.status, headers: errorHeaders(error), body: errorBody(error) }),
  writeStreamError: (error) => `${errorBody(error)}\n`,
  writeModels: (models) => JSON.stringify({ models: models.map(tag) }),
};
