import {
  type AnswerRecord,
  type ChoiceRecord,
  readError,
  readUsage,
  type ToolCallRecord,
} from '../answer/record.ts';
import type { AnswerShape } from '../answer/shape.ts';
import { arrayOf, isObject, type Json, type JsonObject, numberOf, objectOf, stringOf } from '../json/json.ts';
import { answerNames } from './names.ts';

const argumentsAt = /^\/choices\/\d+\/message\/(?:tool_calls\/\d+\/function|function_call)\/arguments$/;
const contentAt = /^\/choices\/\d+\/message\/content$/;

/** Reading of chat completion answers (platform.openai.com/docs/api-reference/chat/object). */
export const chatAnswer: AnswerShape = {
  knownKeys: answerNames,
  formAt: (pointer) => {
    if (argumentsAt.test(pointer)) return 'json';
    return contentAt.test(pointer) ? 'content' : 'text';
  },
  ties: (value) =>
    arrayOf(value.choices).map((_, index) => ({
      drop: `/choices/${index}/logprobs`,
      texts: `/choices/${index}/message`,
    })),
  record: readAnswer,
};

function readAnswer(value: JsonObject): AnswerRecord {
  return {
    id: stringOf(value.id),
    model: stringOf(value.model),
    choices: arrayOf(value.choices).map((choice, index) => readChoice(objectOf(choice), index)),
    usage: readUsage(value.usage),
    error: readError(value.error),
  };
}

function readChoice(choice: JsonObject, at: number): ChoiceRecord {
  const message = objectOf(choice.message);
  const calls = arrayOf(message.tool_calls).map(readToolCall);
  const legacy = isObject(message.function_call) ? [readCall(undefined, message.function_call)] : [];
  const transcript = stringOf(objectOf(message.audio).transcript);
  return {
    index: numberOf(choice.index) ?? at,
    text: textOf(message.content),
    reasoning: stringOf(message.reasoning_content) ?? stringOf(message.reasoning) ?? '',
    refusal: stringOf(message.refusal) ?? '',
    toolCalls: [...calls, ...legacy],
    other: transcript === undefined ? {} : { 'audio/transcript': transcript },
    finish: stringOf(choice.finish_reason),
  };
}

function readToolCall(call: Json): ToolCallRecord {
  const { id, function: called } = objectOf(call);
  return readCall(stringOf(id), objectOf(called));
}

function readCall(id: string | undefined, called: JsonObject): ToolCallRecord {
  return { id, name: stringOf(called.name), arguments: stringOf(called.arguments) ?? '' };
}

function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content;
  return arrayOf(content)
    .map((part) => stringOf(objectOf(part).text) ?? '')
    .join('');
}
