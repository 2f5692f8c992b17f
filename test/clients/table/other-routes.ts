import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { OpenAIEmbeddings } from '@langchain/openai';
import { embed } from 'ai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import OpenAI7 from 'openai-7';
import type { Asked } from '../libraries/library.ts';
import { versionOf } from './libraries.ts';

/** A call besides chatting, made with an unmodified library. Resolves with what the program sees, as text. */
export interface OtherRoute {
  readonly library: string;
  readonly call: string;
  /** What the program sees where it is answered. */
  readonly shows: RegExp;
  /** The gateway answers itself: nothing is asked of a model, so no rule about prompts applies. */
  readonly answeredHere?: true;
  readonly ask: (asked: Asked) => Promise<string>;
}

type Client = Pick<OpenAI, 'completions' | 'embeddings' | 'models'>;

const openaiOf = ({ gateway, token }: Asked): Client =>
  new OpenAI({ apiKey: token, baseURL: `${gateway}/v1` });
const openai7Of = ({ gateway, token }: Asked): Client =>
  new OpenAI7({ apiKey: token, baseURL: `${gateway}/v1` }) as unknown as Client;
const anthropicOf = ({ gateway, token }: Asked) => new Anthropic({ authToken: token, baseURL: gateway });
const ollamaOf = ({ gateway, token }: Asked) =>
  new Ollama({ host: gateway, headers: { authorization: `Bearer ${token}` } });

const said = /You said: hello/;
const vector = /^\[0\.1,0\.2,0\.3\]$/;
const models = /"demo"/;

async function completion(client: Client, { text }: Asked): Promise<string> {
  const { choices } = await client.completions.create({ model: 'texts', prompt: text });
  return choices[0]?.text ?? '';
}

async function completionStream(client: Client, { text }: Asked): Promise<string> {
  let whole = '';
  const stream = await client.completions.create({ model: 'texts', prompt: text, stream: true });
  for await (const { choices } of stream) whole += choices[0]?.text ?? '';
  return whole;
}

async function embedding(client: Client, { text }: Asked): Promise<string> {
  const { data } = await client.embeddings.create({ model: 'demo', input: text, encoding_format: 'float' });
  return JSON.stringify(data[0]?.embedding ?? null);
}

const listed = async (client: Client): Promise<string> =>
  JSON.stringify((await client.models.list()).data.map(({ id }) => id));

function openaiRoutes(version: string, clientOf: (asked: Asked) => Client): OtherRoute[] {
  const library = `openai ${version}`;
  return [
    { library, call: 'completions.create', shows: said, ask: (asked) => completion(clientOf(asked), asked) },
    {
      ...{ library, call: 'completions.create, stream', shows: said },
      ask: (asked) => completionStream(clientOf(asked), asked),
    },
    { library, call: 'embeddings.create', shows: vector, ask: (asked) => embedding(clientOf(asked), asked) },
    {
      ...{ library, call: 'models.list', shows: models, answeredHere: true },
      ask: (asked) => listed(clientOf(asked)),
    },
    {
      ...{ library, call: 'models.retrieve', shows: models, answeredHere: true },
      ask: async (asked) => JSON.stringify((await clientOf(asked).models.retrieve('demo')).id),
    },
  ];
}

function anthropicRoutes(version: string): OtherRoute[] {
  const library = `@anthropic-ai/sdk ${version}`;
  return [
    {
      ...{ library, call: 'messages.countTokens', shows: /^[1-9]\d*$/ },
      ask: async (asked) => {
        const messages = [{ role: 'user' as const, content: asked.text }];
        const counted = await anthropicOf(asked).messages.countTokens({ model: 'texts', messages });
        return String(counted.input_tokens);
      },
    },
    {
      ...{ library, call: 'models.list', shows: models, answeredHere: true },
      ask: async (asked) => JSON.stringify((await anthropicOf(asked).models.list()).data.map(({ id }) => id)),
    },
  ];
}

function ollamaRoutes(version: string): OtherRoute[] {
  const library = `ollama ${version}`;
  return [
    {
      ...{ library, call: 'generate', shows: said },
      ask: async (asked) =>
        (await ollamaOf(asked).generate({ model: 'demo', prompt: asked.text, stream: false })).response ?? '',
    },
    {
      ...{ library, call: 'generate, stream', shows: said },
      ask: async (asked) => {
        let whole = '';
        const stream = await ollamaOf(asked).generate({ model: 'demo', prompt: asked.text, stream: true });
        for await (const { response } of stream) whole += response ?? '';
        return whole;
      },
    },
    {
      ...{ library, call: 'embed', shows: vector },
      ask: async (asked) =>
        JSON.stringify(
          (await ollamaOf(asked).embed({ model: 'texts', input: asked.text })).embeddings[0] ?? null,
        ),
    },
    {
      ...{ library, call: 'list', shows: models, answeredHere: true },
      ask: async (asked) => JSON.stringify((await ollamaOf(asked).list()).models.map(({ model }) => model)),
    },
  ];
}

/** Every other call of the libraries that the table tries, in its order. */
export function otherRoutes(): OtherRoute[] {
  return [
    ...openaiRoutes(versionOf('openai'), openaiOf),
    ...openaiRoutes(versionOf('openai-7'), openai7Of),
    ...anthropicRoutes(versionOf('@anthropic-ai/sdk')),
    ...ollamaRoutes(versionOf('ollama')),
    {
      library: `ai ${versionOf('ai')} with @ai-sdk/openai-compatible ${versionOf('@ai-sdk/openai-compatible')}`,
      ...{ call: 'embed', shows: vector },
      ask: async ({ gateway, token, text }) => {
        const name = 'sallyport';
        const provider = createOpenAICompatible({ name, baseURL: `${gateway}/v1`, apiKey: token });
        const { embedding: found } = await embed({ model: provider.embeddingModel('demo'), value: text });
        return JSON.stringify(found);
      },
    },
    {
      library: `@langchain/openai ${versionOf('@langchain/openai')}`,
      ...{ call: 'OpenAIEmbeddings.embedQuery', shows: vector },
      ask: async ({ gateway, token, text }) => {
        const configuration = { baseURL: `${gateway}/v1` };
        const given = { model: 'demo', apiKey: token, encodingFormat: 'float' as const, configuration };
        return JSON.stringify(await new OpenAIEmbeddings(given).embedQuery(text));
      },
    },
  ];
}
