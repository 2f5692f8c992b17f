import type OpenAI from 'openai';
import { type Asked, type CalledTool, type Library, weather } from './library.ts';

/** Both major versions are used alike. */
type Module = Pick<typeof import('openai'), 'OpenAI'>;

const options = ({ signal }: Asked) => (signal ? { signal } : {});

function clientOf({ OpenAI: Client }: Module, asked: Asked): OpenAI {
  const { gateway, token, headers, timeoutMs, retries } = asked;
  return new Client({
    apiKey: token,
    baseURL: `${gateway}/v1`,
    ...(headers && { defaultHeaders: headers }),
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    ...(retries !== undefined && { maxRetries: retries }),
  });
}

const question = ({ text, model = 'demo' }: Asked) => ({
  model,
  messages: [{ role: 'user' as const, content: text }],
});

/** The openai client's chat completions. */
export function openaiChat(version: string, module: Module): Library {
  return {
    name: `openai ${version}`,
    protocol: 'chat completions',
    resendsAfterTimeout: true,
    whole: async (asked) => {
      const client = clientOf(module, asked);
      const answer = await client.chat.completions.create(question(asked), options(asked));
      return answer.choices[0]?.message.content ?? '';
    },
    streamed: async (asked, onPiece) => {
      const request = { ...question(asked), stream: true as const };
      const stream = await clientOf(module, asked).chat.completions.create(request, options(asked));
      let text = '';
      for await (const event of stream) {
        const piece = event.choices[0]?.delta.content ?? '';
        text += piece;
        if (piece !== '') onPiece?.(text);
      }
      return text;
    },
    tool: async (asked) => {
      const { name, description, schema: parameters } = weather;
      const tools = [{ type: 'function' as const, function: { name, description, parameters } }];
      const answer = await clientOf(module, asked).chat.completions.create({ ...question(asked), tools });
      const call = answer.choices[0]?.message.tool_calls?.[0];
      if (call?.type !== 'function') throw new Error('no tool was called');
      return calledTool(call.function.name, call.function.arguments);
    },
  };
}

/** The openai client's responses. */
export function openaiResponses(version: string, module: Module): Library {
  const request = ({ text, model = 'demo' }: Asked) => ({ model, input: text });
  return {
    name: `openai ${version}`,
    protocol: 'responses',
    resendsAfterTimeout: true,
    whole: async (asked) => {
      const answer = await clientOf(module, asked).responses.create(request(asked), options(asked));
      return answer.output_text;
    },
    streamed: async (asked, onPiece) => {
      const body = { ...request(asked), stream: true as const };
      const stream = await clientOf(module, asked).responses.create(body, options(asked));
      let text = '';
      for await (const event of stream) {
        if (event.type !== 'response.output_text.delta') continue;
        text += event.delta;
        onPiece?.(text);
      }
      return text;
    },
    tool: async (asked) => {
      const { name, description, schema: parameters } = weather;
      const tools = [{ type: 'function' as const, name, description, parameters, strict: true }];
      const answer = await clientOf(module, asked).responses.create({ ...request(asked), tools });
      const call = answer.output.find(({ type }) => type === 'function_call');
      if (call?.type !== 'function_call') throw new Error('no tool was called');
      return calledTool(call.name, call.arguments);
    },
  };
}

function calledTool(name: string, text: string): CalledTool {
  return { name, arguments: JSON.parse(text) };
}
