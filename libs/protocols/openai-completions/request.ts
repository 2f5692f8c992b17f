import { freeNames, requestNames } from '../openai-chat/names.ts';
import { asksForJson } from '../openai-chat/request.ts';
import { findTokens } from '../request/find.ts';
import type { RequestShape } from '../request/shape.ts';

/** Reading of completion requests (platform.openai.com/docs/api-reference/completions). */
export const completionRequest: RequestShape = {
  knownKeys: new Set([...requestNames, 'prompt', 'suffix', 'prompt_token_ids', 'prompt_embeds']),
  freeKeys: freeNames,
  turnsAt: () => 'prompt',
  streamsByDefault: () => false,
  requires: () => [],
  isJsonText: () => false,
  roleOf: () => undefined,
  find: (body, finds) => {
    findTokens(body.prompt, '/prompt', finds);
    for (const name of ['prompt_token_ids', 'prompt_embeds']) {
      if (body[name] === undefined || body[name] === null) continue;
      finds.unreadable({ pointer: `/${name}`, kind: name === 'prompt_embeds' ? 'embedding' : 'tokens' });
    }
  },
  answersJson: (body) => asksForJson(body.response_format),
};
