import { expect, test } from '@jest/globals';
import { workOf } from '../test-kit.ts';
import { type CelContext, compileCel } from './cel.ts';

const context: CelContext = {
  user: {
    kind: 'person',
    issuer: 'http://127.0.0.1:1',
    subject: 'u1',
    name: 'Una',
    email: 'una@example.com',
    client: 'cli',
    person: 'una@desk',
    groups: ['staff', 'team-a'],
    claims: { level: 3, nested: { orgs: [{ name: 'x', roles: ['dev'] }] }, verified: true },
  },
  request: {
    model: 'demo',
    operation: 'chat.completions',
    characters: 12n,
    turns: 2n,
    unreadable: ['image'],
    remoteUrls: [],
  },
  connection: { name: 'demo', upstreamModel: 'demo' },
  now: new Date('2026-01-05T12:00:00Z'),
};

test.each([
  ['user.claims.level >= 3 && request.turns < 3', true],
  ['user.claims.nested.orgs.exists(o, o.roles.exists(r, r == "dev"))', true],
  ['user.claims.verified', true],
  ['has(user.claims.nothing) && user.claims.nothing == 1', false],
  ['user.claims.?nothing.orValue("none") == "none"', true],
  ['user.email.endsWith("@example.com")', true],
  ['(user.name + "x") . matches("^Un.x$")', true],
  ['user.groups.exists(g, g.matches("(?i)^TEAM-")) && !user.name.matches("[0-9]")', true],
  ['user.person == "una@desk"', true],
  ['"image" in request.unreadable', true],
  ['now < timestamp("2026-01-06T00:00:00Z")', true],
])('%s is %s', (expression, expected) => {
  expect(compileCel(expression)(context)).toBe(expected);
});

test.each([
  ['user.nope', 'No such key'],
  ['nobody.name', 'nobody'],
  ['request.characters', 'true or false, found int'],
  ['user.name.matches("(?=x)")', 'RE2'],
  ['user.name.matches(user.email)', 'written as a string'],
  ['matches(user.name, "x")', ''],
  ['user.name.matchesLinear("x")', 'unknown function'],
  ['cel.bind(x, user.name, x == x)', 'cel.bind'],
  ['user.groups.all(a, user.groups.all(b, user.groups.all(c, a == c)))', 'a loop in a loop'],
  [`${'!'.repeat(600)}true`, ''],
  [Array(400).fill('true').join(' && '), ''],
])('%s is refused', (expression, expected) => {
  expect(() => compileCel(expression)).toThrow(expected);
});

test.each(['user.claims.nothing == 1', 'user.claims.level', 'user.claims.level.startsWith("x")'])(
  '%s throws when it is evaluated',
  (expression) => {
    expect(() => compileCel(expression)(context)).toThrow();
  },
);

test('a pattern that would blow up elsewhere is linear work', () => {
  const test = compileCel('user.name.matches("^(a+)+$")');
  const work = (length: number) =>
    workOf(() => {
      const name = `${'a'.repeat(length)}!`;
      expect(test({ ...context, user: { ...context.user, name } })).toBe(false);
    });
  work(1000);
  expect(work(40_000) / work(5000)).toBeLessThan(16);
});
