import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decrypt, encrypt, keyEncryptionKey, SubjectNames, sealOverheadBytes } from './index.ts';

const bytes = fc.uint8Array({ maxLength: 2000 });
const key = randomBytes(32);

describe('encryption', () => {
  test('gives back any bytes under any label, at a fixed cost in size', () => {
    fc.assert(
      fc.property(bytes, fc.string(), (clear, label) => {
        const sealed = encrypt(key, label, clear);
        expect(sealed).toHaveLength(clear.length + sealOverheadBytes);
        expect(decrypt(key, label, sealed)).toEqual(Buffer.from(clear));
      }),
    );
  });

  test('refuses a change of any single bit', () => {
    const sealed = encrypt(key, 'label', Buffer.from('some content'));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decrypt(key, 'label', changed)).toThrow();
    }
  });

  test('refuses another key, another label and every truncation', () => {
    const sealed = encrypt(key, 'label', Buffer.from('some content'));
    expect(() => decrypt(randomBytes(32), 'label', sealed)).toThrow();
    expect(() => decrypt(key, 'labe', sealed)).toThrow();
    for (let end = 0; end < sealed.length; end++)
      expect(() => decrypt(key, 'label', sealed.subarray(0, end))).toThrow();
  });

  test('never gives the same bytes twice', () => {
    const all = Array.from({ length: 1000 }, () => encrypt(key, 'l', Buffer.from('x')).toString('hex'));
    expect(new Set(all).size).toBe(1000);
  });
});

describe('a key-encryption key', () => {
  test('unwraps what it wrapped, for that person only', () => {
    const kek = keyEncryptionKey(randomBytes(32));
    const wrapped = kek.wrap(key, 'carol');
    expect(kek.unwrap(wrapped, 'carol')).toEqual(key);
    expect(() => kek.unwrap(wrapped, 'dave')).toThrow();
    expect(() => keyEncryptionKey(randomBytes(32)).unwrap(wrapped, 'carol')).toThrow();
  });

  test('has 32 bytes and an id that is not part of it', () => {
    expect(() => keyEncryptionKey(randomBytes(16))).toThrow(RangeError);
    expect(() => keyEncryptionKey(Buffer.from('not hex at all', 'hex'))).toThrow(RangeError);
    const raw = randomBytes(32);
    expect(raw.toString('hex')).not.toContain(keyEncryptionKey(raw).id);
    expect(keyEncryptionKey(raw).id).toBe(keyEncryptionKey(Buffer.from(raw)).id);
  });
});

describe('the name of a person’s data key', () => {
  const names = new SubjectNames(randomBytes(32));

  test('differs between issuers, and between names that only look joined alike', () => {
    const ids = [
      { issuer: 'https://a', subject: 'b' },
      { issuer: 'https://a', subject: 'c' },
      { issuer: 'https://b', subject: 'b' },
      { issuer: 'https://ab', subject: '' },
    ].map((person) => names.of(person));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  test('can’t be worked out without the secret', () => {
    const person = { issuer: 'https://a', subject: 'b' };
    expect(new SubjectNames(randomBytes(32)).of(person)).not.toBe(names.of(person));
    expect(() => new SubjectNames(randomBytes(31))).toThrow(RangeError);
  });
});
