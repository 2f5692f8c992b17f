import { arrayOf, isObject, type JsonObject, objectOf, stringOf } from '../json/json.ts';
import { findTokens } from '../request/find.ts';
import type { Finds, RequestShape } from '../request/shape.ts';
import { ollamaFreeNames, ollamaNames } from './names.ts';

/** Where an operation's words are: messages, one prompt, or texts to embed. */
const turnsAt: Readonly<Record<string, string>> = {
  '/api/chat': 'messages',
  '/api/generate': 'prompt',
  '/api/embed': 'input',
  '/api/embeddings': 'prompt',
};

/** Reading of Ollama's requests; a missing `stream` means a stream. */
export const ollamaRequest: RequestShape = {
  knownKeys: ollamaNames,
  freeKeys: ollamaFreeNames,
  turnsAt: ({ path }) => turnsAt[path] ?? 'messages',
  streamsByDefault: ({ operation }) => operation !== 'embeddings',
  requires: () => [],
  isJsonText: () => false,
  roleOf: (turn) => stringOf(objectOf(turn).role),
  find: findInBody,
  answersJson: ({ format }) => isObject(format) || format === 'json',
};

function findInBody(body: JsonObject, finds: Finds): void {
  findImages(body, '', finds);
  for (const [index, message] of arrayOf(body.messages).entries()) {
    findImages(objectOf(message), `/messages/${index}`, finds);
  }
  findTokens(body.context, '/context', finds);
}

function findImages(holder: JsonObject, pointer: string, finds: Finds): void {
  for (const [index, image] of arrayOf(holder.images).entries()) {
    finds.unreadable({
      pointer: `${pointer}/images/${index}`,
      kind: 'image',
      size: stringOf(image)?.length ?? 0,
    });
  }
}
