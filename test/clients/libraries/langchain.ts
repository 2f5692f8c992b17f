import { ChatOpenAI } from '@langchain/openai';
import { type Asked, type Library, weather } from './library.ts';

const clientOf = ({ gateway, token, model = 'demo', headers, timeoutMs, retries }: Asked): ChatOpenAI =>
  new ChatOpenAI({
    model,
    apiKey: token,
    configuration: { baseURL: `${gateway}/v1`, ...(headers && { defaultHeaders: headers }) },
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    ...(retries !== undefined && { maxRetries: retries }),
  });

const options = ({ signal }: Asked) => (signal ? { signal } : {});

/** LangChain's chat model for OpenAI's protocol. */
export function langchain(version: string): Library {
  const { caller } = new ChatOpenAI({ apiKey: 'none' }) as unknown as { caller: { maxRetries: number } };
  return {
    name: `@langchain/openai ${version}`,
    protocol: 'chat completions',
    resendsAfterTimeout: true,
    defaultRetries: caller.maxRetries,
    whole: async (asked) => (await clientOf(asked).invoke(asked.text, options(asked))).text,
    streamed: async (asked, onPiece) => {
      let text = '';
      for await (const chunk of await clientOf(asked).stream(asked.text, options(asked))) {
        text += chunk.text;
        if (chunk.text !== '') onPiece?.(text);
      }
      return text;
    },
    tool: async (asked) => {
      const { name, description, schema: parameters } = weather;
      const tools = [{ type: 'function' as const, function: { name, description, parameters } }];
      const call = (await clientOf(asked).bindTools(tools).invoke(asked.text)).tool_calls?.[0];
      if (!call) throw new Error('no tool was called');
      return { name: call.name, arguments: call.args };
    },
  };
}
