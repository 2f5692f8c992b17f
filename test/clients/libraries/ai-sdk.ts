import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, streamText, type ToolSet, tool } from 'ai';
import { type Asked, type Library, weather } from './library.ts';

function callOf({ gateway, token, text, model = 'demo', headers, retries, signal }: Asked) {
  const provider = createOpenAICompatible({ name: 'sallyport', baseURL: `${gateway}/v1`, apiKey: token });
  return {
    model: provider(model),
    prompt: text,
    ...(headers && { headers }),
    ...(retries !== undefined && { maxRetries: retries }),
    ...(signal && { abortSignal: signal }),
  };
}

/** The AI SDK with its provider for OpenAI-compatible servers. */
export function aiSdk(versions: string): Library {
  return {
    name: versions,
    protocol: 'chat completions',
    resendsAfterTimeout: false,
    whole: async (asked) => (await generateText(callOf(asked))).text,
    streamed: async (asked, onPiece) => {
      const { fullStream } = streamText({ ...callOf(asked), onError: () => undefined });
      let text = '';
      for await (const part of fullStream) {
        if (part.type === 'error') throw part.error;
        if (part.type === 'abort') throw new DOMException('aborted', 'AbortError');
        if (part.type !== 'text-delta') continue;
        text += part.text;
        onPiece?.(text);
      }
      return text;
    },
    tool: async (asked) => {
      const { name, description, schema } = weather;
      const tools = { [name]: tool({ description, inputSchema: jsonSchema(schema) }) } as ToolSet;
      const [call] = (await generateText({ ...callOf(asked), tools })).toolCalls;
      if (!call) throw new Error('no tool was called');
      return { name: call.toolName, arguments: call.input };
    },
  };
}
