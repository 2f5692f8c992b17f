import { expect, test } from '@jest/globals';
import { type HeldEntry, IngressLimits, standsBehind } from '#contracts';
import { personBehind } from '../../../services/ingress/person.ts';
import { fingerprintOf } from '../../../services/ingress/receive.ts';
import { belongsTo } from '../../../services/ingress/waiting/belongs-to.ts';

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
  const service = { kind: 'service' as const, issuer: 'i', subject: 'service' };
  const prints = [undefined, 'carol', 'dave'].map((person) => fingerprintOf({ ...service, person }, call));
  expect(new Set(prints).size).toBe(3);
});

test('who is named decides nothing about what was asked for them, under whichever name they come', () => {
  const requester = { issuer: 'i', subject: 'chat-ui', person: 'Alice@Example.org' };
  const someone = { kind: 'person' as const, issuer: 'i', groups: [] };
  const own = [
    { ...someone, subject: 'alice@example.org' },
    { ...someone, subject: 'u-1', email: 'alice@example.org' },
  ];
  expect(own.map((each) => standsBehind(each, requester))).toEqual([true, true]);
  expect(standsBehind({ ...someone, subject: 'bob', email: 'bob@example.org' }, requester)).toBe(false);
});

const entry: HeldEntry = {
  ...{ requestId: `req-${'0'.repeat(32)}`, fingerprint: 'f', state: 'completed', issuer: 'i', subject: 's' },
  ...{ subjectKey: 'k', protocol: 'openai-chat', instance: 'a', live: false, stream: false, bodyDigest: 'd' },
  ...{ destination: 'parked', rules: [], groups: [], receivedAt: 0, expiresAt: 0, sinceSequence: 1 },
};
const owner = { kind: 'service' as const, issuer: 'i', subject: 's', groups: [] };

test.each([
  ['whoever asked', entry, owner, true],
  ['somebody else', entry, { ...owner, subject: 'x' }, false],
  [
    'the person that a shared identity named',
    { ...entry, person: 'carol' },
    { ...owner, person: 'carol' },
    true,
  ],
  ['another person of that identity', { ...entry, person: 'carol' }, { ...owner, person: 'dave' }, false],
  ['that identity, naming nobody', { ...entry, person: 'carol' }, owner, false],
  ['the key it was asked with', { ...entry, key: 'key-1' }, { ...owner, kind: 'key', client: 'key-1' }, true],
  ['another key of the owner', { ...entry, key: 'key-1' }, { ...owner, kind: 'key', client: 'key-2' }, false],
  ['a key, where a token asked', entry, { ...owner, kind: 'key', client: 'key-1' }, false],
  ['its owner, where a key asked', { ...entry, key: 'key-1' }, owner, true],
  ['whoever asked and deleted it', { ...entry, deletedAt: 1 }, owner, false],
] as const)('a request is known to %s: %#', (_, held, caller, isKnown) => {
  expect(belongsTo(held, { ...caller, groups: [] })).toBe(isKnown);
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
