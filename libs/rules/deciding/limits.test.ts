import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { loadPolicy } from '../loading/load.ts';
import { compileLimits, type LimitSubject, limitsFor } from './limits.ts';

function load(rules: object[]) {
  return loadPolicy(
    stringify({
      version: 1,
      identity: { issuers: [{ issuer: 'https://idp', audience: 'sallyport' }] },
      connections: { demo: { baseUrl: 'http://127.0.0.1:1', models: ['demo'] } },
      rules,
    }),
  );
}

function limitsOf(rules: object[]) {
  const loaded = load(rules);
  if (loaded.kind !== 'policy') throw new Error(JSON.stringify(loaded.issues));
  return compileLimits(loaded.document);
}

const carol: LimitSubject = {
  principal: { kind: 'person', issuer: 'https://idp', subject: 'carol', groups: ['red', 'blue'] },
  model: 'demo',
  operation: 'chat.completions',
  now: 0,
  connection: 'demo',
  upstreamModel: 'demo',
  subjectKey: 'key-carol',
};
const countersOf = (rules: object[], subject = carol) => {
  const limits = limitsOf(rules);
  return limits ? limitsFor(limits, subject).map(({ counter }) => JSON.parse(counter) as unknown[]) : [];
};
const rule = (limits: object[], more: object = {}) => ({ name: 'a', effect: 'allow', limits, ...more });

describe('limits', () => {
  test('that no rule has cost nothing', () => {
    expect(limitsOf([{ name: 'a', effect: 'allow' }])).toBeUndefined();
    expect(limitsOf([rule([{ requests: '1/s' }], { mode: 'shadow' })])).toBeUndefined();
  });

  test.each([
    ['principal', ['key-carol']],
    ['group', ['red', 'blue']],
    ['connection', ['demo']],
    ['rule', ['']],
  ])('per %s are counted by it', (per, whose) => {
    const counters = countersOf([rule([{ requests: '60/min', per }])]);
    expect(counters).toEqual(whose.map((one) => ['a', 'requests', 60, 60_000, per, one]));
  });

  test('per group count the groups that the rule is about', () => {
    const match = { groups: ['re*'] };
    expect(countersOf([rule([{ requests: '60/min', per: 'group' }], { match })])).toHaveLength(1);
  });

  test.each([
    [{ groups: ['green'] }, 0],
    [{ users: ['carol'] }, 1],
    [{ models: ['other'] }, 0],
    [{ connections: ['demo'], operations: ['chat.*'] }, 1],
  ])('of a rule about %j apply to %d of its requests', (match, count) => {
    expect(countersOf([rule([{ tokens: '1000/day' }], { match })])).toHaveLength(count);
  });

  test('of all matching rules apply', () => {
    const rules = [rule([{ requests: '1/s' }]), { ...rule([{ requests: '9/min' }]), name: 'b' }];
    expect(countersOf(rules)).toHaveLength(2);
  });

  test('say whether the body has to be looked into', () => {
    expect(limitsOf([rule([{ requests: '1/s' }])])).toMatchObject({ needsModel: false, countsTokens: false });
    expect(limitsOf([rule([{ tokens: '1/s', per: 'connection' }])])).toMatchObject({
      needsModel: true,
      countsTokens: true,
    });
  });

  test.each([
    { prompt: { keywords: ['x1'] } },
    { when: 'user.subject == "x"' },
    { unless: 'user.subject == "x"' },
  ])(
    'on a rule with %j are refused when the policy is checked: they would be counted too late',
    (condition) => {
      const loaded = load([rule([{ requests: '1/s' }], condition)]);
      expect(loaded).toMatchObject({ kind: 'issues', issues: [{ rule: 'a', path: '/rules/0/limits' }] });
    },
  );
});
