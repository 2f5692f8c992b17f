import { describe, expect, test } from '@jest/globals';
import { MaskingProfile, type MaskingProfileInput } from '#contracts';
import { compileMasker } from './masker.ts';

const key = new Uint8Array(32).fill(2);
const maskerOf = (input: MaskingProfileInput, direction?: 'request' | 'answer') =>
  compileMasker(MaskingProfile.parse(input), { key, scope: 's', ...(direction && { direction }) });
const ticket = {
  id: 'ticket',
  entity: 'TICKET',
  pattern: String.raw`ACME-\d{4,8}`,
  examples: { match: ['see ACME-12345'], noMatch: ['ACME-12'] },
};

describe('a pattern that cannot be matched in linear time is refused by name', () => {
  test.each([
    ['look-ahead', 'a(?=b)', 'redaction.pattern_unsupported'],
    ['look-behind', '(?<!a)b', 'redaction.pattern_unsupported'],
    ['a back-reference', String.raw`(a)\1`, 'redaction.pattern_unsupported'],
    ['an anchor', '^a$', 'redaction.pattern_unsupported'],
    ['a word boundary', String.raw`\ba`, 'redaction.pattern_unsupported'],
    ['a lazy quantifier', 'a+?b', 'redaction.pattern_unsupported'],
    ['an unclosed group', '(a', 'redaction.pattern_syntax'],
    ['an unclosed class', '[a', 'redaction.pattern_syntax'],
    ['nothing to repeat', '*a', 'redaction.pattern_syntax'],
    ['a pattern of nothing', 'a*', 'redaction.pattern_matches_empty'],
    ['nested repetition that explodes', '(?:(?:a{1000}){1000}){1000}', 'redaction.pattern_too_large'],
  ])('%s', (_name, pattern, code) => {
    const rules = [{ ...ticket, pattern }];
    expect(() => maskerOf({ rules })).toThrow(expect.objectContaining({ code }));
  });
});

test('a pattern that backtracking engines choke on is matched in linear time', () => {
  const rules = [{ ...ticket, pattern: '(?:a+)+b', boundary: 'none' as const, examples: { match: ['aab'] } }];
  expect(maskerOf({ rules, packs: [] }).maskText(`${'a'.repeat(20_000)}c aab`).text).toMatch(
    /c \[TICKET_\w+\]$/,
  );
});

test('an own rule masks what it describes', () => {
  expect(maskerOf({ rules: [ticket] }).maskText('see ACME-12345, not XACME-12345').text).toMatch(
    /^see \[TICKET_[a-z2-7]{5}\], not XACME-12345$/,
  );
});

test('a rule whose examples do not hold is refused', () => {
  const wrong = { ...ticket, examples: { match: ['ACME-1'] } };
  expect(() => maskerOf({ rules: [wrong] })).toThrow(
    expect.objectContaining({
      code: 'redaction.example_failed',
      message: 'rule ticket: examples.match[0] is not found',
    }),
  );
});

test('words of a list are masked in any letter case, whole words only', () => {
  const wordLists = [{ id: 'projects', entity: 'PROJECT', words: ['Blue Heron', 'Bluebird'] }];
  const { text } = maskerOf({ wordLists }).maskText('BLUE HERON and bluebirds and bluebird');
  expect(text).toMatch(/^\[PROJECT_\w+\] and bluebirds and \[PROJECT_\w+\]$/);
});

test('addresses of an allowed network pass, others are masked', () => {
  const { text } = maskerOf({ allow: { cidrs: ['10.0.0.0/8'] } }).maskText('from 10.1.2.3 to 192.168.44.55');
  expect(text).toMatch(/^from 10\.1\.2\.3 to \[IP_ADDRESS_\w+\]$/);
});

test('an allow pattern must cover the whole value', () => {
  const masker = maskerOf({ allow: { patterns: [String.raw`[a-z]+@example\.com`] } });
  expect(masker.maskText('a@example.com').text).toBe('a@example.com');
  expect(masker.maskText('a@example.com.evil.org').text).toMatch(/^\[EMAIL_ADDRESS_/);
});

test('an entity counts only where the profile says', () => {
  const entities = { EMAIL_ADDRESS: { where: 'answer' as const } };
  expect(maskerOf({ entities }, 'request').maskText('a@example.com').findings).toEqual([]);
  expect(maskerOf({ entities }, 'answer').maskText('a@example.com').findings).toHaveLength(1);
});

test('a disabled entity is not found', () => {
  expect(maskerOf({ entities: { EMAIL_ADDRESS: { enabled: false } } }).findSpans('a@example.com')).toEqual(
    [],
  );
});

test('maskers of one profile share their digest, another profile has another', () => {
  expect(maskerOf({}).digest).toBe(maskerOf({}).digest);
  expect(maskerOf({ rules: [ticket] }).digest).not.toBe(maskerOf({}).digest);
});

test('a wrong network and a short key are refused', () => {
  expect(() => maskerOf({ allow: { cidrs: ['10.0.0.0/99'] } })).toThrow(
    expect.objectContaining({ code: 'redaction.bad_cidr' }),
  );
  expect(() => compileMasker(MaskingProfile.parse({}), { key: new Uint8Array(4), scope: 's' })).toThrow(
    expect.objectContaining({ code: 'redaction.bad_key' }),
  );
});
