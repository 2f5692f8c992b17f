import Anthropic from '@anthropic-ai/sdk';
import { type Asked, type Library, weather } from './library.ts';

const clientOf = ({ gateway, token, headers, timeoutMs, retries }: Asked): Anthropic =>
  new Anthropic({
    authToken: token,
    baseURL: gateway,
    ...(headers && { defaultHeaders: headers }),
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    ...(retries !== undefined && { maxRetries: retries }),
  });

const question = ({ text, model = 'demo' }: Asked) => ({
  model,
  max_tokens: 500,
  messages: [{ role: 'user' as const, content: text }],
});

const options = ({ signal }: Asked) => (signal ? { signal } : {});

/** Anthropic's own client. */
export function anthropicSdk(version: string): Library {
  return {
    name: `@anthropic-ai/sdk ${version}`,
    protocol: 'messages',
    resendsAfterTimeout: true,
    whole: async (asked) => {
      const answer = await clientOf(asked).messages.create(question(asked), options(asked));
      return answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    },
    streamed: async (asked, onPiece) => {
      const stream = clientOf(asked).messages.stream(question(asked), options(asked));
      stream.on('text', (_, text) => onPiece?.(text));
      return stream.finalText();
    },
    tool: async (asked) => {
      const { name, description, schema: input_schema } = weather;
      const tools = [{ name, description, input_schema }];
      const answer = await clientOf(asked).messages.create({ ...question(asked), tools });
      const call = answer.content.find((block) => block.type === 'tool_use');
      if (!call) throw new Error('no tool was called');
      return { name: call.name, arguments: call.input };
    },
  };
}
