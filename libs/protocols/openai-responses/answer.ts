import { type AnswerRecord, readError, readUsage, type ToolCallRecord } from '../answer/record.ts';
import type { AnswerShape, TextForm, Tie } from '../answer/shape.ts';
import {
  arrayOf,
  isObject,
  type Json,
  type JsonObject,
  objectOf,
  pointerToken,
  stringOf,
} from '../json/json.ts';
import { responsesAnswerNames } from './names.ts';

const argumentsAt = /^(?:\/item|(?:\/response)?\/output\/\d+)?\/arguments$/;
const textAt = /^(?:\/text|\/part\/text|(?:\/item|(?:\/response)?\/output\/\d+)\/content\/\d+\/text)$/;

/** Form of a string of an answer, or of an event that carries (part of) one. */
export function formAt(pointer: string): TextForm | 'content' {
  if (argumentsAt.test(pointer)) return 'json';
  return textAt.test(pointer) ? 'content' : 'text';
}

/** Reading of responses answers (platform.openai.com/docs/api-reference/responses/object). */
export const responsesAnswer: AnswerShape = {
  knownKeys: responsesAnswerNames,
  formAt,
  ties: (value) => findLogprobs(value, ''),
  record: readResponse,
};

/** Every list of token probabilities, tied to what it stands beside. */
export function findLogprobs(value: Json, pointer: string): readonly Tie[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => {
    const at = `${pointer}/${pointerToken(key)}`;
    if (key !== 'logprobs') return findLogprobs(each, at);
    return Array.isArray(each) && each.length > 0 ? [{ drop: at, texts: pointer, empty: '[]' }] : [];
  });
}

/** What a response object says. */
export function readResponse(value: JsonObject): AnswerRecord {
  const items = arrayOf(value.output).map(objectOf);
  const parts = items.flatMap(({ content }) => arrayOf(content).map(objectOf));
  const join = (type: string, member: string): string =>
    parts.map((part) => (part.type === type ? (stringOf(part[member]) ?? '') : '')).join('');
  const summary = items.flatMap((item) =>
    arrayOf(item.summary).map((part) => stringOf(objectOf(part).text) ?? ''),
  );
  return {
    id: stringOf(value.id),
    model: stringOf(value.model),
    choices: [
      {
        ...{ index: 0, text: join('output_text', 'text'), refusal: join('refusal', 'refusal'), other: {} },
        reasoning: join('reasoning_text', 'text') + summary.join(''),
        toolCalls: items.filter(isCall).map(readCall),
        finish: stringOf(objectOf(value.incomplete_details).reason) ?? stringOf(value.status),
      },
    ],
    usage: readUsage(value.usage),
    error: readError(isObject(value.error) ? value.error : undefined),
  };
}

function isCall(item: JsonObject): boolean {
  return (
    typeof item.name === 'string' && (typeof item.arguments === 'string' || typeof item.input === 'string')
  );
}

function readCall(item: JsonObject): ToolCallRecord {
  const text = stringOf(item.arguments) ?? stringOf(item.input) ?? '';
  return { id: stringOf(item.call_id) ?? stringOf(item.id), name: stringOf(item.name), arguments: text };
}
