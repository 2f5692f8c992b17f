import { readError, readUsage } from '../answer/record.ts';
import type { AnswerShape } from '../answer/shape.ts';
import { arrayOf, numberOf, objectOf, stringOf } from '../json/json.ts';
import { answerNames } from '../openai-chat/names.ts';

/** Member names of completion answers. */
export const completionNames: ReadonlySet<string> = new Set([
  ...answerNames,
  ...['tokens', 'token_logprobs', 'text_offset', 'prompt_token_ids', 'content'],
]);

const textAt = /^\/choices\/\d+\/text$/;

/** Reading of completion answers (platform.openai.com/docs/api-reference/completions/object). */
export const completionAnswer: AnswerShape = {
  knownKeys: completionNames,
  formAt: (pointer) => (textAt.test(pointer) ? 'content' : 'text'),
  ties: (value) =>
    arrayOf(value.choices).map((_, index) => ({
      drop: `/choices/${index}/logprobs`,
      texts: `/choices/${index}/text`,
    })),
  record: (value) => ({
    id: stringOf(value.id),
    model: stringOf(value.model),
    choices: arrayOf(value.choices)
      .map(objectOf)
      .map((choice, at) => ({
        ...{ reasoning: '', refusal: '', toolCalls: [], other: {} },
        index: numberOf(choice.index) ?? at,
        text: stringOf(choice.text) ?? '',
        finish: stringOf(choice.finish_reason),
      })),
    usage: readUsage(value.usage),
    error: readError(value.error),
  }),
};
