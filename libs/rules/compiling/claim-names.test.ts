import { describe, expect, test } from '@jest/globals';
import { claimNames } from './claim-names.ts';

const named = (when: string) => claimNames({ rules: [{ name: 'a', effect: 'allow', when } as never] });

describe('the claims that travel', () => {
  test.each([
    ['user.claims.department == "x"', ['department']],
    ['user.claims["https://x.org/level"] == 3', ['https://x.org/level']],
    ['has(user.claims.a) && user.claims.b.c == "d"', ['a', 'b']],
    ['"contractor" in user.claims', ['contractor']],
    ['user.claims.?a.orValue("x") == "x"', ['a']],
    ['user["claims"].a == 1', ['a']],
    ['user.groups.exists(g, g == user.claims.team)', ['team']],
    ['user.subject == "carol" && user.name != ""', []],
    ['request.turns > 3', []],
  ])('of %s are %j', (when, names) => expect(named(when)).toEqual(names));

  test.each([
    'user.claims.exists(c, c == "x")',
    'user.claims[user.name] == 1',
    'size(user.claims) > 3',
    '[user].exists(u, u.claims.a == 1)',
  ])('are all of them where %s may look at any', (when) => expect(named(when)).toBe('all'));

  test('are those of every rule, each once', () => {
    const rules = ['user.claims.b == 1', 'user.claims.a == 1', 'user.claims.b == 2'];
    expect(claimNames({ rules: rules.map((unless) => ({ unless }) as never) })).toEqual(['a', 'b']);
  });
});
