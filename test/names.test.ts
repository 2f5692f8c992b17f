import { expect, test } from '@jest/globals';
import { MaskingProfile } from '#contracts';
import { compileMasker } from '#redaction';
import { measureNames, namesSet } from '../bench/masking/names/index.ts';

const maskerOf = (names: 'off' | 'standard' | 'high-recall') =>
  compileMasker(MaskingProfile.parse({ names }), { key: new Uint8Array(32), scope: 's' });

test('the names lane reaches its goals on sentences and names that it was not trained on', () => {
  const { people, addresses, precision, f2 } = measureNames(maskerOf('standard'), namesSet(800));
  expect(people).toBeGreaterThanOrEqual(0.9);
  expect(addresses).toBeGreaterThanOrEqual(0.9);
  expect(precision).toBeGreaterThanOrEqual(0.92);
  expect(f2).toBeGreaterThanOrEqual(0.9);
});

test('high recall finds at least as many people and addresses', () => {
  const set = namesSet(400, 5);
  const standard = measureNames(maskerOf('standard'), set);
  const high = measureNames(maskerOf('high-recall'), set);
  expect(high.people).toBeGreaterThanOrEqual(standard.people);
  expect(high.addresses).toBeGreaterThanOrEqual(standard.addresses);
});

test('without the names lane people are not found', () => {
  expect(measureNames(maskerOf('off'), namesSet(100)).people).toBe(0);
});
