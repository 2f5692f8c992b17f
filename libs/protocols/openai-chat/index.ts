import { defineProtocol } from '../protocol.ts';
import type { Operation, Route } from '../route.ts';
import { openaiWire } from '../wire/openai.ts';
import { chatAnswer } from './answer.ts';
import { chatRequest } from './request.ts';
import { chatStream } from './stream.ts';

const route = (
  operation: Operation,
  method: Route['method'],
  path: string,
  answeredBy: Route['answeredBy'],
): Route => ({ protocol: 'openai-chat', operation, method, path, answeredBy });

/** OpenAI chat completions and models. */
export const openaiChat = defineProtocol({
  name: 'openai-chat',
  routes: [
    route('chat.completions', 'POST', '/v1/chat/completions', 'model'),
    route('models.list', 'GET', '/v1/models', 'gateway'),
    route('models.get', 'GET', '/v1/models/{model...}', 'gateway'),
  ],
  wire: openaiWire,
  request: chatRequest,
  answer: () => chatAnswer,
  stream: () => chatStream,
});
