import {
  type AnswerRecord,
  emptyRecord,
  readError,
  type TokenUsage,
  type ToolCallRecord,
} from '../answer/record.ts';
import type { AnswerShape, Tie } from '../answer/shape.ts';
import { arrayOf, type JsonObject, numberOf, objectOf, stringOf } from '../json/json.ts';
import { ollamaNames } from './names.ts';

const argumentsAt = /^\/message\/tool_calls\/\d+\/function\/arguments$/;

/** Whether the object there is a tool call's arguments. */
export const isArguments = (pointer: string): boolean => argumentsAt.test(pointer);

/** Token probabilities, and the conversation as token ids, repeat the text. */
export function repeats(always: boolean): readonly Tie[] {
  return [
    { drop: '/logprobs', texts: '/message' },
    { drop: '/logprobs', texts: '/response' },
    { drop: '/context', texts: '/response', always },
  ];
}

/** Reading of Ollama's answers in one piece. */
export const ollamaAnswer: AnswerShape = {
  knownKeys: ollamaNames,
  formAt: (pointer) => (pointer === '/message/content' || pointer === '/response' ? 'content' : 'text'),
  isWrittenJson: isArguments,
  ties: () => repeats(false),
  record: readAnswer,
};

function readAnswer(value: JsonObject): AnswerRecord {
  const message = objectOf(value.message);
  const said = {
    ...emptyRecord,
    model: stringOf(value.model),
    usage: readCounts(value),
    error: readError(value.error),
  };
  if (value.message === undefined && value.response === undefined) return said;
  const choice = {
    ...{ index: 0, refusal: '', other: {}, toolCalls: readCalls(message) },
    text: stringOf(message.content) ?? stringOf(value.response) ?? '',
    reasoning: stringOf(message.thinking) ?? stringOf(value.thinking) ?? '',
    finish: readFinish(value),
  };
  return { ...said, choices: [choice] };
}

/** The tool calls of a message. */
export function readCalls(message: JsonObject): readonly ToolCallRecord[] {
  return arrayOf(message.tool_calls).map((call) => {
    const called = objectOf(objectOf(call).function);
    const id = stringOf(objectOf(call).id);
    return { id, name: stringOf(called.name), arguments: JSON.stringify(called.arguments ?? {}) };
  });
}

/** Why the answer ended, if it did. */
export function readFinish(value: JsonObject): string | undefined {
  return value.done === true ? (stringOf(value.done_reason) ?? 'stop') : undefined;
}

/** Ollama's token counts. */
export function readCounts(value: JsonObject): TokenUsage | undefined {
  const inputTokens = numberOf(value.prompt_eval_count);
  const outputTokens = numberOf(value.eval_count);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  return { inputTokens, outputTokens, totalTokens: (inputTokens ?? 0) + (outputTokens ?? 0) };
}
