import { isObject, type Json, numberOf, objectOf, stringOf } from '../json/json.ts';

/** Tokens as the model's server counted them; undefined where it didn't say. */
export interface TokenUsage {
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly totalTokens: number | undefined;
}

/** A tool call of an answer; `arguments` is JSON text as the model wrote it, masked. */
export interface ToolCallRecord {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly arguments: string;
}

/** One of an answer's alternatives, complete and masked. */
export interface ChoiceRecord {
  readonly index: number;
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly toolCalls: readonly ToolCallRecord[];
  /** Streamed text outside those fields, by its place. */
  readonly other: Readonly<Record<string, string>>;
  readonly finish: string | undefined;
}

/** What an answer said, for the ledger and for people: the same for a streamed answer and one in a piece. */
export interface AnswerRecord {
  readonly id: string | undefined;
  readonly model: string | undefined;
  readonly choices: readonly ChoiceRecord[];
  readonly usage: TokenUsage | undefined;
  readonly error: { readonly message: string; readonly code: string | undefined } | undefined;
}

/** An answer without anything in it. */
export const emptyRecord: AnswerRecord = {
  id: undefined,
  model: undefined,
  choices: [],
  usage: undefined,
  error: undefined,
};

/** Usage in OpenAI's names (chat, completions, embeddings) or the newer ones (responses, Anthropic). */
export function readUsage(value: Json | undefined): TokenUsage | undefined {
  if (!isObject(value)) return undefined;
  const inputTokens = numberOf(value.prompt_tokens) ?? numberOf(value.input_tokens);
  const outputTokens = numberOf(value.completion_tokens) ?? numberOf(value.output_tokens);
  const both =
    inputTokens !== undefined && outputTokens !== undefined ? inputTokens + outputTokens : undefined;
  return { inputTokens, outputTokens, totalTokens: numberOf(value.total_tokens) ?? both };
}

/** An error in any of the shapes model servers use: an object with a message, or a string. */
export function readError(value: Json | undefined): AnswerRecord['error'] {
  if (value === undefined || value === null || value === false) return undefined;
  if (typeof value === 'string') return { message: value, code: undefined };
  const { message, code, type } = objectOf(value);
  const named = typeof code === 'number' ? String(code) : (stringOf(code) ?? stringOf(type));
  return { message: stringOf(message) ?? 'unknown', code: named };
}

/** The error with its strings masked. */
export function maskError(
  { message, code }: NonNullable<AnswerRecord['error']>,
  whole: (text: string) => string,
): NonNullable<AnswerRecord['error']> {
  return { message: whole(message), code: code === undefined ? undefined : whole(code) };
}
