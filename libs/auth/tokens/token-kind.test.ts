import { describe, expect, test } from '@jest/globals';
import type { JWTPayload } from 'jose';
import { Issuer } from '#contracts';
import { isMeantForUs, tokenKindOf } from './token-kind.ts';

const issuer = Issuer.parse({
  issuer: 'https://id.example.org',
  audience: 'sallyport',
  idTokensOf: ['desk', 'phone'],
});
const isOurs = (claims: JWTPayload, header: { typ?: unknown } = {}) =>
  isMeantForUs(tokenKindOf(header, claims), claims, issuer);

test.each([
  [{ typ: 'at+jwt' }, {}, 'access'],
  [{ typ: 'application/AT+JWT' }, { nonce: 'n' }, 'access'],
  [{ typ: 'JWT' }, { typ: 'Bearer', nonce: 'n' }, 'access'],
  [{ typ: 'JWT' }, { at_hash: 'x' }, 'id'],
  [{}, { nonce: 'n' }, 'id'],
  [{}, { typ: 'ID' }, 'id'],
  [{ typ: 'JWT' }, {}, 'either'],
  [{ typ: 'logout+jwt' }, {}, 'other'],
  [{ typ: 'dpop+jwt' }, {}, 'other'],
  [{}, { events: {} }, 'other'],
  [{}, { typ: 'Refresh' }, 'other'],
  [{ typ: 'at+jwt' }, { cnf: { jkt: 'x' } }, 'other'],
])('a token with header %j and claims %j is of kind %s', (header, claims, kind) => {
  expect(tokenKindOf(header, claims)).toBe(kind);
});

describe('an ID token', () => {
  test.each([
    ['of a listed client', { aud: 'desk' }],
    ['that names its client as authorised party', { aud: 'desk', azp: 'desk' }],
    ['that one listed client got for another', { aud: 'desk', azp: 'phone' }],
    ['for several listed clients, with one as party', { aud: ['desk', 'phone'], azp: 'desk' }],
  ])('%s is taken', (_, claims) => expect(isOurs({ ...claims, nonce: 'n' })).toBe(true));

  test.each([
    ['of a client that is not listed', { aud: 'other' }],
    ['that another client got', { aud: 'desk', azp: 'other' }],
    ['for several audiences without a party', { aud: ['desk', 'phone'] }],
    ['for an audience that is not trusted besides', { aud: ['desk', 'other'], azp: 'desk' }],
    ['for the gateway as if it were an access token', { aud: 'sallyport' }],
    ['whose party is no text', { aud: 'desk', azp: ['desk'] }],
  ])('%s is not', (_, claims) => expect(isOurs({ ...claims, nonce: 'n' })).toBe(false));
});

test("an access token is taken for the gateway's audience only, never for a client's", () => {
  expect(isOurs({ aud: ['sallyport', 'other'] }, { typ: 'at+jwt' })).toBe(true);
  expect(isOurs({ aud: 'desk' }, { typ: 'at+jwt' })).toBe(false);
});
