import { expect, test } from '@jest/globals';
import { MaskingProfile, type MaskingProfileInput } from '#contracts';
import { compileMasker } from '#redaction';
import { combinedName, combineProfiles } from './profiles.ts';

const profile = (input: MaskingProfileInput) => MaskingProfile.parse(input);
const own = (id: string, pattern: string, match: string) => ({
  id,
  entity: 'OWN',
  pattern,
  examples: { match: [match] },
});

test('a combination masks what either masks, with the stricter operator', () => {
  const a = profile({
    packs: ['core'],
    rules: [own('x', 'AAA[0-9]+', 'AAA1')],
    allow: { exact: ['a@example.com', 'b@example.com'] },
  });
  const b = profile({
    packs: [],
    rules: [own('x', 'BBB[0-9]+', 'BBB1')],
    defaults: { operator: 'redact' },
    allow: { exact: ['b@example.com'] },
  });
  const masker = compileMasker(combineProfiles(a, b), { key: new Uint8Array(16), scope: 's' });
  const { text } = masker.maskText('AAA12 BBB34 a@example.com b@example.com');
  expect(text).not.toMatch(/AAA12|BBB34|a@example/);
  expect(text).toContain('b@example.com');
  expect(combineProfiles(a, b).defaults.operator.kind).toBe('redact');
});

test('a combination finds names where either does, in the languages of both', () => {
  const a = profile({ names: 'standard', languages: ['de'] });
  const both = combineProfiles(a, profile({ names: 'high-recall' }));
  expect([both.names, both.languages]).toEqual(['high-recall', ['de', 'en']]);
  expect(combineProfiles(profile({}), a).names).toBe('standard');
});

test('the order of combining does not change the name', () => {
  expect(combinedName(['b', 'a', 'b'])).toBe('a+b');
});

test('an entity that one side keeps and the other masks is masked', () => {
  const keeps = profile({ entities: { EMAIL_ADDRESS: { operator: 'keep' } } });
  const off = profile({ entities: { EMAIL_ADDRESS: { enabled: false } } });
  const masks = profile({});
  for (const other of [keeps, off]) {
    for (const both of [combineProfiles(masks, other), combineProfiles(other, masks)]) {
      const { text } = compileMasker(both, { key: new Uint8Array(16), scope: 's' }).maskText(
        'to a@example.com',
      );
      expect(text).not.toContain('a@example.com');
    }
  }
});
