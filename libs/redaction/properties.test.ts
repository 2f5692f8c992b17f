import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { MaskingProfile, type MaskingProfileInput } from '#contracts';
import { compileProfile } from './compile.ts';
import { Judge } from './detecting/judge.ts';
import { compileMasker } from './masker.ts';
import { Scanner } from './scanning/scanner.ts';

const numRuns = process.env.LONG === '1' ? 100_000 : 5_000;
jest.setTimeout(process.env.LONG === '1' ? 3_600_000 : 300_000);
const key = new Uint8Array(32).fill(9);

const profiles = new Map<string, MaskingProfile>();

/** A profile is read once: parsing it takes longer than masking one of the texts. */
function maskerOf(scope = 's', input: MaskingProfileInput = {}) {
  const text = JSON.stringify(input);
  const profile = profiles.get(text) ?? MaskingProfile.parse(input);
  profiles.set(text, profile);
  return compileMasker(profile, { key, scope });
}

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));
const base62 = (min: number, max: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9]{${min},${max}}$`));
const value = fc.oneof(
  fc.constantFrom(
    '4111 1111 1111 1111',
    '5500-0055-5555-5559',
    '378282246310005',
    'jane.doe@example.com',
    'GB82 WEST 1234 5698 7654 32',
    '192.168.7.41',
    '2001:db8:85a3::8a2e:370:7334',
    '219-09-9999',
    '+1 415 555 2671',
    '(415) 555-2671',
    'postgres://app:s3cr3tPw@db:5432/x',
    'password="xK9#mP2$vL5"',
    '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq\n-----END RSA PRIVATE KEY-----',
    '00:1b:63:84:45:e6',
    '612 34 56 78',
    '32 12 34 56',
    '06 39 98 12 34',
    '020 7946 0958 ext 12',
    '30 82 01 e4 a0 03',
    '4155552671',
    '2001:db8::',
    '943 476 5919/',
  ),
  base62(16, 40).map((text) => `api_token: |\n  ${text}`),
  base62(16, 40).map((text) => `id,apiToken,${text},x`),
  base62(16, 40).map((text) => `\\"api_token\\": \\"${text}\\"`),
  base62(16, 40).map((text) => `var apiToken string = "${text}"`),
  base62(36, 36).map((text) => `ghp_${text}`),
  base62(20, 900).map((text) => `api_key=${text}`),
  fc.tuple(base62(20, 700), base62(20, 700)).map(([a, b]) => `eyJhbGciOi${a}.eyJzdWIiOi${b}.${a}`),
  digits(9),
  digits(16),
  digits(3).map((d) => `10.0.${d}.1`),
);
const noise = fc.oneof(
  fc.constantFrom(
    ' ',
    ' ',
    ', ',
    '\n',
    '.',
    ':',
    '=',
    '-',
    '+',
    '@',
    '"',
    '(',
    ')',
    '[',
    ']',
    '\u200b',
    '\u00a0',
    '😀',
    '\ud83d',
    'ssn ',
    'phone: ',
    'key',
    'token=',
    'key=',
    'the account number is ',
    '1-1-',
    '日本',
    'é',
    '-----BEGIN ',
    '-----END ',
    '[EMAIL_ADDRESS_abcde]',
    'a',
    'x.y',
    '://',
    'lorem ipsum dolor ',
  ),
  fc.string({ maxLength: 8 }),
);
const text = fc.array(fc.oneof(value, noise, noise), { maxLength: 14 }).map((parts) => parts.join(''));
const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 30 });

const adversarial = [
  ...['key=', '1-', 'a.b@', '-----BEGIN ', 'password: ', '4111 ', 'eyJ', '[EMAIL_', 'x', '://a:'],
  ...['key is ', "token '", '+1 (0)', 'a!b#', 'ENV a '],
];

/** Cuts a text at the given distances, again and again. */
function pieces(whole: string, distances: readonly number[]): string[] {
  const out: string[] = [];
  let at = 0;
  for (const distance of distances) {
    out.push(whole.slice(at, at + distance));
    at += distance;
  }
  return [...out, whole.slice(at)];
}

function streamed(chunks: readonly string[], scope = 's', masker = maskerOf(scope)) {
  const stream = masker.openStream();
  const emitted = chunks.map((chunk) => stream.push(chunk));
  emitted.push(stream.end());
  return { emitted, text: emitted.join(''), findings: stream.findings };
}

test('the cut of a stream changes neither the masked text nor the findings', () => {
  fc.assert(
    fc.property(text, cuts, fc.constantFrom(128, 512), (whole, distances, holdChars) => {
      const masker = maskerOf('s', { streaming: { holdChars } });
      const cut = streamed(pieces(whole, distances), 's', masker);
      const uncut = masker.maskText(whole);
      expect(cut.text).toBe(uncut.text);
      expect(cut.findings).toEqual(uncut.findings);
    }),
    { numRuns },
  );
});

test('a stream of single code units gives the same text', () => {
  fc.assert(
    fc.property(text, (whole) => {
      expect(streamed(whole.split('')).text).toBe(maskerOf().maskText(whole).text);
    }),
    { numRuns: Math.ceil(numRuns / 4) },
  );
});

test('no emission holds the beginning of a value that is masked in the end', () => {
  fc.assert(
    fc.property(text, cuts, (whole, distances) => {
      const { emitted, text: masked, findings } = streamed(pieces(whole, distances));
      // Rebuild the output from the findings alone: all that is emitted lies outside of them.
      let at = 0;
      let rest = masked;
      for (const finding of findings) {
        const between = whole.slice(at, finding.start);
        expect(rest.startsWith(between)).toBe(true);
        rest = rest.slice(between.length).replace(/^\[[A-Z0-9_]+_[a-z2-7]+\]/, '');
        at = finding.end;
      }
      expect(rest).toBe(whole.slice(at));
      expect(masked.startsWith(emitted.slice(0, 3).join(''))).toBe(true);
    }),
    { numRuns },
  );
});

test('a stream never holds more than 512 characters', () => {
  fc.assert(
    fc.property(text, cuts, (whole, distances) => {
      const stream = maskerOf().openStream();
      for (const piece of pieces(whole, distances)) {
        stream.push(piece);
        expect(stream.heldChars).toBeLessThanOrEqual(512);
      }
    }),
    { numRuns },
  );
});

test('digits that an earlier pass took for a piece of a longer number stay one, however the text is cut', () => {
  for (const gap of [' ', '/', '. ', ' (', '-']) {
    const once = maskerOf().maskText(`612 34 56 78${gap}4111 1111 1111 1111`).text;
    expect(maskerOf().maskText(once).text).toBe(once);
    expect(streamed(once.split('')).text).toBe(once);
  }
  expect(maskerOf().maskText('612 34 56 78 [see below]').findings).toHaveLength(1);
  expect(maskerOf().maskText('phone 612 34 56 78 [CREDIT_CARD_abcde]').findings).toHaveLength(1);
});

test('masking a masked text changes nothing', () => {
  fc.assert(
    fc.property(text, (whole) => {
      const once = maskerOf().maskText(whole).text;
      expect(maskerOf().maskText(once).text).toBe(once);
    }),
    { numRuns },
  );
});

test('the same value has the same placeholder in every text of a scope, and another in any other scope', () => {
  fc.assert(
    fc.property(text, (prefix) => {
      const line = ' jane.doe@example.com ';
      const placeholder = /\[EMAIL_ADDRESS_[a-z2-7]+\](?= $)/;
      const alone = placeholder.exec(maskerOf('a').maskText(line).text)?.[0];
      expect(alone).toBeDefined();
      expect(maskerOf('b').maskText(line).text).not.toContain(alone);
      const after = maskerOf('a').maskText(`${prefix}\n"]} ${line}`).text;
      if (!prefix.includes('-----BEGIN')) expect(placeholder.exec(after)?.[0]).toBe(alone);
    }),
    { numRuns },
  );
});

test('an allowed value passes, whatever stands around it, and its neighbours are still masked', () => {
  const input = { allow: { exact: ['help@example.com'] } };
  fc.assert(
    fc.property(fc.constantFrom(' ', '\n', ', ', ' - ', ' <'), (gap) => {
      const { text: masked } = maskerOf('s', input).maskText(`help@example.com${gap}jane@example.com`);
      expect(masked.startsWith(`help@example.com${gap}[EMAIL_ADDRESS_`)).toBe(true);
    }),
    { numRuns: Math.ceil(numRuns / 4) },
  );
});

test('after a failure nothing more of the text comes out', () => {
  const broken = compileMasker(MaskingProfile.parse({}), {
    key,
    scope: 's',
    trace: () => {
      throw new Error('fault');
    },
  });
  const stream = broken.openStream();
  const before = stream.push('hello! ');
  const rest = stream.push('4111 1111 1111 1112 and 123-45-6789 then') + stream.push(' more') + stream.end();
  expect(before).toBe('hello! ');
  expect(rest).not.toContain('more');
  expect(stream.blocked).toBe(true);
});

test('reading four times the text takes about four times the steps, also of adversarial text', () => {
  const { detector, allow, thresholdOf } = compileProfile(MaskingProfile.parse({}));
  const steps = (text: string) => {
    const sink = { text: () => {}, region: () => {}, swallowed: () => {} };
    const limits = { holdChars: 512, armourChars: 16_384 };
    const scanner = new Scanner(detector, new Judge(detector, { thresholdOf, allow }), sink, limits);
    scanner.push(text);
    scanner.end();
    return scanner.readChars;
  };
  for (const unit of adversarial) {
    const once = steps(unit.repeat(2_000));
    expect(steps(unit.repeat(8_000))).toBeLessThan(4.5 * once);
    // Starts whose walks meet share the rest of the way: without that it is up to 512 steps for each character.
    expect(once).toBeLessThanOrEqual(unit.length * 2_000 * 32);
  }
});
