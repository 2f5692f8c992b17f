import { expect, test } from '@jest/globals';
import { loadPolicy } from './load.ts';

const head = `version: 1
identity: { issuers: [{ issuer: "http://127.0.0.1:1", audience: x, groups: { map: { guid-1: finance } } }] }
approvals: { groups: { leads: { claim: leads } } }
connections:
  one: { baseUrl: "http://127.0.0.1:2", models: [small, "llama-*"] }
  two: { baseUrl: "http://127.0.0.1:3", models: [small], aliases: { tiny: small } }
  off: { baseUrl: "http://127.0.0.1:4", models: [old], enabled: false }
rules:
`;

function warningsOf(rules: string): string[] {
  const loaded = loadPolicy(head + rules);
  if (loaded.kind === 'issues') throw new Error(JSON.stringify(loaded.issues));
  return loaded.warnings
    .filter(({ code }) => code !== 'model.listed_twice')
    .map(({ line, code, message }) => `${line} ${code} ${message}`);
}

test('groups that no rule lets through are named, where they stand', () => {
  expect(
    warningsOf(
      '  - { name: a, effect: allow, match: { groups: [staff] } }\n  - { name: b, effect: deny, match: { groups: [guests] } }',
    ),
  ).toEqual([
    '10 group.unreached no rule allows anything to the group "guests"',
    '2 group.unreached no rule allows anything to the group "finance"',
  ]);
  expect(
    warningsOf('  - { name: a, effect: allow }\n  - { name: b, effect: deny, match: { groups: [guests] } }'),
  ).toEqual([]);
});

test.each([
  ['{ name: a, effect: allow, match: { connections: ["off"] } }', 'its connections are disabled'],
  ['{ name: a, effect: allow, match: { models: [gpt] } }', 'list none of its models'],
  ['{ name: a, effect: allow, match: { times: [{ from: "08:00", to: "08:00" }] } }', 'its hours are empty'],
])('a rule that can never match is named: %s', (rule, expected) => {
  const warnings = warningsOf(`  - ${rule}\n  - { name: z, effect: allow }`);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(expected);
});

test.each(['small', 'tiny', 'llama-3', 'llama-*', '*'])('a rule about the model %s can match', (model) => {
  expect(
    warningsOf(
      `  - { name: a, effect: allow, match: { models: ["${model}"] } }\n  - { name: z, effect: allow }`,
    ),
  ).toEqual([]);
});

test('an allow rule under a blanket deny is named, one beside it is not', () => {
  const rules = (group: string) =>
    `  - { name: z, effect: allow }\n  - { name: a, effect: allow, match: { groups: [${group}], models: [small] } }\n  - { name: b, effect: deny, match: { groups: ["ext-*"] } }`;
  expect(warningsOf(rules('ext-1'))).toEqual([
    '10 rule.shadowed_allow the rule "a" never decides: "b" denies everything it is about',
  ]);
  expect(warningsOf(rules('int-1'))).toEqual([]);
});

test('a model that two connections list is named', () => {
  const loaded = loadPolicy(`${head}  - { name: a, effect: allow }`);
  if (loaded.kind === 'issues') throw new Error(JSON.stringify(loaded.issues));
  expect(loaded.warnings.map(({ message }) => message)).toEqual([
    '"small" is listed by "one" as well; requests that name no connection go there',
  ]);
});

test('an approval that nobody may give is named, that of changes too', () => {
  const rule =
    '  - { name: a, effect: allow }\n  - { name: b, effect: hold, approval: { all: { leads: 1 } } }\n';
  const nobody = (role: string): string[] => {
    const loaded = loadPolicy(
      `${head.replace('leads: { claim: leads } }', 'leads: { claim: leads } }, changes: { any: { leads: 1 } }')}${rule}${role}`,
    );
    if (loaded.kind === 'issues') throw new Error(JSON.stringify(loaded.issues));
    return loaded.warnings.flatMap(({ code, line }) => (code === 'approval.nobody' ? [`line ${line}`] : []));
  };
  expect(nobody('roles: { approver: [staff] }\n')).toEqual(['line 10', 'line 3']);
  expect(nobody('roles: { approver: [leads] }\n')).toEqual([]);
});
