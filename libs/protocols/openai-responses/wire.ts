import { writeSse } from '../answer/sse.ts';
import type { JsonObject } from '../json/json.ts';
import { openaiError, openaiWire } from '../wire/openai.ts';
import type { BackgroundState, Wire } from '../wire/wire.ts';

/** A response object before, or instead of, the model's own (platform.openai.com/docs/guides/background). */
function backgroundResponse({ id, status, createdAtS, model, error }: BackgroundState): JsonObject {
  return {
    ...{ id, object: 'response', created_at: createdAtS, status, background: true },
    error: error === undefined ? null : { code: error.code, message: error.message },
    ...{ incomplete_details: null, instructions: null, metadata: {}, model: model ?? null, output: [] },
    ...{
      parallel_tool_calls: true,
      temperature: null,
      tool_choice: 'auto',
      tools: [],
      top_p: null,
      usage: null,
    },
  };
}

const { writeError, keepAlive, streamType } = openaiWire;

/** How the responses API looks on the wire: an error event has its own type, and the member clients raise on. */
export const responsesWire: Wire = {
  ...{ writeError, keepAlive, streamType },
  writeStreamError: (error) => {
    const { code, message, param } = openaiError(error);
    const event = { type: 'error', code: code ?? null, message: message ?? '', param: param ?? null };
    return writeSse(JSON.stringify({ ...event, error: openaiError(error) }), 'error');
  },
  writeBackground: (state) => JSON.stringify(backgroundResponse(state)),
  writeDeleted: (id) => JSON.stringify({ id, object: 'response', deleted: true }),
};
