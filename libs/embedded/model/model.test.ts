import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { packageRoot } from '../paths.ts';
import { freePort } from '../processes/ports.ts';
import { type RunningProcess, startProcess, untilReady } from '../processes/processes.ts';
import { programArguments } from '../processes/programs.ts';
import { DEMO_MODEL } from './chat.ts';
import { parseCorpus } from './corpus.ts';
import { DEMO_PROMPTS } from './model.ts';
import { modelWeights } from './weights.ts';

const ROOT = packageRoot();
const KEY = 'a-credential-of-the-test';
let dir: string;
let url: string;
let child: RunningProcess;
let client: OpenAI;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-model-'));
  await writeFile(join(dir, 'key'), KEY);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  child = await startProcess({
    name: 'model',
    command: process.execPath,
    args: programArguments('libs/embedded/model/main'),
    env: { ...process.env, SALLYPORT_MODEL_PORT: String(port), SALLYPORT_MODEL_KEY_FILE: join(dir, 'key') },
    cwd: ROOT,
    logFile: join(dir, 'model.log'),
  });
  const ready = () =>
    fetch(`${url}/healthz`).then(
      (r) => r.ok,
      () => false,
    );
  await untilReady(child, ready, 180_000);
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY, maxRetries: 0 });
}, 200_000);

afterAll(async () => {
  await child.stop();
  await rm(dir, { recursive: true, force: true });
});

async function ask(content: string): Promise<string> {
  const answer = await client.chat.completions.create({
    model: DEMO_MODEL,
    messages: [{ role: 'user', content }],
  });
  return answer.choices[0]?.message.content ?? '';
}

async function calls(): Promise<number> {
  const response = await fetch(`${url}/calls`, { headers: { authorization: `Bearer ${KEY}` } });
  return ((await response.json()) as { calls: number }).calls;
}

function passesLuhn(number: string): boolean {
  const sum = [...number].reverse().reduce((total, digit, k) => {
    const value = Number(digit) * (k % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

describe('the stand-in model, run by llama.cpp', () => {
  test('answers the three documented prompts with an e-mail address, a card number and a secret', async () => {
    expect(await ask(DEMO_PROMPTS.email)).toMatch(/[a-z.]+@example\.com/);
    const card = /\d{4} \d{4} \d{4} \d{4}/.exec(await ask(DEMO_PROMPTS.card))?.[0] ?? '';
    expect(passesLuhn(card.replaceAll(' ', ''))).toBe(true);
    expect(card).not.toBe('');
    expect(await ask(DEMO_PROMPTS.secret)).toMatch(/glpat-[A-Za-z0-9]{20}/);
  });

  test('answers about each subject of its corpus in the corpus’ words, whatever form the question has', async () => {
    const passages = parseCorpus(await readFile(join(ROOT, 'libs/embedded/model/corpus.txt'), 'utf8'));
    expect(passages.length).toBeGreaterThan(15);
    for (const { keywords, text } of passages) {
      expect(await ask(`Can you tell me something about ${keywords[0]} in general?`)).toBe(text);
    }
    expect(await ask('qwertz uiop')).toBe(passages[0]?.text);
  });

  test('follows the last question of a conversation', async () => {
    const answer = await client.chat.completions.create({
      model: DEMO_MODEL,
      messages: [
        { role: 'system', content: 'You help with invoices.' },
        { role: 'user', content: 'Tell me about the weather.' },
        { role: 'assistant', content: await ask('Tell me about the weather.') },
        { role: 'user', content: 'And how do I make coffee?' },
      ],
    });
    expect(answer.choices[0]?.message.content).toContain('Grind the beans');
  });

  test('streams the same text in several pieces, with usage when asked', async () => {
    const stream = await client.chat.completions.create({
      model: DEMO_MODEL,
      messages: [{ role: 'user', content: DEMO_PROMPTS.email }],
      stream: true,
      stream_options: { include_usage: true },
    });
    const pieces: string[] = [];
    let total = 0;
    let finish: string | null | undefined;
    for await (const event of stream) {
      const [choice] = event.choices;
      if (choice?.delta.content) pieces.push(choice.delta.content);
      finish = choice?.finish_reason ?? finish;
      total = event.usage?.total_tokens ?? total;
    }
    expect(pieces.length).toBeGreaterThan(20);
    expect(pieces.join('')).toBe(await ask(DEMO_PROMPTS.email));
    expect(finish).toBe('stop');
    expect(total).toBeGreaterThan(pieces.length);
  });

  test('heeds max_tokens, stop and n', async () => {
    const answer = await client.chat.completions.create({
      model: DEMO_MODEL,
      messages: [{ role: 'user', content: 'weather' }],
      max_tokens: 3,
      n: 2,
    });
    expect(answer.choices.map((choice) => choice.message.content)).toEqual([
      'Tomorrow starts with',
      'Tomorrow starts with',
    ]);
    expect(answer.choices[0]?.finish_reason).toBe('length');
    const stopped = await client.chat.completions.create({
      model: DEMO_MODEL,
      messages: [{ role: 'user', content: 'weather' }],
      stop: ['fog in'],
    });
    expect(stopped.choices[0]?.message.content).toBe('Tomorrow starts with ');
  });

  test('refuses a call without its credential, of an unknown model, and too long a prompt', async () => {
    const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'guess', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
    const message = (content: string) => [{ role: 'user' as const, content }];
    await expect(
      client.chat.completions.create({ model: 'other', messages: message('hi') }),
    ).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    await expect(ask('zz '.repeat(5_000))).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
    });
    await expect(client.chat.completions.create({ model: DEMO_MODEL, messages: [] })).rejects.toMatchObject({
      status: 400,
    });
  });

  test('counts the calls it was asked for, not the refused ones', async () => {
    const before = await calls();
    await Promise.all([ask('coffee'), ask('joke'), ask('weather'), ask('bug'), ask('network')]);
    await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: '{}' });
    expect((await calls()) - before).toBe(5);
  });
});

test('the weights are a pure function of the corpus', () => {
  const corpus = '> a\nOne two.\n\n> b\nThree four.\n';
  expect(modelWeights(corpus).equals(modelWeights(corpus))).toBe(true);
  expect(modelWeights(corpus).equals(modelWeights(corpus.replace('four', 'five')))).toBe(false);
});
