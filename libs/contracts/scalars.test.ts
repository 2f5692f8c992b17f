import { describe, expect, test } from '@jest/globals';
import {
  ByteSize,
  CodedError,
  Duration,
  durationMs,
  errorStatus,
  Rate,
  rateOf,
  SecretReference,
  secretReferenceOf,
  sizeBytes,
} from './index.ts';

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['10m', 600_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000],
])('%s are %d ms', (text, ms) => {
  expect(durationMs(Duration.parse(text))).toBe(ms);
});

test.each([
  ['512B', 512],
  ['64KiB', 65_536],
  ['8MiB', 8_388_608],
  ['1GiB', 1_073_741_824],
])('%s are %d bytes', (text, bytes) => {
  expect(sizeBytes(ByteSize.parse(text))).toBe(bytes);
});

test.each([
  ['5/s', 5, 1000],
  ['60/min', 60, 60_000],
  ['1000/hour', 1000, 3_600_000],
  ['200000/day', 200_000, 86_400_000],
])('%s is %d in %d ms', (text, count, perMs) => {
  expect(rateOf(Rate.parse(text))).toEqual({ count, perMs });
});

describe('what is not a measure', () => {
  test.each(['', '0s', '10', '1.5h', '-1s', '10 s', '1w', '1s1s'])('%j is no duration', (text) => {
    expect(Duration.safeParse(text).success).toBe(false);
  });
  test.each(['8MB', '0B', '8', 'KiB'])('%j is no size', (text) => {
    expect(ByteSize.safeParse(text).success).toBe(false);
    expect(() => sizeBytes(text === '0B' ? 'B' : text)).toThrow(RangeError);
  });
  test.each(['60', '0/min', '60/week', '/min'])('%j is no rate', (text) => {
    expect(Rate.safeParse(text).success).toBe(false);
  });
});

describe('a secret reference', () => {
  const file = `\${file:model-credential}`;
  const env = `\${env:MODEL_KEY}`;
  test('names a file or a variable', () => {
    expect(secretReferenceOf(SecretReference.parse(file))).toEqual({
      from: 'file',
      name: 'model-credential',
    });
    expect(secretReferenceOf(SecretReference.parse(env))).toEqual({ from: 'env', name: 'MODEL_KEY' });
  });
  test('is never the secret itself', () => {
    for (const text of ['abc', `x${file}`, `${env}x`, `\${env:}`, `\${vault:x}`, `\${file:a}}`])
      expect(SecretReference.safeParse(text).success).toBe(false);
  });
});

test('a coded error has the status of its code', () => {
  for (const [code, status] of Object.entries(errorStatus)) {
    expect(code).toMatch(/^[a-z]+\.[a-z0-9_]+$/);
    expect(new CodedError(code as keyof typeof errorStatus, 'text').status).toBe(status);
  }
});
