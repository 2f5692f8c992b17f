import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { loadPolicy, PolicyCases, runCase } from '#rules';

const folder = 'test/policy-cases';
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const suites = files.map((name) => ({
  name,
  ...PolicyCases.parse(parse(readFileSync(join(folder, name), 'utf8'))),
}));
const identity = { issuers: [{ issuer: 'http://127.0.0.1:8085', audience: 'sallyport' }] };

function policyOf(policy: PolicyCases['policy']) {
  const text =
    typeof policy === 'string'
      ? readFileSync(join(folder, policy), 'utf8')
      : stringify({ version: 1, identity, ...policy });
  const loaded = loadPolicy(text);
  if (loaded.kind === 'issues') throw new Error(JSON.stringify(loaded.issues, undefined, 1));
  return loaded.policy;
}

test('there are at least 60 cases', () => {
  expect(suites.flatMap(({ cases }) => cases).length).toBeGreaterThanOrEqual(60);
});

describe.each(suites)('$name', ({ policy, cases }) => {
  const compiled = policyOf(policy);
  test.each(cases)('$name', (one) => {
    expect(runCase(compiled, one).differences).toEqual([]);
  });
});
