import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { MaskingProfile, type MaskingProfileInput } from '#contracts';
import { compileMasker, needsCompiling } from '#redaction';
import { TablesThread } from './tables-thread.ts';

const execArgv = ['--import', pathToFileURL('libs/testing/source-loader.mjs').href];
const thread = new TablesThread({ execArgv, timeoutMs: 60_000 });
afterAll(() => thread.close());

const profileOf = (input: MaskingProfileInput) => MaskingProfile.parse(input);
const ticket = (id: string, pattern: string, match: string) => ({
  ...{ id, entity: 'TICKET', pattern, boundary: 'none' as const },
  examples: { match: [match] },
});
const masked = (profile: MaskingProfile, text: string) =>
  compileMasker(profile, { key: new Uint8Array(32), scope: 's' }).maskText(text).text;

describe('a profile with rules of its own', () => {
  test('masks with the tables of the thread as with tables made here', async () => {
    const input: MaskingProfileInput = {
      rules: [ticket('t', String.raw`ACME-\d{4,8}`, 'ACME-12345')],
      wordLists: [{ id: 'projects', entity: 'PROJECT', words: ['Blue Heron', 'Bluebird'] }],
      allow: { patterns: ['ACME-0{4,8}'] },
    };
    const profile = profileOf(input);
    expect(needsCompiling(profile)).toBe(true);
    await thread.prepare(profile);
    expect(needsCompiling(profile)).toBe(false);
    const text = 'see ACME-12345 and ACME-0000 of Blue Heron, ask ann@example.com';
    const alike = { ...input, allow: { patterns: ['ACME-0{4,8}'], exact: ['never said'] } };
    expect(masked(profile, text)).toBe(masked(profileOf(alike), text));
    expect(masked(profile, text)).toMatch(
      /^see \[TICKET_\w+\] and ACME-0000 of \[PROJECT_\w+\], ask \[EMAIL/,
    );
  });

  test('never holds up what else this process does', async () => {
    let beats = 0;
    let isReady = false;
    const words = Array.from({ length: 20_000 }, (_, k) => `customer ${k.toString(36)} of ${k % 97}`);
    const ready = thread
      .prepare(profileOf({ wordLists: [{ id: 'customers', entity: 'CUSTOMER', words }] }))
      .finally(() => {
        isReady = true;
      });
    while (!isReady) {
      beats++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await ready;
    expect(beats).toBeGreaterThan(20);
  });

  test('is refused by code where a rule or an example is wrong', async () => {
    const wrong = profileOf({ rules: [ticket('wrong', '(?=a)b', 'b')] });
    await expect(thread.prepare(wrong)).rejects.toMatchObject({ code: 'redaction.pattern_unsupported' });
    const missed = profileOf({ rules: [ticket('missed', 'a', 'b')] });
    await expect(thread.prepare(missed)).rejects.toMatchObject({ code: 'redaction.example_failed' });
  });
});

test('a profile that takes too long fails alone: the next one is compiled in a new thread', async () => {
  const impatient = new TablesThread({ execArgv, timeoutMs: 1 });
  const words = Array.from({ length: 50_000 }, (_, k) => `a long name of number ${k} among many`);
  const slow = profileOf({ wordLists: [{ id: 'names', entity: 'CUSTOMER', words }] });
  const next = profileOf({ rules: [ticket('n', 'NEXT', 'NEXT')] });
  await expect(impatient.prepare(slow)).rejects.toMatchObject({ code: 'redaction.too_slow' });
  expect(needsCompiling(slow)).toBe(true);
  await impatient.close();
  await thread.prepare(next);
  expect(masked(next, 'NEXT')).toMatch(/^\[TICKET/);
});

test('a profile without rules of its own needs no thread', async () => {
  const none = new TablesThread({ worker: new URL('file:///nowhere.js') });
  await none.prepare(profileOf({ packs: ['core'] }));
  await none.close();
});
