import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findLicences, isAllowed } from './licences.ts';
import { findMachineTraces } from './machine-traces.ts';
import { unknownMetrics } from './monitoring.ts';
import { findImpurities } from './purity.ts';
import { findSecrets } from './secrets.ts';
import { settingsOf } from './settings.ts';
import type { Finding, Source } from './sources.ts';
import { findSubjects } from './subjects.ts';
import { findThreatModelProblems } from './threat-model.ts';

const one = (check: (sources: Source[]) => Finding[], text: string, path = 'services/x/main.ts') =>
  check([{ path, text }]);
const letters = (count: number) => 'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5k'.repeat(4).slice(0, count);

describe('the secret scan', () => {
  // Put together here, so that this file holds no secret itself.
  const secrets: [string, string][] = [
    ['AWS', `AKIA${letters(16).toUpperCase()}`],
    ['GitHub', `ghp_${letters(36)}`],
    ['GitLab', `glpat-${letters(20)}`],
    ['Slack', `xoxb-${letters(24)}`],
    ['OpenAI', `sk-proj-${letters(40)}`],
    ['Google', `AIza${letters(35)}`],
    ['Hugging Face', `hf_${letters(34)}`],
    ['npm', `npm_${letters(36)}`],
    ['JWT', `eyJ${letters(20)}.eyJ${letters(30)}.${letters(40)}`],
    ['private key', `-----BEGIN ${'PRIVATE KEY'}-----\n${letters(64)}\n`],
    ['URL', `postgres://admin:${letters(16)}@db.internal/x`],
  ];
  test.each(secrets)('finds a %s credential and says the line, not the value', (_, secret) => {
    const [finding] = one(findSecrets, `a\nb = '${secret}'\n`);
    expect(finding).toMatchObject({ line: 2, message: expect.stringContaining('looks like a secret') });
    expect(finding?.message).not.toContain(secret);
  });

  test('leaves references, placeholders and environment names alone', () => {
    const text = `secret: "\${file:model-credential}" postgres://user:password@host/db sk-... $OPENAI_API_KEY`;
    expect(one(findSecrets, text)).toEqual([]);
    expect(one(findSecrets, `ghp_${'x'.repeat(36)} AKIA${'X'.repeat(16)}`)).toEqual([]);
  });
});

describe('the scan for machine traces', () => {
  const registry = `https://registry.${'example'}.org/left-pad`;
  const home = `/${'home'}/anna/code`;
  test.each([registry, home])('finds %s', (text) => {
    expect(one(findMachineTraces, `x "${text}"`)).toHaveLength(1);
  });
  test('leaves URLs, routes and variables alone', () => {
    expect(one(findMachineTraces, '$HOME/x https://example.org/home/page ./work/x ~/root/y')).toEqual([]);
  });
});

describe('the subject scan', () => {
  const line = `publish('evt.request.${'received'}.v1')`;
  test('finds an event’s subject spelled out in a service', () => {
    expect(one(findSubjects, line)).toHaveLength(1);
  });
  test('lets contracts, tests and the stream’s own wildcard be', () => {
    expect(one(findSubjects, line, 'libs/contracts/events/x.ts')).toEqual([]);
    expect(one(findSubjects, line, 'services/x/x.test.ts')).toEqual([]);
    expect(one(findSubjects, "subjects: ['evt.>']")).toEqual([]);
  });
});

test.each(['Date.now()', 'Math.random()', 'randomUUID()', 'process.env.X', 'new Date()'])(
  'a pure library may not use %s, a service may',
  (text) => {
    expect(one(findImpurities, text, 'libs/rules/x.ts')).toHaveLength(1);
    expect(one(findImpurities, text, 'services/policy/x.ts')).toEqual([]);
  },
);

describe('licences', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sallyport-licences-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  test.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['MIT AND GPL-3.0-only', false],
    ['AGPL-3.0-only', false],
  ])('%s: allowed %s', (expression, allowed) => {
    expect(isAllowed(expression)).toBe(allowed);
  });

  test('of development dependencies do not matter, of others each must be known', async () => {
    const packages = {
      '': { license: 'Apache-2.0' },
      'node_modules/good': { version: '1.0.0', license: 'MIT' },
      'node_modules/tool': { version: '1.0.0', license: 'GPL-3.0-only', dev: true },
      'node_modules/viral': { version: '2.0.0', license: 'AGPL-3.0-only' },
      'node_modules/silent': { version: '3.0.0' },
    };
    await writeFile(join(dir, 'package-lock.json'), JSON.stringify({ packages }));
    expect(findLicences(dir, 'package-lock.json')).toEqual([
      'node_modules/viral@2.0.0: AGPL-3.0-only',
      'node_modules/silent@3.0.0: none named',
    ]);
  });
});

test('a claim of the threat model without a test that exists is found', async () => {
  const root = await mkdtemp(join(tmpdir(), 'sallyport-claims-'));
  await mkdir(join(root, 'docs'));
  await writeFile(join(root, 'a.test.ts'), "test('holds', () => {});\n// test('is gone')\n");
  const page = [
    '| 1 | one | `a.test.ts` › holds |',
    '| 2 | two | `a.test.ts` › is gone<br>`b.test.ts` › holds |',
  ];
  await writeFile(join(root, 'docs/threat-model.md'), [...page, '| 4 | no test | – |'].join('\n'));
  const problems = findThreatModelProblems(root);
  await rm(root, { recursive: true, force: true });
  expect(problems).toHaveLength(4);
  expect(problems.join('\n')).not.toContain('claim 1');
});

describe('the check of alerts and dashboards', () => {
  const metrics = [
    { name: 'sallyport_requests_total', kind: 'counter' },
    { name: 'sallyport_wait_seconds', kind: 'histogram' },
  ];
  test('finds a metric that no service has, and the parts of a histogram only', () => {
    const known = 'sum(rate(sallyport_requests_total[5m])) + sallyport_wait_seconds_bucket';
    expect(unknownMetrics(known, metrics)).toEqual([]);
    expect(unknownMetrics('sallyport_request_total + sallyport_wait_seconds', metrics)).toEqual([
      'sallyport_request_total',
      'sallyport_wait_seconds',
    ]);
  });
});

test('the check of settings sees those of every service and those of all', () => {
  const settings = settingsOf(process.cwd());
  for (const name of ['NATS_URL', 'SALLYPORT_MASKING_SLOTS', 'AUDIT_ORIGIN', 'SALLYPORT_CONFIG'])
    expect(settings).toContain(name);
});
