import { z } from 'zod';

export const MAX_LINE_CHARS = 64 * 1024 * 1024;

/** A line of JSONL, with everything else that stands in it. */
export type TextRecord = { text: string } & Record<string, unknown>;

const Text = z.looseObject({ text: z.string() });

/** Reads one `{"text"}` a line; blank lines are passed over. Errors name the line and hold nothing of it. */
export async function* recordsOf(input: AsyncIterable<string | Buffer>): AsyncGenerator<TextRecord> {
  let number = 0;
  for await (const line of linesOf(input)) {
    number++;
    if (line.trim() === '') continue;
    const record = Text.safeParse(parsed(line, `line ${number}`));
    if (!record.success) throw new Error(`line ${number} has no "text" that is a string`);
    yield record.data;
  }
}

/** JSON, or an error that tells nothing of the text: it is what is to be masked. */
export function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${name} is not JSON`);
  }
}

async function* linesOf(input: AsyncIterable<string | Buffer>): AsyncGenerator<string> {
  let pieces: string[] = [];
  let length = 0;
  for await (const chunk of input) {
    const [first = '', ...others] = String(chunk).split('\n');
    pieces.push(first);
    length += first.length;
    if (length > MAX_LINE_CHARS) throw new Error(`a line is longer than ${MAX_LINE_CHARS} characters`);
    const last = others.pop();
    if (last === undefined) continue;
    yield pieces.join('');
    yield* others;
    pieces = [last];
    length = last.length;
  }
  yield pieces.join('');
}
