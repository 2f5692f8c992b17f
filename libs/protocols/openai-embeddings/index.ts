import { emptyRecord, readError, readUsage } from '../answer/record.ts';
import { type AnswerShape, noStream } from '../answer/shape.ts';
import { stringOf } from '../json/json.ts';
import { defineProtocol } from '../protocol.ts';
import { findTokens } from '../request/find.ts';
import type { RequestShape } from '../request/shape.ts';
import { openaiWire } from '../wire/openai.ts';

const names = [
  ...['input', 'model', 'encoding_format', 'dimensions', 'user', 'truncate_prompt_tokens', 'priority'],
  ...['object', 'data', 'embedding', 'index', 'usage', 'prompt_tokens', 'total_tokens', 'completion_tokens'],
  ...[
    'id',
    'created',
    'error',
    'message',
    'type',
    'code',
    'param',
    'prompt_tokens_details',
    'messages',
    'role',
  ],
  ...['content', 'stream', 'input_type', 'task', 'normalize', 'cached_tokens'],
];

const request: RequestShape = {
  knownKeys: new Set(names),
  freeKeys: new Set(['metadata']),
  turnsAt: () => 'input',
  streamsByDefault: () => false,
  requires: () => [],
  isJsonText: () => false,
  roleOf: () => undefined,
  find: (body, finds) => findTokens(body.input, '/input', finds),
};

const answer: AnswerShape = {
  knownKeys: new Set(names),
  formAt: () => 'text',
  ties: () => [],
  record: (value) => ({
    ...emptyRecord,
    id: stringOf(value.id),
    model: stringOf(value.model),
    usage: readUsage(value.usage),
    error: readError(value.error),
  }),
};

const { writeError, writeStreamError, keepAlive, streamType } = openaiWire;

/** OpenAI embeddings (platform.openai.com/docs/api-reference/embeddings). */
export const openaiEmbeddings = defineProtocol({
  name: 'openai-embeddings',
  routes: [
    {
      ...{ protocol: 'openai-embeddings', operation: 'embeddings', answeredBy: 'model' },
      ...{ method: 'POST', path: '/v1/embeddings' },
    },
  ],
  wire: { writeError, writeStreamError, keepAlive, streamType },
  request,
  answer: () => answer,
  stream: () => noStream,
});
