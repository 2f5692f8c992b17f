import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ContentView } from '#contracts';
import {
  draftOf,
  editablesOf,
  redactionOf,
  valuePrefix,
} from '../../services/approval/page/editing/editing.ts';
import { readCookies, readLong, writeCookie, writeLong } from '../../services/approval/page/login/cookies.ts';
import { formToken, isFormToken, pageKeys, seal, unseal } from '../../services/approval/page/login/seal.ts';
import { safePath } from '../../services/approval/page/paths.ts';
import { asFieldText, exact, html } from '../../services/approval/page/views/html.ts';
import { runsOf } from '../../services/approval/page/views/request/difference.ts';
import { lengthOf } from '../../services/approval/page/views/words.ts';

const tricky = fc.string({
  unit: fc.constantFrom('a', '<', '>', '"', "'", '&', '\n', '\u202e', '\u200b', '\0', '\r', 'é', '😀'),
});

describe('a template', () => {
  test('lets no value become markup, leave its attribute, or hide', () => {
    fc.assert(
      fc.property(tricky, (value) => {
        const { text } = html`<p title="${value}">${value}</p>`;
        expect(text).toMatch(/^<p title="[^"<>]*">[^<>]*<\/p>$/);
        expect(text).not.toMatch(/[\u202e\u200b\0\r]/);
      }),
    );
  });
  test('keeps every character of what has to come back', () => {
    fc.assert(
      fc.property(tricky, (value) => {
        const back = exact(value)
          .text.replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&#39;', "'")
          .replaceAll('&amp;', '&');
        expect(back).toBe(value);
      }),
    );
  });
  test('joins lists and leaves out what is not there', () => {
    expect(html`${[html`<b>`, 'x', undefined, false, null, 0]}`.text).toBe('<b>x0');
  });
});

describe('what changed between two texts', () => {
  const words = fc
    .array(fc.constantFrom('a', 'b', 'c ', ' ', '\n'), { maxLength: 40 })
    .map((all) => all.join(''));
  test('is the two texts, nothing more and nothing less', () => {
    fc.assert(
      fc.property(words, words, (before, after) => {
        const runs = runsOf(before, after);
        const side = (left: 'gone' | 'new') =>
          runs.flatMap(({ kind, text }) => (kind === left ? [] : [text])).join('');
        expect([side('new'), side('gone')]).toEqual([before, after]);
      }),
    );
  });
  test('of long texts with nothing in common is found without trying every pair', () => {
    const long = (word: string) => `${word} `.repeat(20_000);
    expect(runsOf(long('x'), long('y')).map(({ kind }) => kind)).toEqual(['gone', 'new']);
  });
});

const item = (pointer: string, name: string, form: 'text' | 'value' | 'json', text: string) => ({
  ...{
    pointer,
    name,
    form,
    segments: text === '' ? [] : [{ text: text.slice(0, 1) }, { text: text.slice(1) }],
  },
});
const content: ContentView = {
  shown: 'clear',
  bytes: 1,
  parts: [
    {
      ...{ kind: 'turn', index: 1, role: 'user', isNew: true },
      items: [
        item('/messages/0/role', 'role', 'text', 'user'),
        item('/messages/0/content', 'content', 'text', 'one\r\ntwo\0'),
      ],
    },
    {
      kind: 'parameters',
      index: 0,
      isNew: true,
      items: [item('/temperature', 'temperature', 'value', '0.5')],
    },
  ],
};

describe('an edit typed into the form', () => {
  const editables = editablesOf(content);
  const typed = (values: Record<string, string>) =>
    Object.fromEntries(Object.entries(values).map(([pointer, value]) => [valuePrefix + pointer, value]));

  test('is nothing where a browser sent back what it was given, line breaks and all', () => {
    const sent = typed({ '/messages/0/content': 'one\r\ntwo\ufffd', '/temperature': '0.5' });
    expect(() => draftOf(editables, sent)).toThrow('Nothing was changed yet.');
    fc.assert(fc.property(tricky, (text) => expect(asFieldText(asFieldText(text))).toBe(asFieldText(text))));
  });
  test('names what changed, and only that', () => {
    const { change } = draftOf(editables, typed({ '/messages/0/content': 'three', '/temperature': '0.7' }));
    expect(change).toEqual({
      edits: [
        { op: 'replace', pointer: '/messages/0/content', value: 'three' },
        { op: 'replace', pointer: '/temperature', value: 0.7 },
      ],
    });
  });
  test('removes a value whose field is emptied, and refuses what is no JSON', () => {
    expect(draftOf(editables, typed({ '/temperature': ' ' })).change).toEqual({
      edits: [{ op: 'remove', pointer: '/temperature' }],
    });
    expect(() => draftOf(editables, typed({ '/temperature': 'warm' }))).toThrow('expected JSON');
  });
  test('of an answer takes out each line’s text, and says so where none is there', () => {
    const answer: ContentView = {
      ...content,
      parts: [
        { kind: 'answer', index: 0, isNew: true, items: [item('', 'text', 'text', 'Ada met Bob; Ada left')] },
      ],
    };
    expect(redactionOf(answer, 'Ada\r\n\r\n', '$&')).toEqual({
      change: { redactions: [{ text: 'Ada', with: '$&' }] },
      differences: [
        {
          pointer: 'text',
          change: 'replaced',
          before: 'Ada met Bob; Ada left',
          after: '$& met Bob; $& left',
        },
      ],
    });
    expect(() => redactionOf(answer, 'Eve', '')).toThrow('None of these texts');
  });
});

describe('a cookie', () => {
  const keys = pageKeys('one secret');
  test('opens for who sealed it, as what it was sealed, in time, and unchanged', async () => {
    const sealed = await seal(keys, 'session', { token: 't' }, 2000);
    expect(await unseal(keys, 'session', sealed, 1000)).toEqual({ token: 't' });
    expect(await unseal(keys, 'session', sealed, 2000)).toBeUndefined();
    expect(await unseal(keys, 'login', sealed, 1000)).toBeUndefined();
    expect(await unseal(pageKeys('another'), 'session', sealed, 1000)).toBeUndefined();
    expect(await unseal(keys, 'session', `${sealed.slice(0, -4)}AAAA`, 1000)).toBeUndefined();
  });
  test('holds a long value in pieces that come back together, and no more than headers may', () => {
    const rule = { secure: true, path: '/', maxAgeSeconds: 60 };
    const value = 'x'.repeat(9000);
    const lines = writeLong('s', value, rule) ?? [];
    const header = lines.map((line) => line.split(';')[0]).join('; ');
    expect(readLong(readCookies(header), 's')).toBe(value);
    expect(lines.every((line) => line.length < 4096 && line.includes('HttpOnly; SameSite=Lax; Secure'))).toBe(
      true,
    );
    expect(writeLong('s', 'x'.repeat(12_000), rule)).toBeUndefined();
    expect(writeCookie('s', '', rule)).toContain('Max-Age=0');
  });
  test('makes form tokens of one session only', () => {
    expect(isFormToken(keys, 'a', formToken(keys, 'a'))).toBe(true);
    for (const token of [formToken(keys, 'b'), '', formToken(pageKeys('another'), 'a')]) {
      expect(isFormToken(keys, 'a', token)).toBe(false);
    }
  });
});

test('a way back after a login leads to this page only', () => {
  for (const to of [
    '/approvals',
    '/approvals/req-1?said=approved',
    '/reviews',
    '/grants?state=all',
    '/statistics',
    '/login/done',
  ])
    expect(safePath(to)).toBe(to);
  for (const to of [
    '//evil.test',
    '/\\evil.test',
    'https://evil.test',
    '/approvals\\..\\',
    '/approvalsx',
    '/logout',
    undefined,
    ['/reviews'],
  ]) {
    expect(safePath(to)).toBe('/approvals');
  }
});

test('a length of time is said in its largest unit', () => {
  expect([0, 59_000, 90_000, 3_600_000, 86_395_000, 200_000_000].map(lengthOf)).toEqual([
    ...['less than a minute', '1 minute', '2 minutes', '1 hour', '1 day', '2 days'],
  ]);
});
