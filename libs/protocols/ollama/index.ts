import { noStream } from '../answer/shape.ts';
import { defineProtocol } from '../protocol.ts';
import type { Operation, Route } from '../route.ts';
import { ollamaAnswer } from './answer.ts';
import { ollamaRequest } from './request.ts';
import { ollamaStream } from './stream.ts';
import { ollamaWire } from './wire.ts';

const post = (operation: Operation, path: string): Route => ({
  ...{ protocol: 'ollama', operation, method: 'POST', path, answeredBy: 'model' },
});

/** Ollama's native API. */
export const ollama = defineProtocol({
  name: 'ollama',
  routes: [
    post('chat.completions', '/api/chat'),
    post('generate', '/api/generate'),
    post('embeddings', '/api/embed'),
    post('embeddings', '/api/embeddings'),
    { protocol: 'ollama', operation: 'models.list', method: 'GET', path: '/api/tags', answeredBy: 'gateway' },
  ],
  wire: ollamaWire,
  request: ollamaRequest,
  answer: () => ollamaAnswer,
  stream: ({ operation }) => (operation === 'embeddings' ? noStream : ollamaStream),
});
