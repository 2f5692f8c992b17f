/** Tokens as `completed` records them. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
}

const name = Buffer.from('"usage"');
const longestUsage = 2048;

/**
 * The token counts of a JSON answer that is otherwise not parsed: the last member called `usage`. Inside of a JSON
 * string its quotes would be escaped, so text can't be taken for it.
 */
export function findUsage(answer: Buffer): Usage | undefined {
  const at = answer.lastIndexOf(name);
  if (at === -1) return undefined;
  const from = answer.indexOf(0x7b, at + name.length);
  if (from === -1 || answer.toString('latin1', at + name.length, from).trim() !== ':') return undefined;
  const end = objectEnd(answer, from);
  if (end === -1) return undefined;
  try {
    return readUsage(JSON.parse(answer.toString('utf8', from, end)));
  } catch {
    return undefined;
  }
}

/** Where the object that starts at `from` ends. Token counts hold no braces in strings. */
function objectEnd(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length && at < from + longestUsage; at++) {
    if (bytes[at] === 0x7b) depth++;
    else if (bytes[at] === 0x7d && --depth === 0) return at + 1;
  }
  return -1;
}

function readUsage(value: unknown): Usage | undefined {
  const { prompt_tokens, input_tokens, completion_tokens, output_tokens } = value as Record<string, unknown>;
  return usageOf(prompt_tokens ?? input_tokens, completion_tokens ?? output_tokens ?? 0);
}

/** Token counts where both are whole numbers. */
export function usageOf(prompt: unknown, completion: unknown): Usage | undefined {
  const isCount = (count: unknown): count is number => Number.isSafeInteger(count) && (count as number) >= 0;
  return isCount(prompt) && isCount(completion)
    ? { promptTokens: prompt, completionTokens: completion }
    : undefined;
}
