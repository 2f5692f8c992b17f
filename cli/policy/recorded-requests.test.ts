import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import type { RecordedRequest, SessionDetail } from '#contracts';
import { readRecordedBody } from '#protocols';
import { evaluate, loadPolicy, recordedInput, runCase } from '#rules';
import { maskedCase } from './recorded-requests.ts';
import { simulate, simulationText } from './simulate.ts';

const seed = await readFile('sallyport.yaml', 'utf8');
function policyOf(text: string) {
  const loaded = loadPolicy(text);
  if (loaded.kind !== 'policy') throw new Error(JSON.stringify(loaded.issues));
  return loaded.policy;
}
const policy = policyOf(seed);
const withCards = policyOf(
  seed.replace(
    'rules:\n',
    'rules:\n  - { name: no-cards, match: { groups: [contractors] }, prompt: { entities: [CREDIT_CARD] }, effect: deny }\n',
  ),
);

const groups = ['contractors', 'platform', 'security', 'strangers'];

/** What audit gives of a request, as the seed decided about it. */
function request(
  number: number,
  text: string,
  { group = 'contractors', ...rest }: Partial<RecordedRequest> & { group?: string } = {},
): RecordedRequest {
  const bare: RecordedRequest = {
    id: `req-${number.toString(16).padStart(32, '0')}`,
    requester: { issuer: 'https://idp', subject: `u-${number % 7}`, kind: 'person', groups: [group] },
    ...{ client: null, operation: 'chat.completions', protocol: 'openai-chat', namedConnection: null },
    ...{ conversation: `c-${number % 50}`, receivedAt: 1_790_000_000_000 + number * 1000, decisionMs: null },
    content: {
      state: 'shown',
      text: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: text }] }),
    },
    ...{ held: false, outcome: 'answered', code: null },
  };
  const { effect } = evaluate(policy, inputOf(bare));
  const outcome = { allow: {}, hold: { held: true }, deny: { outcome: 'denied', code: 'policy.denied' } };
  return { ...bare, ...(outcome[effect] as object), ...rest };
}

function inputOf(one: RecordedRequest) {
  const input = recordedInput(one, readRecordedBody);
  if (typeof input === 'string') throw new Error(input);
  return input;
}

/** The same as audit shows it when one asks for it. */
function session(...[number, text, more]: Parameters<typeof request>): SessionDetail {
  const { content, ...summary } = request(number, text, more);
  const version = { version: 1, gate: 'prompt', by: null, at: 0, digest: '', bytes: 1, content };
  return { ...summary, versions: [version], decisions: [], votes: [] } as unknown as SessionDetail;
}

test('what a caller wrote into the address counts as their words', () => {
  const plain = request(1, 'write a haiku');
  const asked = { ...plain, address: 'q=my+password' };
  expect(evaluate(policy, inputOf(plain)).effect).toBe('allow');
  expect(evaluate(policy, inputOf(asked)).effect).toBe('hold');
  const { address } = asked;
  const one = maskedCase({ ...session(1, 'write a haiku'), address }, policy, 'a case');
  expect(one.want.effect).toBe('hold');
  expect(runCase(policy, one).differences).toEqual([]);
});

const sentences = [
  'please write a haiku about rain',
  'my password is lost',
  'pay with 4111 1111 1111 1111 today',
  'the customer data of spring, and 5500 0000 0000 0004',
  'nothing to see here '.repeat(30),
];
const many = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    request(i, `${sentences[i % sentences.length]} ${i}`, { group: groups[i % groups.length] as string }),
  );

describe('a simulation', () => {
  test('of the same policy changes nothing', async () => {
    const result = await simulate(policy, many(200));
    expect(result).toMatchObject({ requests: 200, skipped: {} });
    expect(Object.values(result.newly).map(({ count }) => count)).toEqual([0, 0, 0]);
  });

  test('finds what a plain loop over 1,000 requests finds', async () => {
    const sessions = many(1000);
    for (const draft of [withCards, policyOf(seed.replace('keywords: [password,', 'keywords: [haiku,'))]) {
      const counts = { allow: 0, hold: 0, deny: 0 };
      for (const one of sessions) {
        const before = one.held ? 'hold' : one.outcome === 'denied' ? 'deny' : 'allow';
        const { effect } = evaluate(draft, inputOf(one));
        if (effect !== before) counts[effect]++;
      }
      const { newly } = await simulate(draft, sessions);
      expect({ allow: newly.allow.count, hold: newly.hold.count, deny: newly.deny.count }).toEqual(counts);
      expect(counts.allow + counts.hold + counts.deny).toBeGreaterThan(0);
    }
  });

  test('lists examples with the rules that decide, and what newly held ones cost', async () => {
    const draft = policyOf(seed.replace('keywords: [password,', 'keywords: [haiku, password,'));
    const decided = request(900, 'my password', { decisionMs: 600_000 });
    const asked = [1, 2, 3].map((n) => request(n, 'a haiku please', { conversation: n < 3 ? 'c-1' : 'c-2' }));
    const result = await simulate(draft, [decided, ...asked]);
    expect(result.newly.hold.count).toBe(3);
    expect(result.newly.hold.examples[0]).toMatchObject({
      before: 'allow',
      rules: ['contractors-sensitive-words', 'demo-for-the-company'],
    });
    expect(result).toMatchObject({ decisions: 2, medianDecisionMs: 600_000 });
    expect(simulationText(result)).toContain('2 decisions, 10 min each as recorded: 0.3 approver hours');
  });

  test('says what it could not judge, and why', async () => {
    const erased = request(1, 'x', { requester: null });
    const expired = request(2, 'x', { content: { state: 'expired' } });
    const frozen = request(3, 'x', { outcome: 'denied', code: 'policy.frozen' });
    const { skipped } = await simulate(policy, [erased, expired, frozen]);
    expect(skipped).toEqual({
      'its sender was erased': 1,
      'its content is expired': 1,
      'no rule decided about it': 1,
    });
  });
});

describe('a recorded case', () => {
  test('holds no personal value and no name, and says what the rules said', () => {
    const text = 'my password for jane.doe@example.com, card 4111 1111 1111 1111';
    const one = maskedCase(session(1, text), policy, 'a password');
    const written = JSON.stringify(one);
    expect(written).not.toMatch(/jane|4111 1111|u-1/);
    expect(one.want).toMatchObject({ effect: 'hold' });
    expect(runCase(policy, one).differences).toEqual([]);
  });

  test('that would show something else once it is masked is refused', () => {
    const asked = session(1, 'pay with 4111 1111 1111 1111');
    expect(() => maskedCase(asked, withCards, 'a card')).toThrow('decided otherwise');
  });

  test('of an allowed request holds too', () => {
    const one = maskedCase(session(2, 'write to bob@example.com', { group: 'platform' }), policy, 'mail');
    expect(one.given.user.groups).toEqual(['platform']);
    expect(runCase(policy, one).differences).toEqual([]);
  });
});
