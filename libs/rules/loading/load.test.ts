import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { policyDocumentJsonSchema } from '#contracts';
import { formatIssue, loadPolicy, loadPolicyWith } from './load.ts';

const head = `version: 1
identity: { issuers: [{ issuer: "http://127.0.0.1:1", audience: x }] }
connections: { demo: { baseUrl: "http://127.0.0.1:2", models: [demo] } }
masking: { profiles: { light: {} } }
approvals: { groups: { leads: { claim: leads } } }
`;

function issuesOf(text: string): string[] {
  const loaded = loadPolicy(text);
  return loaded.kind === 'issues' ? loaded.issues.map(formatIssue) : [];
}

function issuesOfRules(rules: string): string[] {
  return issuesOf(`${head}rules:\n${rules}`);
}

describe('a fault names file, line, column, rule and what was expected', () => {
  test.each([
    [
      '  - { name: a, efect: allow, effect: deny }',
      /^sallyport.yaml:7:16: rule "a": unknown key "efect"; expected one of: .*effect/,
    ],
    ['  - { name: a, effect: permit }', /:7:24: rule "a": expected allow, deny or hold/],
    ['  - { name: a }', /:7:5: rule "a": expected allow, deny or hold/],
    ['  - { effect: allow }', /:7:5: missing; expected a string/],
    ['  - { name: A b, effect: allow }', /:7:13: rule "A b": expected a name of lower-case/],
    [
      '  - { name: a, effect: allow }\n  - { name: a, effect: deny }',
      /:8:13: rule "a": another rule is named "a"/,
    ],
    [
      '  - { name: a, effect: allow, match: { group: [x] } }',
      /:7:40: rule "a": unknown key "group"; expected one of: clients, connections, groups/,
    ],
    [
      '  - { name: a, effect: allow, match: { connections: [dmo] } }',
      /:7:54: rule "a": expected a connection: demo/,
    ],
    ['  - { name: a, effect: allow, match: { times: [{ zone: Mars/Base }] } }', /:7:56: .*IANA time zone/],
    ['  - { name: a, effect: hold }', /:7:24: rule "a": expected approval:/],
    ['  - { name: a, effect: allow, approval: { all: { leads: 1 } } }', /nothing waits for people here/],
    [
      '  - { name: a, effect: hold, approval: { all: { led: 1 } } }',
      /:7:54: rule "a": expected an approval group: leads/,
    ],
    [
      '  - { name: a, effect: hold, approval: { all: { leads: 1 }, any: { leads: 1 } } }',
      /either all: or any:/,
    ],
    ['  - { name: a, effect: hold, approval: { all: { leads: 1 }, expiresIn: 1w } }', /expected a duration/],
    ['  - { name: a, effect: deny, mask: { answer: light } }', /lets nothing through/],
    [
      '  - { name: a, effect: allow, mask: { answer: dark } }',
      /:7:47: rule "a": expected a masking profile: light/,
    ],
    [
      "  - { name: a, effect: allow, when: 'user.level > 3' }",
      /:7:37: rule "a": No such key: level \(at character 6/,
    ],
    ["  - { name: a, effect: allow, when: 'user.groups' }", /true or false, found list<string>/],
    ["  - { name: a, effect: allow, when: '1 + ' }", /rule "a": .*at character/],
    [
      "  - { name: a, effect: deny, prompt: { patterns: ['ok', '(?=x)'] } }",
      /:7:57: rule "a": expected an RE2 pattern/,
    ],
    [
      "  - { name: a, effect: deny, prompt: { patterns: ['((a{100}){100}){100}'] } }",
      /expected an RE2 pattern/,
    ],
    ['  - { name: a, effect: deny, prompt: { keywords: ["--"] } }', /expected a keyword with letters/],
    ['  - { name: a, effect: deny, prompt: {} }', /expected keywords, patterns or entities/],
    ['  - { name: a, effect: deny, prompt: { entities: [card] } }', /must be upper case|expected/],
    ['  - { name: a, effect: allow, limits: [{ requests: 60 }] }', /expected a string|expected a rate/],
    ['  - { name: a, effect: allow, limits: [{ requests: 60/fortnight }] }', /expected a rate/],
  ])('%s', (rules, expected) => {
    expect(issuesOfRules(rules).join('\n')).toMatch(expected);
  });

  test('of connections and identity, never quoting a secret', () => {
    const [secret, url] = issuesOf(
      head.replace(
        '{ baseUrl: "http://127.0.0.1:2", models',
        '{ credential: { kind: bearer, secret: hunter2 }, baseUrl: "ftp://x", models',
      ),
    );
    expect(secret).toMatch(/:3:60: expected a reference to a secret/);
    expect(secret).not.toContain('hunter2');
    expect(url).toMatch(/expected an http/);
    expect(issuesOf(head.replace('demo: {', 'De.mo: {'))[0]).toMatch(/:3:16: a connection name must match/);
  });

  test('of YAML itself', () => {
    expect(issuesOf('version: 1\nversion: 1')[0]).toMatch(/^sallyport.yaml:2:1: "version" is set twice/);
    expect(issuesOf('version: [1')[0]).toMatch(/^sallyport.yaml:1:/);
    expect(issuesOf('')[0]).toMatch(/^sallyport.yaml:1:1: /);
    expect(issuesOf('- a list')[0]).toMatch(/^sallyport.yaml:1:1: /);
  });
});

describe('a masking profile that can not be compiled is an issue at its place', () => {
  const withRule = (rule: string) => head.replace('light: {}', `light: {}, own: { rules: [${rule}] }`);

  test.each([
    [
      'an example that does not hold',
      'pattern: ACME, examples: { match: [x] }',
      /examples.match\[0\].*example_failed/,
    ],
    ['look-ahead', "pattern: 'a(?=b)', examples: { match: [ab] }", /linear time.*pattern_unsupported/],
  ])('%s', async (_what, rule, expected) => {
    const text = withRule(`{ id: t, entity: T, ${rule} }`);
    const [issue, ...more] = issuesOf(text);
    expect(issue).toMatch(expected);
    expect(issue).toMatch(/^sallyport.yaml:4:/);
    expect(more).toEqual([]);
    const prepared: string[] = [];
    const loaded = await loadPolicyWith(async (profile) => {
      prepared.push(...profile.rules.map(({ id }) => id));
      throw Object.assign(new Error('took too long'), { code: 'redaction.too_slow' });
    }, text);
    if (loaded.kind !== 'issues') throw new Error('not refused');
    expect(prepared).toEqual(['t']);
    expect(loaded.issues.map(formatIssue)).toEqual([
      expect.stringMatching(/^sallyport.yaml:4:.*took too long \(redaction.too_slow\)/),
    ]);
  });
});

test('a bomb of aliases, deep nesting and a huge file are refused, not unfolded', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`).join('\n')}`;
  expect(loadPolicy(bomb).kind).toBe('issues');
  expect(loadPolicy(`version: ${'['.repeat(5000)}`).kind).toBe('issues');
  expect(issuesOf('x'.repeat(5 * 1024 * 1024))[0]).toMatch(/at most 4 MiB/);
});

describe('several files', () => {
  const files = [
    { name: '20-rules.yaml', text: 'rules:\n  - { name: b, effect: allow }\n' },
    { name: '10-base.yaml', text: head },
    {
      name: '30-more.yaml',
      text: 'rules:\n  - { name: c, effect: allow }\nconnections: { two: { baseUrl: "http://127.0.0.1:3", models: [m] } }\n',
    },
  ];

  test('are merged in name order', () => {
    const loaded = loadPolicy(files);
    if (loaded.kind !== 'policy') throw new Error(JSON.stringify(loaded.issues));
    expect(loaded.document.rules.map(({ name }) => name)).toEqual(['b', 'c']);
    expect(Object.keys(loaded.document.connections)).toEqual(['demo', 'two']);
  });

  test('keep their own names and lines in faults', () => {
    const broken = [...files, { name: '40.yaml', text: '\nrules:\n  - { name: d, effect: maybe }\n' }];
    const loaded = loadPolicy(broken);
    expect(loaded.kind === 'issues' && loaded.issues.map(formatIssue)).toEqual([
      '40.yaml:3:24: rule "d": expected allow, deny or hold',
    ]);
  });

  test('must not set the same thing twice', () => {
    const loaded = loadPolicy([
      ...files,
      { name: '40.yaml', text: 'connections: { two: { baseUrl: "http://127.0.0.1:4" } }' },
    ]);
    expect(loaded.kind === 'issues' && loaded.issues.map(formatIssue)).toEqual([
      expect.stringMatching(/^40.yaml:1:23: .*set in two files/),
    ]);
  });
});

test('the seed fits the JSON Schema for editors, and a misspelt key does not', () => {
  const validate = new Ajv2020({ strict: false, formats: { email: true } }).compile(
    policyDocumentJsonSchema(),
  );
  const seed = parse(readFileSync('sallyport.yaml', 'utf8'));
  expect(validate(seed) || validate.errors).toBe(true);
  expect(validate({ ...seed, ruls: [] })).toBe(false);
});
