import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeEnvelope, decodeFrame, encodeEnvelope, encodeFrame, maxHeadBytes } from '../index.ts';

const bytes = fc.uint8Array({ maxLength: 300 });

describe('an envelope', () => {
  test('gives back its head and its tail, whatever they are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), bytes, (head, tail) => {
        const decoded = decodeEnvelope(encodeEnvelope(head, tail));
        expect(decoded.head).toEqual(JSON.parse(JSON.stringify(head)));
        expect(Buffer.from(decoded.tail)).toEqual(Buffer.from(tail));
      }),
    );
  });

  test('is read in place, also within a larger buffer', () => {
    const envelope = encodeEnvelope({ a: 'ä' }, Buffer.from('tail'));
    const within = Buffer.concat([Buffer.from('before'), envelope, Buffer.from('')]).subarray(6);
    expect(decodeEnvelope(within)).toEqual({ head: { a: 'ä' }, tail: Buffer.from('tail') });
  });

  test('of any bytes is read or refused with RangeError or SyntaxError, never anything else', () => {
    fc.assert(
      fc.property(bytes, (garbage) => {
        try {
          decodeEnvelope(garbage);
        } catch (error) {
          expect(error instanceof RangeError || error instanceof SyntaxError).toBe(true);
        }
      }),
    );
  });

  test('cut off within its head is refused', () => {
    const envelope = encodeEnvelope({ requestId: 'x' }, Buffer.from(''));
    for (let end = 0; end < envelope.length; end++)
      expect(() => decodeEnvelope(envelope.subarray(0, end))).toThrow(RangeError);
  });

  test('with a head over the limit is refused before it is parsed', () => {
    const large = encodeEnvelope({ text: 'x'.repeat(maxHeadBytes) });
    expect(() => decodeEnvelope(large)).toThrow('bad head length');
  });
});

describe('a frame', () => {
  const frame = fc.record({
    number: fc.integer({ min: 0, max: 0xffff_ffff }),
    attempt: fc.integer({ min: 0, max: 127 }),
    restorable: fc.boolean(),
    sealed: bytes,
  });

  test('gives back its number, its attempt and its bytes', () => {
    fc.assert(
      fc.property(frame, (value) => {
        const decoded = decodeFrame(encodeFrame(value));
        expect({ ...decoded, sealed: Buffer.from(decoded.sealed) }).toEqual({
          ...value,
          sealed: Buffer.from(value.sealed),
        });
      }),
    );
  });

  test('shorter than its head, or numbered past 32 bits, is refused', () => {
    const nothing = { number: 1, attempt: 0, restorable: false, sealed: new Uint8Array() };
    for (let length = 0; length < 5; length++)
      expect(() => decodeFrame(new Uint8Array(length))).toThrow(RangeError);
    expect(() => encodeFrame({ ...nothing, number: 2 ** 32 })).toThrow(/range/);
    expect(() => encodeFrame({ ...nothing, attempt: 128 })).toThrow(/range/);
  });
});
