import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MaskingProfile, type MaskingProfileInput } from '#contracts';
import { MissingDependencyError } from '#messaging';
import { findRoute } from '#protocols';
import { prepareRequest } from '../../../services/masking/asking/prepare.ts';
import { analyzeAll } from '../../../services/masking/consulting/analyzer.ts';
import { Consulting } from '../../../services/masking/consulting/consulting.ts';
import { MaskBlockedError, MaskingPass, Tally } from '../../../services/masking/masking-pass.ts';
import type { Release } from '../../../services/masking/running/release.ts';

interface Question {
  text: string;
  language: string;
  entities?: string[];
}

/** Answers as Presidio's analyzer does: offsets in code points. What it knows is a list of names. */
const names = ['Ada Lovelace', 'Grace Hopper', 'Zoë 🦊 Fox'];
const questions: Question[] = [];
let behave: 'well' | 'badly' | 'outside' | 'never' = 'well';

const server: Server = createServer(
  (request, response) =>
    void answer(request).then((text) => {
      if (text === undefined) return;
      response.writeHead(behave === 'badly' ? 500 : 200, { 'content-type': 'application/json' }).end(text);
    }),
);

async function answer(request: IncomingMessage): Promise<string | undefined> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const question = JSON.parse(body) as Question;
  questions.push(question);
  if (behave === 'never') return undefined;
  if (behave === 'badly') return JSON.stringify({ error: 'No matching recognizers were found' });
  const points = (text: string) => [...text].length;
  const found = names.flatMap((name) => {
    const at = question.text.indexOf(name);
    if (at < 0) return [];
    const start = points(question.text.slice(0, at));
    const end = behave === 'outside' ? 1_000_000 : start + points(name);
    return [{ start, end, entity_type: 'PERSON', score: 0.85, analysis_explanation: null }];
  });
  return JSON.stringify(found);
}

await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/analyze`;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  behave = 'well';
  questions.length = 0;
});

const near = { url, privateNetworks: ['127.0.0.0/8'] };
const profileOf = (external: MaskingProfileInput['external'], more: MaskingProfileInput = {}) =>
  MaskingProfile.parse({ ...more, external });
const found = findRoute('POST', '/v1/chat/completions')!;
const release = {
  ...found,
  head: { terms: { digest: 'd', obligations: {}, upstreamModel: null }, model: 'm', destination: 'i' },
} as unknown as Release;
const chat = (content: unknown, more: object = {}) =>
  Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...more }));

/** The body that the model would get. */
async function sent(consulting: Consulting, profile: MaskingProfile, body: Buffer): Promise<string> {
  const given = await consulting.find(profile, release, body);
  const tally = new Tally();
  const pass = new MaskingPass(profile, new Uint8Array(32), 's', 'request', tally, {
    ...(given && { given }),
  });
  return prepareRequest(release, body, pass).body.toString('utf8');
}

describe('a detector elsewhere', () => {
  test('is asked about every text of a prompt, and what it finds is masked beside what rules find', async () => {
    const call = { function: { name: 'f', arguments: JSON.stringify({ who: 'Grace Hopper', n: 12 }) } };
    const body = Buffer.from(
      JSON.stringify({
        model: 'm',
        messages: [
          { role: 'system', content: 'You help Ada Lovelace.' },
          { role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function', ...call }] },
          { role: 'user', content: [{ type: 'text', text: 'Zoë 🦊 Fox is ann@example.com 🦊, not Ada' }] },
        ],
      }),
    );
    const profile = profileOf({ ...near, languages: ['en', 'de'], entities: ['PERSON'] });
    const text = await sent(new Consulting(), profile, body);
    const { messages } = JSON.parse(text);
    expect(messages[0].content).toMatch(/^You help \[PERSON_\w+\]\.$/);
    expect(JSON.parse(messages[1].tool_calls[0].function.arguments)).toEqual({
      who: expect.stringMatching(/^\[PERSON_\w+\]$/),
      n: 12,
    });
    expect(messages[2].content[0].text).toMatch(/^\[PERSON_\w+\] is \[EMAIL_ADDRESS_\w+\] 🦊, not Ada$/);
    expect(new Set(questions.map(({ language }) => language))).toEqual(new Set(['en', 'de']));
    expect(questions[0]?.entities).toEqual(['PERSON']);
  });

  test('is bound by the profile: its entities, thresholds and exceptions', async () => {
    const body = chat('Ada Lovelace met Grace Hopper');
    const more: MaskingProfileInput = {
      entities: { PERSON: { operator: { kind: 'redact' } } },
      allow: { exact: ['Grace Hopper'] },
    };
    expect(await sent(new Consulting(), profileOf(near, more), body)).toContain(
      '"content":" met Grace Hopper"',
    );
    const strict = { entities: { PERSON: { threshold: 0.9 } } };
    expect(await sent(new Consulting(), profileOf(near, strict), body)).toContain('Ada Lovelace met');
    const blocking: MaskingProfileInput = { entities: { PERSON: { operator: { kind: 'block' } } } };
    await expect(sent(new Consulting(), profileOf(near, blocking), body)).rejects.toThrow(MaskBlockedError);
  });

  test('masks a prompt again as it stands: placeholders are left alone', async () => {
    const consulting = new Consulting();
    const profile = profileOf(near);
    const once = await sent(consulting, profile, chat('Ada Lovelace here'));
    expect(await sent(consulting, profile, Buffer.from(once))).toBe(once);
  });

  test('is asked once about a text that comes again', async () => {
    const consulting = new Consulting();
    await sent(consulting, profileOf(near), chat('Ada Lovelace, first turn'));
    await sent(consulting, profileOf(near), chat('Ada Lovelace, first turn'));
    expect(questions).toHaveLength(1);
  });
});

describe('a detector that can not be asked fails closed', () => {
  const body = chat('hello Ada Lovelace');
  test.each(['badly', 'outside', 'never'] as const)('where it answers %s', async (how) => {
    behave = how;
    const limits = { ...near, timeoutMs: how === 'never' ? 200 : 20_000 };
    const blocks = sent(new Consulting(), profileOf(limits), body);
    await expect(blocks).rejects.toMatchObject({ name: 'DetectorError' });
    const holds = sent(new Consulting(), profileOf({ ...limits, onFailure: 'hold' }), body);
    await expect(holds).rejects.toThrow(MissingDependencyError);
  });

  test('where nothing listens, and says nothing of the prompt', async () => {
    const away = profileOf({ ...near, url: 'http://127.0.0.1:1/analyze' });
    const error = await sent(new Consulting(), away, body).catch((e: Error) => e);
    expect(error).toMatchObject({ name: 'DetectorError' });
    expect(String(error)).not.toContain('Ada');
  });

  test('where its address is not public and not listed, also by its name', async () => {
    await expect(sent(new Consulting(), profileOf({ url }), body)).rejects.toThrow('not_public');
    const named = MaskingProfile.parse({ external: { url: 'http://detector.example/analyze' } })
      .external![0]!;
    const resolve = async () => ['93.184.216.34', '169.254.169.254'];
    const asked = analyzeAll(named, ['hello'], AbortSignal.timeout(20_000), resolve);
    await expect(asked).rejects.toThrow('not_public');
    expect(questions).toHaveLength(0);
  });

  test('but a profile in shadow goes on without it', async () => {
    behave = 'badly';
    expect(await sent(new Consulting(), profileOf(near, { mode: 'shadow' }), body)).toContain('Ada Lovelace');
  });

  test('where the prompt is too large to ask about', async () => {
    const words = Array.from({ length: 5_001 }, (_, k) => ({ type: 'text', text: `part ${k}` }));
    await expect(sent(new Consulting(), profileOf(near), chat(words))).rejects.toThrow('too large');
  });
});
