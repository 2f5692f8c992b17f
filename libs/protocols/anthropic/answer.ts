import { type AnswerRecord, emptyRecord, readError, readUsage } from '../answer/record.ts';
import type { AnswerShape } from '../answer/shape.ts';
import { arrayOf, type JsonObject, objectOf, stringOf } from '../json/json.ts';
import { anthropicNames } from './names.ts';

const inputAt = /^\/content\/\d+\/input$/;
const textAt = /^\/content\/\d+\/text$/;

/** Reading of messages answers; a token count is an answer with usage only. */
export const messagesAnswer: AnswerShape = {
  knownKeys: anthropicNames,
  formAt: (pointer) => (textAt.test(pointer) ? 'content' : 'text'),
  isWrittenJson: (pointer) => inputAt.test(pointer),
  ties: () => [],
  record: readMessage,
};

function readMessage(value: JsonObject): AnswerRecord {
  const error = readError(value.error);
  const usage = readUsage(value.usage ?? value);
  if (!Array.isArray(value.content)) {
    return { ...emptyRecord, error, usage: usage?.inputTokens === undefined ? undefined : usage };
  }
  const blocks = arrayOf(value.content).map(objectOf);
  const join = (name: string): string => blocks.map((block) => stringOf(block[name]) ?? '').join('');
  return {
    id: stringOf(value.id),
    model: stringOf(value.model),
    choices: [
      {
        ...{ index: 0, text: join('text'), reasoning: join('thinking'), refusal: '', other: {} },
        toolCalls: blocks
          .filter((block) => block.input !== undefined)
          .map(({ id, name, input }) => ({
            ...{ id: stringOf(id), name: stringOf(name), arguments: JSON.stringify(input) },
          })),
        finish: stringOf(value.stop_reason),
      },
    ],
    usage,
    error,
  };
}
