import { expect, test } from '@jest/globals';
import { IngressLimits } from '#contracts';
import { personBehind } from '../../services/ingress/person.ts';
import { fingerprintOf } from '../../services/ingress/receive.ts';

const shared = [
  { client: 'chat-ui', header: 'x-user' },
  { client: 'desk', claim: 'act.sub' },
];
const from = (client: string) => ({ client, subject: 'service' });

test('a client with an identity of its own is its own caller, whatever it says of others', () => {
  expect(personBehind(from('laptop'), { 'x-user': 'carol' }, {}, shared)).toEqual({ kind: 'caller' });
});

test.each([
  ['a header', 'chat-ui', { 'x-user': 'carol' }, {}, 'carol'],
  ['a claim', 'desk', {}, { act: { sub: 'dave' } }, 'dave'],
])('a client that people share names the person by %s', (_, client, headers, claims, name) => {
  expect(personBehind(from(client), headers, claims, shared)).toEqual({ kind: 'person', name });
});

test.each([
  ['nobody', 'chat-ui', {}],
  ['nothing', 'chat-ui', { 'x-user': '' }],
  ['somebody in a place that does not count', 'desk', { 'x-user': 'carol' }],
  ['a name without end', 'chat-ui', { 'x-user': 'x'.repeat(256) }],
])('a client that people share and that names %s is unknown', (_, client, headers) => {
  expect(personBehind(from(client), headers, {}, shared)).toEqual({ kind: 'unknown' });
});

test('the same call of two people behind one identity is not the same call', () => {
  const call = { method: 'POST', path: '/v1/x', bodyDigest: 'd', idempotencyKey: undefined };
  const service = { issuer: 'i', subject: 'service' };
  const prints = [undefined, 'carol', 'dave'].map((person) => fingerprintOf(service, { ...call, person }));
  expect(new Set(prints).size).toBe(3);
});

test('a shared identity says where the person is named, in one place', () => {
  const parse = (entry: object) => IngressLimits.safeParse({ sharedIdentities: [entry] }).success;
  expect(
    [
      { client: 'a', header: 'x-user' },
      { client: 'a', claim: 'sub' },
    ].map(parse),
  ).toEqual([true, true]);
  expect([{ client: 'a' }, { client: 'a', header: 'x', claim: 'y' }].map(parse)).toEqual([false, false]);
});
