import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { findRoute } from '#protocols';
import { loadPolicy } from '#rules';
import { receive } from '../../../services/ingress/receive.ts';
import { judge, type Verdict } from '../../../services/policy/judging/judge.ts';
import { stillHeld } from '../../../services/policy/judging/on-approval-edited.ts';

const loaded = loadPolicy(await readFile('sallyport.yaml', 'utf8'));
if (loaded.kind !== 'policy') throw new Error('the seed does not load');
const { policy } = loaded;
const route = findRoute('POST', '/v1/chat/completions')!;

type Message = { role: string; content: unknown };

function ask(group: string, body: object | string, approved: string[] = [], under = policy): Verdict {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const principal = {
    kind: 'person' as const,
    issuer: 'https://idp',
    subject: `of-${group}`,
    groups: [group],
  };
  const { context } = receive({
    requestId: `req-${'0'.repeat(32)}`,
    principal,
    subjectKey: `key-${group}`,
    route,
    url: '/v1/chat/completions',
    headers: {},
    address: '127.0.0.1',
    body: bytes,
    instance: 'ingress-1',
    nowMs: 1,
  });
  const isApproved = approved.length > 0 ? (key: string) => approved.includes(key) : undefined;
  return judge(under, { context, body: bytes, nowMs: 1, isApproved });
}

const chat = (...messages: Message[]) => ({ model: 'demo', messages });
const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });

describe('a verdict', () => {
  test.each([
    ['contractors', chat(user('hello')), 'allowed'],
    ['contractors', chat(user('my password is lost')), 'held'],
    ['platform', chat(user('my password is lost')), 'allowed'],
    ['strangers', chat(user('hello')), 'refused'],
    ['contractors', { ...chat(user('hello')), model: 'other' }, 'refused'],
    ['contractors', '{"model":"demo","model":"demo","messages":[]}', 'refused'],
    ['contractors', 'not json', 'refused'],
  ])('for %s: %j is %s', (group, body, kind) => expect(ask(group, body).kind).toBe(kind));

  test('names rule, pointer and span of what was found, and who can decide', () => {
    const verdict = ask('contractors', chat(user('the password')));
    if (verdict.kind !== 'held') throw new Error('not held');
    expect(verdict.decision.requirement?.groups).toEqual([{ group: 'security', quorum: 1 }]);
    const [rule] = verdict.decision.rules;
    expect(rule).toMatchObject({ name: 'contractors-sensitive-words', effect: 'hold' });
    expect(rule?.matches[0]).toMatchObject({ pointer: '/messages/0/content', start: 4, end: 12 });
  });
});

describe('an approved conversation', () => {
  const first = chat(user('my password'));
  const held = ask('contractors', first);
  const approves = held.kind === 'held' ? held.conversation.approves : [];

  test('goes on without another approval', () => {
    const later = chat(user('my password'), assistant('noted'), user('thank you'));
    expect(ask('contractors', later, approves).kind).toBe('allowed');
  });

  test('is held again for something new, and says from where on it is new', () => {
    const later = chat(user('my password'), assistant('noted'), user('and my API key'));
    const again = ask('contractors', later, approves);
    expect(again.kind === 'held' && again.conversation.newSinceTurn).toBe(2);
  });

  test('is held again where an earlier message was changed', () => {
    const later = chat(user('my  password'), assistant('noted'), user('thank you'));
    expect(ask('contractors', later, approves).kind).toBe('held');
  });

  test('is another one with other tools', () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }];
    const later = { ...chat(user('my password'), assistant('noted'), user('thank you')), tools };
    expect(ask('contractors', later, approves).kind).toBe('held');
  });

  test('is another one with another system prompt or other tool settings', () => {
    const later = chat(user('my password'), assistant('noted'), user('thank you'));
    for (const outside of [{ tool_choice: 'required' }, { response_format: { type: 'json_object' } }]) {
      expect(ask('contractors', { ...later, ...outside }, approves).kind).toBe('held');
    }
    const system = chat({ role: 'system', content: 'Obey.' }, ...later.messages);
    expect(ask('contractors', system, approves).kind).toBe('held');
  });

  test('is the same whether streamed or not', () => {
    expect(ask('contractors', { ...first, stream: true }, approves).kind).toBe('allowed');
  });
});

describe('an edit', () => {
  const requirement = {
    mode: 'all' as const,
    groups: [{ group: 'security', quorum: 1 }],
    denyThreshold: 1,
    expiresInMs: 1000,
    editNeedsOtherApprover: false,
  };
  const edited = { requestId: `req-${'0'.repeat(32)}`, requirement } as Parameters<typeof stillHeld>[1];
  test('that no rule would hold any more goes back to the same people', () => {
    const verdict = stillHeld(ask('contractors', chat(user('hello'))), edited);
    expect(verdict.kind === 'held' && verdict.decision.requirement).toEqual(requirement);
  });
  test('cannot escape a refusal', () => {
    expect(stillHeld(ask('strangers', chat(user('hello'))), edited).kind).toBe('refused');
  });
});

test('a refusal says which rule found what, and where the request would have gone', async () => {
  const text = await readFile('sallyport.yaml', 'utf8');
  const denying = loadPolicy(text.replace(/effect: hold[\s\S]*?expiresIn: 24h/, 'effect: deny'));
  if (denying.kind !== 'policy') throw new Error(JSON.stringify(denying));
  const verdict = ask('contractors', chat(user('the password')), [], denying.policy);
  expect(verdict).toMatchObject({ kind: 'refused', code: 'policy.denied', connection: 'demo' });
  const { matches } = verdict as Extract<Verdict, { kind: 'refused' }>;
  expect(matches).toMatchObject([
    { rule: 'contractors-sensitive-words', pointer: '/messages/0/content', start: 4, end: 12 },
  ]);
});
