import { noStream } from '../answer/shape.ts';
import { defineProtocol } from '../protocol.ts';
import type { Operation, Route } from '../route.ts';
import { messagesAnswer } from './answer.ts';
import { messagesRequest } from './request.ts';
import { messagesStream } from './stream.ts';
import { anthropicWire } from './wire.ts';

type Rest = Omit<Route, 'protocol' | 'operation'>;

const route = (operation: Operation, rest: Rest): Route => ({ protocol: 'anthropic', operation, ...rest });

// OpenAI's model list has the same path; Anthropic's clients always send their version.
const header = 'anthropic-version';

/** Anthropic messages. */
export const anthropic = defineProtocol({
  name: 'anthropic',
  routes: [
    route('messages', { method: 'POST', path: '/v1/messages', answeredBy: 'model' }),
    route('messages.count_tokens', {
      method: 'POST',
      path: '/v1/messages/count_tokens',
      answeredBy: 'model',
    }),
    route('models.list', { method: 'GET', path: '/v1/models', answeredBy: 'gateway', header }),
    route('models.get', { method: 'GET', path: '/v1/models/{model...}', answeredBy: 'gateway', header }),
  ],
  wire: anthropicWire,
  request: messagesRequest,
  answer: () => messagesAnswer,
  stream: ({ operation }) => (operation === 'messages' ? messagesStream : noStream),
});
