import { isDeepStrictEqual } from 'node:util';
import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { MaskingProfile, type MaskingProfileInput } from '#contracts';
import { compileMasker } from '../masker.ts';

const numRuns = process.env.LONG === '1' ? 100_000 : 5_000;
jest.setTimeout(process.env.LONG === '1' ? 3_600_000 : 300_000);
const key = new Uint8Array(32).fill(9);

const profiles = new Map<string, MaskingProfile>();

/** A profile is read once: parsing it takes longer than masking one of the texts. */
function maskerOf(scope = 's', input: MaskingProfileInput = {}) {
  const text = JSON.stringify(input);
  const profile = profiles.get(text) ?? MaskingProfile.parse({ names: 'standard', ...input });
  profiles.set(text, profile);
  return compileMasker(profile, { key, scope });
}

const word = (min: number, max: number) => fc.stringMatching(new RegExp(`^[A-Z][a-z]{${min},${max}}$`));
const name = fc.oneof(
  fc.constantFrom(
    'Mary Smith',
    'Dr. Okafor',
    'J. R. Müller',
    "Sean O'Brien",
    'García, Lucía',
    'Jean-Luc van der Berg',
    '12 Foo St., Apt. 4, Springfield, IL 62704',
    '48764 Howard Forge Apt. 421\nVanessaside, PA 19763',
    'Hauptstraße 12, 10115 Berlin',
    'P.O. Box 12',
    'Paris',
    'New York City',
    'Johnson & Partners Ltd',
    'mary smith',
    'MARY SMITH',
    'Михаил Петров',
  ),
  fc.tuple(word(1, 12), word(1, 30)).map((parts) => parts.join(' ')),
  fc.array(word(1, 9), { minLength: 5, maxLength: 30 }).map((parts) => parts.join(' ')),
);
const value = fc.oneof(
  fc.constantFrom(
    ...['jane.doe@example.com', '4111 1111 1111 1111', '+1 415 555 2671', '192.168.7.41', '-192.168.7.41'],
    ...['612 34 56 78', '_020 7946 0958'],
  ),
  fc.stringMatching(/^[A-Za-z0-9]{20,900}$/).map((text) => `api_key=${text}`),
);
const noise = fc.oneof(
  fc.constantFrom(
    ...[' ', ' ', ' ', ', ', '\n', '\n\n', '.', '. ', ':', '-', '@', '"', '(', ')', '<', '>', '’s ', "'s "],
    ...[
      '        ',
      '\u200b',
      '\u00a0',
      '😀',
      '\ud83d',
      '日本',
      '[PERSON_abcde]',
      '[EMAIL_ADDRESS_abcde]',
      '[',
    ],
    ...[
      'my name is ',
      'I live at ',
      'Dear ',
      ' said ',
      ' and ',
      'from ',
      'key=',
      '1-1-',
      'a',
      '12 ',
      '+',
      '+1',
      'Main St.',
      'phone ',
      ' 415 555 2671',
      ' works at ',
    ],
  ),
  fc.string({ maxLength: 8 }),
  fc.stringMatching(/^[A-Za-z]{30,80}$/),
);
const text = fc.array(fc.oneof(name, noise, noise, value), { maxLength: 14 }).map((parts) => parts.join(''));
const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 40 });

function pieces(whole: string, distances: readonly number[]): string[] {
  const out: string[] = [];
  let at = 0;
  for (const distance of distances) {
    out.push(whole.slice(at, at + distance));
    at += distance;
  }
  return [...out, whole.slice(at)];
}

function streamed(chunks: readonly string[], input?: MaskingProfileInput) {
  const stream = maskerOf('s', input).openStream();
  let held = 0;
  const emitted = chunks.map((chunk) => {
    const out = stream.push(chunk);
    held = Math.max(held, stream.heldChars);
    return out;
  });
  emitted.push(stream.end());
  return { emitted, text: emitted.join(''), findings: stream.findings, held };
}

test('a name is decided the same however the text is cut, and the hold stays within its limit', () => {
  fc.assert(
    fc.property(text, cuts, fc.constantFrom(128, 300, 512, 512), (whole, distances, holdChars) => {
      const input = { streaming: { holdChars } };
      const cut = streamed(pieces(whole, distances), input);
      const uncut = maskerOf('s', input).maskText(whole);
      expect(cut.text).toBe(uncut.text);
      expect(cut.findings).toEqual(uncut.findings);
      expect(cut.held).toBeLessThanOrEqual(holdChars);
    }),
    { numRuns },
  );
});

test('a stream of single code units gives the same text and holds within the limit', () => {
  fc.assert(
    fc.property(text, (whole) => {
      const { text: masked, held } = streamed(whole.split(''));
      expect(masked).toBe(maskerOf().maskText(whole).text);
      expect(held).toBeLessThanOrEqual(512);
    }),
    { numRuns },
  );
});

test('no emission holds the beginning of a name that is masked in the end', () => {
  fc.assert(
    fc.property(text, cuts, (whole, distances) => {
      const { text: masked, findings } = streamed(pieces(whole, distances));
      let at = 0;
      let rest = masked;
      for (const finding of findings) {
        const between = whole.slice(at, finding.start);
        if (!rest.startsWith(between)) throw new Error(`${JSON.stringify(between)} is not what comes out`);
        rest = rest.slice(between.length).replace(/^\[[A-Z0-9_]+_[a-z2-7]+\]/, '');
        at = finding.end;
      }
      expect(rest).toBe(whole.slice(at));
    }),
    { numRuns },
  );
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

test('a zero-width character behind a placeholder hides nothing of it: what follows is judged as before', () => {
  const once = '[PERSON_abcde]\u200b192.168.7.41';
  expect(maskerOf().maskText(once).text).toBe(once);
});

test.each(['my name is george papadopoulos', 'my name is gurpreet dhaliwal and i live here'])(
  'a name without capitals is found where a word announces it: %s',
  (whole) => {
    const [name] = /(?<=my name is )\w+ \w+/.exec(whole)!;
    const spans = maskerOf().findSpans(whole);
    expect(spans.map(({ start, end }) => whole.slice(start, end))).toEqual([name]);
  },
);

test.each([
  '1AFFD\t1AFFE\tKatakana\n1B000\t\tKatakana\n1B001\t1B11F\tHiragana',
  '#define GL_LINEAR_MIPMAP_LINEAR\t\t\t0x2703\n#define GL_NORMAL_ARRAY\t\t0x8075',
  'static PyObject *\nfoo_new(PyObject *self, PyObject *args);',
])('tables of code points, constants and declarations hold no names: %j', (whole) => {
  expect(maskerOf().findSpans(whole)).toEqual([]);
});

test('a value that a pattern finds is found with names on, too', () => {
  fc.assert(
    fc.property(text, (whole) => {
      const found = maskerOf('s', { names: 'high-recall' }).findSpans(whole);
      for (const span of maskerOf('s', { names: 'off' }).findSpans(whole))
        if (!found.some((one) => isDeepStrictEqual(one, span)))
          throw new Error(`lost: ${JSON.stringify(span)}`);
    }),
    { numRuns },
  );
});

const OTHER_PROFILE = MaskingProfile.parse({ names: 'standard' });
const OTHER_KEY = key.map((k) => k + 1);

test('the same text gives the same names, in every run and with any key', () => {
  fc.assert(
    fc.property(text, (whole) => {
      const other = compileMasker(OTHER_PROFILE, { key: OTHER_KEY, scope: 't' });
      expect(other.findSpans(whole)).toEqual(maskerOf().findSpans(whole));
    }),
    { numRuns: Math.ceil(numRuns / 4) },
  );
});
