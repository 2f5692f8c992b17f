import { defineProtocol } from '../protocol.ts';
import { openaiWire } from '../wire/openai.ts';
import { completionAnswer } from './answer.ts';
import { completionRequest } from './request.ts';
import { completionStream } from './stream.ts';

const { writeError, writeStreamError, keepAlive, streamType } = openaiWire;

/** OpenAI completions, the older text interface that model servers still offer. */
export const openaiCompletions = defineProtocol({
  name: 'openai-completions',
  routes: [
    {
      ...{ protocol: 'openai-completions', operation: 'completions', answeredBy: 'model' },
      ...{ method: 'POST', path: '/v1/completions' },
    },
  ],
  wire: { writeError, writeStreamError, keepAlive, streamType },
  request: completionRequest,
  answer: () => completionAnswer,
  stream: () => completionStream,
});
