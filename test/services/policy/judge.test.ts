import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { findRoute } from '#protocols';
import { loadPolicy } from '#rules';
import { receive } from '../../../services/ingress/receive.ts';
import { judge, type Question } from '../../../services/policy/judging/judge.ts';
import { LargeBodies } from '../../../services/policy/judging/large-bodies.ts';

function policyOf(source: string) {
  const loaded = loadPolicy(source);
  if (loaded.kind !== 'policy') throw new Error(JSON.stringify(loaded.issues));
  return loaded.policy;
}

const seed = policyOf(await readFile('sallyport.yaml', 'utf8'));
const responsesToo = policyOf(
  (await readFile('sallyport.yaml', 'utf8')).replace(
    '    models: [demo]',
    '    protocols: [openai-chat, openai-responses]\n    models: [demo]',
  ),
);

function question(body: object, path = '/v1/chat/completions', group = 'contractors'): Question {
  const bytes = Buffer.from(JSON.stringify(body));
  const { context } = receive({
    requestId: `req-${'0'.repeat(32)}`,
    principal: { kind: 'person', issuer: 'https://idp', subject: 'carol', groups: [group] },
    subjectKey: 'key-carol',
    route: findRoute('POST', path.split('?')[0]!)!,
    url: path,
    headers: {},
    address: '127.0.0.1',
    body: bytes,
    instance: 'ingress-1',
    nowMs: 1,
  });
  return { context, body: bytes, nowMs: 1, isApproved: undefined };
}

const chat = (content: string) => ({ model: 'demo', messages: [{ role: 'user', content }] });

describe('a connection', () => {
  test('answers only the protocols that it lists', () => {
    const asked = question({ model: 'demo', input: 'hello' }, '/v1/responses');
    expect(judge(seed, asked)).toMatchObject({ kind: 'refused', code: 'policy.model_not_listed' });
    expect(judge(responsesToo, asked).kind).toBe('allowed');
  });
});

describe('an earlier answer that only the model’s server knows', () => {
  test.each([{ previous_response_id: 'resp_1' }, { conversation: 'conv_1' }, { conversation: { id: 'c' } }])(
    '%j can’t be read, so it counts as matching',
    (earlier) => {
      const verdict = judge(
        responsesToo,
        question({ model: 'demo', input: 'go on', ...earlier }, '/v1/responses'),
      );
      if (verdict.kind !== 'held') throw new Error(verdict.kind);
      const [match] = verdict.decision.rules[0]!.matches;
      expect(match).toMatchObject({
        condition: 'unreadable earlier_answer',
        pointer: `/${Object.keys(earlier)[0]}`,
      });
    },
  );
});

describe('claims', () => {
  const document = (when: string) =>
    stringify({
      version: 1,
      identity: { issuers: [{ issuer: 'https://idp', audience: 'sallyport' }] },
      connections: { demo: { baseUrl: 'http://127.0.0.1:1', models: ['demo'] } },
      rules: [{ name: 'of-department', when, effect: 'allow' }],
    });
  const asWith = (claims: Record<string, unknown>) => {
    const asked = question(chat('hello'));
    return { ...asked, context: { ...asked.context, claims } };
  };

  test('are what expressions see', () => {
    const policy = policyOf(document('user.claims.department == "research"'));
    expect(judge(policy, asWith({ department: 'research' })).kind).toBe('allowed');
    expect(judge(policy, asWith({ department: 'sales' })).kind).toBe('refused');
  });

  test('that a token lacks allow nothing', () => {
    const policy = policyOf(document('user.claims.department == "research"'));
    expect(judge(policy, question(chat('hello'))).kind).toBe('refused');
  });
});

describe('the address of a request', () => {
  const hello = chat('hello');

  test('is searched: its query, and the path too where the server has a protocol of its own', () => {
    for (const path of ['/v1/chat/completions?note=the+password', '/v1/chat/completions?api%5Fkey']) {
      const verdict = judge(seed, question(hello, path));
      if (verdict.kind !== 'held') throw new Error(`${path}: ${verdict.kind}`);
      expect(verdict.decision.rules[0]!.matches[0]).toMatchObject({ pointer: '/:url' });
    }
    expect(judge(seed, question(hello, '/v1/chat/completions?api-version=2024-10-21')).kind).toBe('allowed');
    const any = policyOf(
      readFileSync('sallyport.yaml', 'utf8').replace('    models: [demo]', '    protocols: [http]'),
    );
    expect(judge(any, question({ inputs: 'x' }, '/c/demo/say/password')).kind).toBe('held');
    expect(judge(any, question({ inputs: 'x' }, '/c/demo/say/hello')).kind).toBe('allowed');
  });

  test('is part of what people approved: the same turns with another query are another conversation', () => {
    const held = judge(seed, question(chat('my password')));
    if (held.kind !== 'held') throw new Error(held.kind);
    const isApproved = (key: string) => held.conversation.approves.includes(key);
    expect(judge(seed, { ...question(chat('my password')), isApproved }).kind).toBe('allowed');
    const other = question(chat('my password'), '/v1/chat/completions?note=password');
    expect(judge(seed, { ...other, isApproved }).kind).toBe('held');
  });
});

describe('a large body', () => {
  const execArgv = ['--import', pathToFileURL('libs/testing/source-loader.mjs').href];
  const thread = new LargeBodies({ execArgv });
  afterAll(() => thread.close());
  const revision = { revision: 'r1', document: seed.document };
  const ask = (asked: Question, approved: string[] = []) =>
    thread.judge(revision, async () => {
      const { isApproved: _, ...rest } = asked;
      return { question: rest, approved };
    });
  const long = 'the quick brown fox '.repeat(150_000);

  test('is judged as it would be at once', async () => {
    for (const text of [`${long} password`, long]) {
      const asked = question(chat(text));
      expect(await ask(asked)).toEqual(judge(seed, asked));
    }
  });

  test('of an approved conversation goes on', async () => {
    const held = await ask(question(chat(`${long} password`)));
    if (held.kind !== 'held') throw new Error(held.kind);
    const later = question(chat(`${long} password`));
    expect((await ask(later, held.conversation.approves)).kind).toBe('allowed');
  });

  test('never holds up what else this process does', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    let done = false;
    const judged = ask(question(chat(`${long.repeat(4)} password`))).finally(() => {
      done = true;
    });
    while (!done) await new Promise((resolve) => setImmediate(resolve));
    clearInterval(timer);
    expect((await judged).kind).toBe('held');
    expect(ticks).toBeGreaterThan(3);
  });

  test('is judged by the revision in force when it is its turn', async () => {
    const denied = { ...seed.document, rules: [] };
    const { isApproved: _, ...rest } = question(chat('hello'));
    const verdict = await thread.judge({ revision: 'r2', document: denied }, async () => ({
      question: rest,
      approved: [],
    }));
    expect(verdict).toMatchObject({ kind: 'refused', code: 'policy.denied' });
  });

  test('that takes too long fails alone: the next one is judged in a new thread', async () => {
    const impatient = new LargeBodies({ execArgv, timeoutMs: 1 });
    const { isApproved: _, ...rest } = question(chat(long));
    const read = async () => ({ question: rest, approved: [] });
    await expect(impatient.judge(revision, read)).rejects.toThrow('too long');
    await impatient.close();
    expect((await ask(question(chat('hello')))).kind).toBe('allowed');
  });

  test('whose reading fails does not stop the ones behind it', async () => {
    const failed = thread.judge(revision, () => Promise.reject(new Error('the body store is away')));
    const next = ask(question(chat('hello')));
    await expect(failed).rejects.toThrow('the body store is away');
    expect((await next).kind).toBe('allowed');
  });
});
