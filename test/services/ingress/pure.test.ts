import { describe, expect, test } from '@jest/globals';
import type { HeldEntry } from '#contracts';
import { findRoute } from '#protocols';
import {
  clientOf,
  familyOf,
  forwardedHeaders,
  patienceMs,
  respondAsync,
} from '../../../services/ingress/caller.ts';
import { isBehind, maxBacklog } from '../../../services/ingress/limiting/audit-lag.ts';
import { fingerprintOf, receive, sentCall } from '../../../services/ingress/receive.ts';
import { reattach } from '../../../services/ingress/waiting/reattach.ts';

const route = findRoute('POST', '/v1/chat/completions')!;
const principal = {
  kind: 'person' as const,
  issuer: 'https://idp',
  subject: 'carol',
  groups: ['contractors'],
};

describe('the family of a client', () => {
  test.each([
    [{ 'x-stainless-lang': 'js' }, 'node-sdk', 240_000],
    [{ 'x-stainless-lang': 'python' }, 'python-sdk', 570_000],
    [{ 'user-agent': 'Go-http-client/1.1' }, 'go-sdk', 570_000],
    [{ 'user-agent': 'ollama-js/0.6.4 (x64 linux Node.js/v20.20.2)' }, 'ollama-js', 290_000],
    [{ 'user-agent': 'curl/8.0' }, 'unknown', undefined],
  ])('%j is %s and waits %s ms in silence', (headers, family, waits) => {
    expect(familyOf(headers)).toBe(family);
    expect(patienceMs(headers, undefined)).toBe(waits);
  });

  test('its own wish counts, and the operator has the last word', () => {
    const headers = { 'x-stainless-lang': 'js', 'x-sallyport-max-wait': '20' };
    expect(patienceMs(headers, undefined)).toBe(20_000);
    expect(patienceMs(headers, 5000)).toBe(5000);
    expect(patienceMs({}, 5000)).toBe(5000);
  });

  test.each(['9999999999', '1e300', '2147484'])('of %s seconds is a long one, not none at all', (asked) => {
    const headers = { 'x-sallyport-max-wait': asked };
    expect(patienceMs(headers, undefined)).toBe(2 ** 31 - 1);
    expect(patienceMs(headers, 5000)).toBe(5000);
    expect(patienceMs({}, 1e12)).toBe(2 ** 31 - 1);
  });
});

describe('what leaves with a request', () => {
  test('is an allow-list: no credential of the caller, no cookie', () => {
    const headers = {
      authorization: 'Bearer secret',
      'x-api-key': 'secret',
      cookie: 'a=b',
      'openai-beta': 'x',
      'content-type': 'application/json',
    };
    expect(forwardedHeaders(headers)).toEqual({ 'openai-beta': 'x', 'content-type': 'application/json' });
    expect(JSON.stringify(clientOf(headers, '127.0.0.1'))).not.toContain('secret');
  });

  test('names the connection in the path, and the path without it', () => {
    const found = findRoute('POST', '/c/lab/v1/chat/completions')!;
    const arrival = {
      requestId: `req-${'0'.repeat(32)}`,
      principal,
      subjectKey: 'k',
      route: found,
      url: '/c/lab/v1/chat/completions?x=1',
      headers: {},
      address: '127.0.0.1',
      body: Buffer.from('{}'),
      instance: 'ingress-1',
      nowMs: 5,
    };
    const { context } = receive(arrival);
    expect(context).toMatchObject({ connection: 'lab', path: '/v1/chat/completions?x=1', receivedAt: 5 });
  });

  test('a large body goes by reference', () => {
    const body = Buffer.alloc(600 * 1024, 0x20);
    const arrival = {
      requestId: `req-${'0'.repeat(32)}`,
      principal,
      subjectKey: 'k',
      route,
      url: '/v1/chat/completions',
      headers: {},
      address: '::1',
      body,
      instance: 'ingress-1',
      nowMs: 5,
    };
    expect(receive(arrival).body).toMatchObject({ bytes: body.length, location: { in: 'store' } });
  });
});

describe('Prefer: respond-async', () => {
  test.each([
    ['respond-async', { waitMs: 0 }],
    ['respond-async, wait=10', { waitMs: 10_000 }],
    ['wait=10', undefined],
    ['return=minimal', undefined],
    ['respond-async, wait=99999', { waitMs: 300_000 }],
  ])('%s', (prefer, wanted) => expect(respondAsync({ prefer })).toEqual(wanted));
});

describe('a fingerprint', () => {
  const call = { method: 'POST', path: '/v1/x', bodyDigest: 'd', idempotencyKey: undefined };
  test('differs by person, route and body', () => {
    const base = fingerprintOf(principal, call);
    expect(fingerprintOf(principal, { ...call })).toBe(base);
    expect(fingerprintOf({ ...principal, subject: 'dave' }, call)).not.toBe(base);
    expect(fingerprintOf(principal, { ...call, path: '/v1/y' })).not.toBe(base);
    expect(fingerprintOf(principal, { ...call, bodyDigest: 'e' })).not.toBe(base);
    expect(fingerprintOf(principal, { ...call, connection: 'other' })).not.toBe(base);
  });

  test('differs by a connection that is named in a header, as by one in the path', () => {
    const [one, other] = ['one', 'other'].map((name) =>
      fingerprintOf(principal, sentCall(route, '/v1/x', { 'x-sallyport-connection': name }, 'd')),
    );
    expect(one).not.toBe(other);
    expect(fingerprintOf(principal, sentCall(route, '/v1/x', {}, 'd'))).toBe(
      fingerprintOf(principal, { ...call }),
    );
  });

  test('with an idempotency key is that key, whatever the body', () => {
    const keyed = { ...call, idempotencyKey: 'k' };
    expect(fingerprintOf(principal, keyed)).toBe(fingerprintOf(principal, { ...keyed, bodyDigest: 'other' }));
  });
});

describe('a re-send', () => {
  const entry: HeldEntry = {
    requestId: `req-${'1'.repeat(32)}`,
    fingerprint: 'f',
    state: 'parked',
    issuer: 'https://idp',
    subject: 'carol',
    subjectKey: 'k',
    protocol: 'openai-chat',
    instance: 'ingress-1',
    live: false,
    stream: false,
    bodyDigest: 'd',
    destination: 'parked',
    rules: [],
    groups: [],
    receivedAt: 0,
    expiresAt: 1,
    sinceSequence: 0,
  };
  const pickUp = { pickUpMs: 900_000, withoutPickUp: new Set(['batch']) };
  const facts = { live: false, bodyDigest: 'd', ...pickUp, nowMs: 1_000_000 };
  const ended = { ...entry, state: 'completed' as const, outcome: 'answered' as const, completedAt: 900_000 };
  test.each([
    ['nothing known', undefined, {}, 'new'],
    ['parked, its client gone', entry, {}, 'attach'],
    ['parked, its client there', entry, { live: true }, 'new'],
    ['running, its client gone', { ...entry, state: 'running' as const }, {}, 'attach'],
    ['answered, not picked up', ended, {}, 'pick_up'],
    ['answered where no answer is picked up', { ...ended, connection: 'batch' }, {}, 'new'],
    ['rejected there', { ...ended, connection: 'batch', outcome: 'rejected' as const }, {}, 'pick_up'],
    ['answered and picked up', { ...ended, pickedUpAt: 950_000 }, {}, 'new'],
    ['answered too long ago', ended, { nowMs: 9_000_000 }, 'new'],
    ['rejected', { ...ended, outcome: 'rejected' as const, pickedUpAt: 1 }, {}, 'pick_up'],
    ['rejected too long ago', { ...ended, outcome: 'rejected' as const }, { nowMs: 9_000_000 }, 'new'],
    ['another body under the same key', entry, { bodyDigest: 'other' }, 'mismatch'],
  ])('%s → %j', (_, known, change, wanted) => {
    expect(reattach({ known, ...facts, ...change }).kind).toBe(wanted);
  });
});

describe('the ledger is behind', () => {
  const hourMs = 3_600_000;
  const facts = {
    lastSequence: 100,
    recorded: { sequence: 100, atMs: 0 },
    logAgeMs: 72 * hourMs,
    stuckSinceMs: undefined as number | undefined,
    nowMs: 40 * hourMs,
  };
  test.each([
    ['when nothing is left to record', {}, false],
    ['with a small backlog that moves', { recorded: { sequence: 90, atMs: 39 * hourMs } }, false],
    ['with a set backlog', { lastSequence: maxBacklog + 101 }, true],
    [
      'after an idle time, at the first new event',
      { lastSequence: 101, stuckSinceMs: 40 * hourMs - 2000 },
      false,
    ],
    ['when it stopped half of the log ago', { lastSequence: 101, stuckSinceMs: 40 * hourMs - 60_000 }, true],
    [
      'when it stopped just now',
      { lastSequence: 101, recorded: { sequence: 100, atMs: 39 * hourMs }, stuckSinceMs: 39 * hourMs },
      false,
    ],
    ['before it ever said how far it is', { recorded: undefined, stuckSinceMs: 0 }, false],
  ])('%s: %#', (_, change, wanted) => expect(isBehind({ ...facts, ...change })).toBe(wanted));
});
