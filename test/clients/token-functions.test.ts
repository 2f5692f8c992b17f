import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ChatOpenAI } from '@langchain/openai';
import { generateText } from 'ai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import OpenAI7 from 'openai-7';

/** What docs/identity.md says of each library: a token that changes in the file is sent with the next request. */
const file = join(tmpdir(), `sallyport-token-${process.pid}`);
const token = async (): Promise<string> => (await readFile(file, 'utf8')).trim();
const withToken: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set('authorization', `Bearer ${await token()}`);
  return fetch(input, { ...init, headers });
};

let server: Server;
let base: string;
let seen: (string | undefined)[];

const openai = {
  ...{ id: 'c', object: 'chat.completion', created: 1, model: 'demo' },
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};
const anthropic = {
  ...{
    id: 'm',
    type: 'message',
    role: 'assistant',
    model: 'demo',
    stop_reason: 'end_turn',
    stop_sequence: null,
  },
  content: [{ type: 'text', text: 'hi' }],
  usage: { input_tokens: 1, output_tokens: 1 },
};
const ollama = { model: 'demo', message: { role: 'assistant', content: 'hi' }, done: true };

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    const answer = request.url?.endsWith('/messages')
      ? anthropic
      : request.url?.startsWith('/api')
        ? ollama
        : openai;
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(file, { force: true });
});
beforeEach(() => {
  seen = [];
});

const messages = [{ role: 'user' as const, content: 'hi' }];
const clients: Record<string, () => () => Promise<unknown>> = {
  'openai 6': () => {
    const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: token });
    return () => client.chat.completions.create({ model: 'demo', messages });
  },
  'openai 7': () => {
    const client = new OpenAI7({ baseURL: `${base}/v1`, apiKey: token });
    return () => client.chat.completions.create({ model: 'demo', messages });
  },
  '@anthropic-ai/sdk with apiKey': () => {
    const client = new Anthropic({ baseURL: base, apiKey: token });
    return () => client.messages.create({ model: 'demo', max_tokens: 9, messages });
  },
  '@anthropic-ai/sdk with fetch': () => {
    const client = new Anthropic({ baseURL: base, authToken: 'replaced', fetch: withToken });
    return () => client.messages.create({ model: 'demo', max_tokens: 9, messages });
  },
  ollama: () => {
    const client = new Ollama({ host: base, fetch: withToken });
    return () => client.chat({ model: 'demo', messages });
  },
  'ai with @ai-sdk/openai-compatible': () => {
    const provider = createOpenAICompatible({ name: 's', baseURL: `${base}/v1`, fetch: withToken });
    return () => generateText({ model: provider('demo'), prompt: 'hi' });
  },
  '@langchain/openai': () => {
    const model = new ChatOpenAI({ model: 'demo', apiKey: token, configuration: { baseURL: `${base}/v1` } });
    return () => model.invoke('hi');
  },
};

test.each(Object.keys(clients))('%s sends a token that was renewed with its next request', async (name) => {
  const ask = clients[name]!();
  await writeFile(file, 'first\n');
  await ask();
  await writeFile(file, 'second\n');
  await ask();
  expect(seen).toEqual(['Bearer first', 'Bearer second']);
});
