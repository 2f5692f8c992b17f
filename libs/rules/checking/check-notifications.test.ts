import { expect, test } from '@jest/globals';
import { formatIssue, loadPolicy } from '../loading/load.ts';

const head = `version: 1
identity: { issuers: [{ issuer: "http://127.0.0.1:1", audience: x }] }
connections: { demo: { baseUrl: "http://127.0.0.1:2", models: [demo] } }
masking: { profiles: { light: {} } }
`;

function issuesOf(approvals: string): string[] {
  const loaded = loadPolicy(`${head}approvals:\n${approvals}`);
  return loaded.kind === 'issues' ? loaded.issues.map(formatIssue) : [];
}

const groups = '  groups: { leads: { claim: leads } }\n';
const hook = (rest: string) =>
  `  webhooks: [{ name: a, url: "https://a.test", secrets: ["\${env:A}"]${rest} }]\n`;
const email = (rest: string) => `  email: { from: a@b.test, server: { host: mail.test }${rest} }\n`;

test.each([
  ['  groups: { leads: { claim: leads, addresses: [a@b.test] } }\n', /expected approvals.email/],
  [`  groups: { leads: { claim: leads, notify: [waiting] } }\n`, /expected addresses that hear of it/],
  [`${groups}${hook(', groups: [led]')}`, /:7:.*expected approval groups: leads/],
  [`  shownAs: clear\n${groups}${hook(', content: masked')}`, /expected none or full/],
  [`  shownAs: clear\n${groups}${email(', content: masked')}`, /expected none or full/],
  [`  shownAs: dark\n${groups}`, /expected clear or a masking profile: light/],
  [`${groups}${hook('').replace('name: a', 'name: email')}`, /expected a name that no other channel has/],
  [
    `${groups}${hook('').replace(' }]', ' }, { name: a, url: "https://b.test", format: slack }]')}`,
    /no other channel/,
  ],
])('a channel that can not work is a fault with its place: %s', (approvals, expected) => {
  const issues = issuesOf(approvals);
  expect(issues).toHaveLength(1);
  expect(issues[0]).toMatch(expected);
});

test('channels that can work are taken', () => {
  const full = `  shownAs: light\n${groups}${hook(', groups: [leads], content: masked')}${email(', content: masked')}`;
  expect(issuesOf(full)).toEqual([]);
  expect(issuesOf(`${groups}${hook(', content: masked')}`)).toEqual([]);
  expect(issuesOf(groups)).toEqual([]);
});
