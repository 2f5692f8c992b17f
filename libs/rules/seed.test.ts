import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { evaluate } from './deciding/evaluate.ts';
import { loadPolicy } from './loading/load.ts';

const loaded = loadPolicy(readFileSync('sallyport.yaml', 'utf8'));
if (loaded.kind !== 'policy') throw new Error(JSON.stringify(loaded.issues));
const { policy, warnings } = loaded;

function ask(group: string, text: string, model = 'demo') {
  return evaluate(policy, {
    principal: { kind: 'person', issuer: 'http://127.0.0.1:8085', subject: 'x', groups: [group] },
    model,
    operation: 'chat.completions',
    texts: [{ pointer: '/messages/0/content', text, turn: 1 }],
    unreadable: [],
    remoteUrls: [],
    now: 0,
  });
}

test('the seed has no warnings', () => {
  expect(warnings.map(({ message }) => message)).toEqual([]);
});

test('a contractor asking something harmless is answered, masked', () => {
  const decision = ask('contractors', 'Write a haiku about compass words');
  expect(decision.effect).toBe('allow');
  expect(decision.obligations.maskAnswer?.name).toBe('standard');
});

test.each(['my password', 'an API key', 'all customer data'])(
  'a contractor asking about %s is held for security',
  (text) => {
    const decision = ask('contractors', text);
    expect(decision.effect).toBe('hold');
    expect(decision.requirement).toMatchObject({ mode: 'all', groups: [{ group: 'security', quorum: 1 }] });
    expect(decision.rules[0]?.matches[0]).toMatchObject({ pointer: '/messages/0/content' });
  },
);

test('the platform team may ask the same', () => {
  expect(ask('platform', 'my password').effect).toBe('allow');
});

test('an unlisted model is denied, and so is a group that no rule names', () => {
  expect(ask('contractors', 'hello', 'gpt-5')).toMatchObject({
    effect: 'deny',
    code: 'policy.model_not_listed',
  });
  expect(ask('visitors', 'hello')).toMatchObject({ effect: 'deny', code: 'policy.denied' });
});

test('a decision is plain JSON', () => {
  const decision = ask('contractors', 'p4ssw0rd');
  expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
});
