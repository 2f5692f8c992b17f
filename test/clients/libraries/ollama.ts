import { Ollama } from 'ollama';
import { type Asked, type Library, weather } from './library.ts';

function clientOf({ gateway, token, headers, signal }: Asked): Ollama {
  return new Ollama({
    host: gateway,
    headers: { ...headers, authorization: `Bearer ${token}` },
    ...(signal && { fetch: endedBy(signal) }),
  });
}

/** The client's own `abort` ends streams only; a program that ends another call gives it a fetch of its own. */
const endedBy =
  (signal: AbortSignal): typeof fetch =>
  (input, init) =>
    fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, signal]) : signal });

const question = ({ text, model = 'demo' }: Asked) => ({
  model,
  messages: [{ role: 'user', content: text }],
});

/** Ollama's own client. */
export function ollamaJs(version: string): Library {
  return {
    name: `ollama ${version}`,
    protocol: 'Ollama chat',
    resendsAfterTimeout: false,
    whole: async (asked) =>
      (await clientOf(asked).chat({ ...question(asked), stream: false })).message.content,
    streamed: async (asked, onPiece) => {
      const stream = await clientOf(asked).chat({ ...question(asked), stream: true });
      let text = '';
      for await (const { message } of stream) {
        text += message.content;
        if (message.content !== '') onPiece?.(text);
      }
      return text;
    },
    tool: async (asked) => {
      const { name, description, schema: parameters } = weather;
      const tools = [{ type: 'function', function: { name, description, parameters } }];
      const answer = await clientOf(asked).chat({ ...question(asked), stream: false, tools });
      const call = answer.message.tool_calls?.[0];
      if (!call) throw new Error('no tool was called');
      return { name: call.function.name, arguments: call.function.arguments };
    },
  };
}
