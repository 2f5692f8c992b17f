import { z } from 'zod';
import type { ChatMessage } from './engine.ts';

const TEXT_PART = z.object({ type: z.string(), text: z.string().optional() });

/** The fields of OpenAI's chat completion request that the stand-in heeds; others are accepted and ignored. */
export const CHAT_REQUEST = z.object({
  model: z.string(),
  messages: z
    .array(
      z.object({ role: z.string(), content: z.union([z.string(), z.array(TEXT_PART), z.null()]).optional() }),
    )
    .min(1)
    .max(2_000),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: z.number().int().positive().nullish(),
  max_completion_tokens: z.number().int().positive().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  seed: z.number().int().nullish(),
  n: z.number().int().min(1).max(8).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
});

export type ChatRequest = z.infer<typeof CHAT_REQUEST>;

export function textsOf(request: ChatRequest): ChatMessage[] {
  return request.messages.map(({ role, content }) => ({
    role,
    text: typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join(' '),
  }));
}

/** Cuts a stream of text before the first stop word, holding back what may become one. */
export async function* untilStopWord(
  parts: AsyncGenerator<string, 'stop' | 'length', void>,
  words: readonly string[],
): AsyncGenerator<string, 'stop' | 'length', void> {
  const longest = Math.max(0, ...words.map((word) => word.length));
  let held = '';
  for (;;) {
    const { value, done } = await parts.next();
    if (done) {
      if (held !== '') yield held;
      return value;
    }
    held += value;
    const found = words.map((word) => held.indexOf(word)).filter((at) => at >= 0);
    if (found.length > 0) {
      const before = held.slice(0, Math.min(...found));
      if (before !== '') yield before;
      await parts.return('stop');
      return 'stop';
    }
    const safe = longest === 0 ? held.length : Math.max(0, held.length - longest + 1);
    if (safe > 0) yield held.slice(0, safe);
    held = held.slice(safe);
  }
}
