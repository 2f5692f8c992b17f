import { defineProtocol } from '../protocol.ts';
import type { Operation, Route } from '../route.ts';
import { responsesAnswer } from './answer.ts';
import { responsesRequest } from './request.ts';
import { responsesStream } from './stream.ts';
import { responsesWire } from './wire.ts';

type Rest = Omit<Route, 'protocol' | 'operation'>;

const route = (operation: Operation, rest: Rest): Route => ({
  protocol: 'openai-responses',
  operation,
  ...rest,
});
const one = '/v1/responses/{id}';

/** OpenAI responses; what was answered in the background is kept and served by the gateway. */
export const openaiResponses = defineProtocol({
  name: 'openai-responses',
  routes: [
    route('responses.create', { method: 'POST', path: '/v1/responses', answeredBy: 'model' }),
    route('responses.get', { method: 'GET', path: one, answeredBy: 'gateway' }),
    route('responses.cancel', { method: 'POST', path: `${one}/cancel`, answeredBy: 'gateway' }),
    route('responses.delete', { method: 'DELETE', path: one, answeredBy: 'gateway' }),
  ],
  wire: responsesWire,
  request: responsesRequest,
  answer: () => responsesAnswer,
  stream: () => responsesStream,
});
