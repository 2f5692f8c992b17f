import { describe, expect, test } from '@jest/globals';
import { Issuer, type Principal } from '#contracts';
import { claimAt, groupsOf, principalOf } from './claims.ts';
import { rolesOf } from './roles.ts';

const issuer = (rest: object = {}) =>
  Issuer.parse({ issuer: 'https://id.example.org', audience: 'sallyport', ...rest });
const groups = (claims: object, config: object) => groupsOf(claims, issuer({ groups: config }).groups);

describe('a claim path', () => {
  const claims = {
    groups: ['a'],
    realm_access: { roles: ['b'] },
    'https://x.y/groups': ['c'],
    resource_access: { 'my.client': { roles: ['d'] } },
  };
  test.each([
    ['groups', ['a']],
    ['realm_access.roles', ['b']],
    ['"https://x.y/groups"', ['c']],
    ['resource_access."my.client".roles', ['d']],
  ])('%s leads to its value', (path, value) => {
    expect(claimAt(claims, path)).toEqual(value);
  });

  test.each(['missing', 'groups.roles.x', 'constructor', '__proto__', 'groups.constructor', 'toString'])(
    '%s leads nowhere',
    (path) => {
      expect(claimAt(claims, path)).toBeUndefined();
    },
  );
});

describe('groups', () => {
  test('come from a list, each once, other values left out', () => {
    expect(groups({ groups: ['a', 'b', 'a', 7, null, '', { x: 1 }] }, {})).toEqual(['a', 'b']);
  });

  test('come from one string, split only where a separator is configured', () => {
    expect(groups({ groups: 'security, platform,, ' }, { separator: ',' })).toEqual(['security', 'platform']);
    expect(groups({ groups: 'security,platform' }, {})).toEqual(['security,platform']);
  });

  test('are renamed by the map; what it does not list is kept or dropped as configured', () => {
    const map = { 'guid-1': 'security' };
    const claims = { groups: ['guid-1', 'guid-2', 'constructor'] };
    expect(groups(claims, { map })).toEqual(['security', 'guid-2', 'constructor']);
    expect(groups(claims, { map, unmapped: 'drop' })).toEqual(['security']);
  });

  test.each([undefined, null, 7, true, { security: true }])('of %p are none', (value) => {
    expect(groups({ groups: value }, {})).toEqual([]);
  });

  test('are at most 500', () => {
    expect(groups({ groups: Array.from({ length: 900 }, (_, i) => `g${i}`) }, {})).toHaveLength(500);
  });
});

describe('a principal', () => {
  test('has what the claims say of a person', () => {
    const claims = { sub: 'carol', name: 'Carol', email: 'carol@example.org', azp: 'desk', groups: ['x'] };
    expect(principalOf(claims, issuer())).toEqual({
      kind: 'person',
      issuer: 'https://id.example.org',
      subject: 'carol',
      name: 'Carol',
      email: 'carol@example.org',
      groups: ['x'],
      client: 'desk',
    });
  });

  test('is a service where the subject is the client itself', () => {
    expect(principalOf({ sub: 'robot', client_id: 'robot' }, issuer())).toMatchObject({
      kind: 'service',
      subject: 'robot',
    });
  });

  test('takes its name from the configured claim, cut to what an event may hold', () => {
    const claims = { sub: 'x', preferred_username: 'n'.repeat(300), name: 'other', email: ['not text'] };
    const principal = principalOf(claims, issuer({ nameClaim: 'preferred_username' }));
    expect(principal.name).toBe('n'.repeat(255));
    expect(principal).not.toHaveProperty('email');
  });
});

describe('roles', () => {
  const holder = (kind: Principal['kind'], ...groups: string[]): Principal => ({
    kind,
    issuer: 'https://id.example.org',
    subject: 'x',
    groups,
  });
  const map = { admin: ['admin'], approver: ['security', 'leads'] };

  test('come from groups; a role that no group holds is held by nobody', () => {
    expect(rolesOf(holder('person', 'security', 'admin'), map)).toEqual(['admin', 'approver']);
    expect(rolesOf(holder('person', 'auditor', 'operator'), map)).toEqual([]);
    expect(rolesOf(holder('person'), {})).toEqual([]);
  });

  test('are never held by a gateway key, whatever its groups', () => {
    expect(rolesOf(holder('key', 'admin', 'security'), map)).toEqual([]);
  });
});

test('a name that is too long to be recorded makes a token invalid: cut short, two could become one', () => {
  const long = 'x'.repeat(256);
  const of =
    (claims: object, config: object = {}) =>
    () =>
      principalOf({ sub: 'u', ...claims }, issuer({ groups: config }));
  for (const refused of [of({ sub: long }), of({ groups: ['a', long] })]) {
    expect(refused).toThrow(expect.objectContaining({ code: 'token.invalid' }));
  }
  expect(of({ groups: [long] }, { map: { [long]: 'short' } })()).toMatchObject({ groups: ['short'] });
});
