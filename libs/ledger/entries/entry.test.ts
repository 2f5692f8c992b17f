import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leafHash } from '../tree/hashing.ts';
import { digestSealed, type Entry, encodeEntry, entryLeafHash } from './entry.ts';
import { commitPersonal, deriveSalt, joinHead, splitHead } from './personal.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const runs = process.env.LONG === '1' ? 5000 : 300;

const carol = {
  kind: 'person',
  issuer: 'https://idp.example',
  subject: 'u-17',
  name: 'Carol',
  email: 'carol@example.com',
  groups: ['contractors'],
};
const salt = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

const golden: Entry = {
  kind: 'event',
  logId: 'EVENTS-2026',
  sequence: 42,
  atMs: 1_790_000_000_000,
  subject: 'evt.request.received.v1',
  messageId: 'req-1:received',
  head: Buffer.from('{"requestId":"req-1","principal":null}'),
  personal: [
    {
      path: '/principal',
      ownerKey: 'k1',
      digest: commitPersonal({ path: '/principal', value: JSON.stringify(carol) }, salt),
    },
  ],
  sealed: digestSealed(Buffer.from('sealed bytes')),
};

describe('the encoding of an entry', () => {
  test('stays what version 1 fixed', () => {
    expect(hex(encodeEntry(golden))).toBe(
      '0100000000000000002a000001a0c4506c000000000b4556454e54532d32303236000000176576742e726571756573742e72656365697665642e76310000000e7265712d313a7265636569766564000000267b22726571756573744964223a227265712d31222c227072696e636970616c223a6e756c6c7d000000010000000a2f7072696e636970616c000000026b31d87c51cca002c38be96b747324e1eb232c51145e5fd1336df0da3c65369f5b790000000cf35cf5b361b0eaf7b0c02e75808e260e3f379c4745abe45552ba768e85687749',
    );
    expect(hex(entryLeafHash(golden))).toBe(
      '5385a061eb4c0eefd0a3ce44b2046da49be841ad9709f5a593f675715f0d9bbb',
    );
    const gap: Entry = { ...golden, kind: 'gap', personal: [], sealed: digestSealed(Buffer.alloc(0)) };
    expect(hex(entryLeafHash(gap))).toBe('a644b9c0394e35a8b8ae73eccff013751efe75af68aa7249a5a5e60ce1d1d4d6');
  });

  test('is hashed as RFC 6962 hashes a leaf', () => {
    expect(hex(entryLeafHash(golden))).toBe(hex(leafHash(encodeEntry(golden))));
  });

  test('differs wherever two entries differ', () => {
    const bytes = fc.uint8Array({ maxLength: 6 });
    const text = fc.string({ maxLength: 4 });
    const arbitrary = fc.record({
      kind: fc.constantFrom('event' as const, 'gap' as const),
      logId: text,
      sequence: fc.nat(3),
      atMs: fc.nat(3),
      subject: text,
      messageId: text,
      head: bytes,
      personal: fc.array(
        fc.record({
          path: text,
          ownerKey: text,
          digest: fc.nat(1).map((n) => Buffer.alloc(32, n) as Uint8Array),
        }),
        { maxLength: 2 },
      ),
      sealed: bytes.map(digestSealed),
    });
    const same = (a: Entry, b: Entry) => JSON.stringify(a) === JSON.stringify(b);
    fc.assert(
      fc.property(arbitrary, arbitrary, (a, b) => {
        expect(encodeEntry(a).equals(encodeEntry(b))).toBe(same(a, b));
      }),
      { numRuns: runs },
    );
  });

  test('refuses numbers and digests that it cannot hold', () => {
    expect(() => encodeEntry({ ...golden, sequence: -1 })).toThrow(RangeError);
    expect(() => encodeEntry({ ...golden, atMs: 2 ** 53 })).toThrow(RangeError);
    expect(() => encodeEntry({ ...golden, sealed: { bytes: 1, digest: Buffer.alloc(31) } })).toThrow(
      RangeError,
    );
  });
});

describe('personal metadata', () => {
  test('leaves a head wherever it stands, and nothing else does', () => {
    const head = {
      requestId: 'req-1',
      context: {
        principal: carol,
        subjectKey: 'k1',
        client: { family: 'node-sdk', userAgent: 'x', address: '10.0.0.7' },
      },
      votes: [{ approver: { ...carol, subject: 'u-18' }, vote: 'approve' }],
      name: 'a connection',
    };
    const split = splitHead(head);
    expect(JSON.parse(split.head.toString())).toEqual({
      requestId: 'req-1',
      context: {
        principal: null,
        subjectKey: 'k1',
        client: { family: 'node-sdk', userAgent: null, address: null },
      },
      votes: [{ approver: null, vote: 'approve' }],
      name: 'a connection',
    });
    expect(split.parts.map((part) => part.path)).toEqual([
      '/context/principal',
      '/context/client/userAgent',
      '/context/client/address',
      '/votes/0/approver',
    ]);
    expect(joinHead(split.head, split.parts)).toEqual(head);
  });

  test('leaves a refusal that names a subject, and a freeze that names a user', () => {
    const denied = splitHead({
      service: 'ingress',
      address: '10.0.0.7',
      issuer: 'https://idp',
      subject: 'u-1',
    });
    expect(denied.head.toString()).toBe(
      '{"service":"ingress","address":null,"issuer":"https://idp","subject":null}',
    );
    const claims = splitHead({ context: { claims: { employeeNumber: '1234' }, operation: 'chat' } });
    expect(claims.parts).toMatchObject([{ path: '/context/claims', value: '{"employeeNumber":"1234"}' }]);
    const chat = { protocol: 'openai-chat', path: '/v1/chat/completions' };
    expect(splitHead({ context: chat }).parts).toEqual([]);
    expect(splitHead({ context: { ...chat, path: '/v1/chat/completions?for=carol' } }).parts).toMatchObject([
      { path: '/context/path', value: '"/v1/chat/completions?for=carol"' },
    ]);
    expect(splitHead({ protocol: 'http', path: '/customers/carol' }).parts).toMatchObject([
      { path: '/path' },
    ]);
    const frozen = splitHead({ target: 'user', value: 'u-1', frozen: true });
    expect(frozen.head.toString()).toBe('{"target":"user","value":null,"frozen":true}');
    expect(splitHead({ target: 'group', value: 'security' }).parts).toEqual([]);
    const asked = splitHead({ questionSignature: 'c2lnbmVk', signature: { value: 'x' } });
    expect(asked.head.toString()).toBe('{"questionSignature":null,"signature":{"value":"x"}}');
  });

  test('comes back exactly: splitting and joining gives the published bytes', () => {
    const key = fc.constantFrom(
      'subject',
      'email',
      'a',
      'a/b',
      '~',
      'principal',
      'issuer',
      'value',
      'target',
      '__proto__',
    );
    const head = fc.letrec<{ node: unknown; object: object }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.integer(),
        fc.constant(null),
        fc.constant('user'),
        fc.array(tie('node'), { maxLength: 3 }),
        tie('object'),
      ),
      object: fc
        .array(fc.tuple(key, tie('node')), { maxLength: 5 })
        .map((pairs) =>
          JSON.parse(`{${pairs.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',')}}`),
        ),
    })).object;
    fc.assert(
      fc.property(head, (value) => {
        const split = splitHead(value);
        expect(JSON.stringify(joinHead(split.head, split.parts))).toBe(JSON.stringify(value));
        expect(split.head.toString()).not.toMatch(/"(subject|email)":[^n]/);
      }),
      { numRuns: runs },
    );
  });

  test('is committed to: another value, path or salt gives another digest', () => {
    const part = { path: '/principal', value: '"carol"' };
    const digests = [
      commitPersonal(part, salt),
      commitPersonal({ ...part, value: '"dave"' }, salt),
      commitPersonal({ ...part, path: '/approver' }, salt),
      commitPersonal(part, Buffer.alloc(16)),
      commitPersonal({ path: '/principal"', value: 'carol"' }, salt),
    ].map(hex);
    expect(new Set(digests).size).toBe(digests.length);
    expect(() => commitPersonal(part, Buffer.alloc(8))).toThrow(RangeError);
  });

  test('gets a salt of its own for every place, from the owner’s secret alone', () => {
    const secret = Buffer.alloc(32, 1);
    const place = { logId: 'L', sequence: 1, path: '/a' };
    const salts = [
      deriveSalt(secret, place),
      deriveSalt(secret, { ...place, sequence: 2 }),
      deriveSalt(secret, { ...place, path: '/b' }),
      deriveSalt(secret, { ...place, logId: 'M' }),
      deriveSalt(Buffer.alloc(32, 2), place),
    ].map(hex);
    expect(new Set(salts).size).toBe(salts.length);
    expect(hex(deriveSalt(secret, place))).toBe(salts[0]);
  });

  test('in a head nested too deeply is refused instead of missed', () => {
    let head: object = { subject: 'u-1' };
    for (let i = 0; i < 100; i += 1) head = { a: head };
    expect(() => splitHead(head)).toThrow(RangeError);
  });
});
