import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { differencesOf } from '#protocols';
import { unseenAsText } from '../../../cli/terminal.ts';
import { type Rewriting, rewrite } from '../../../services/approval/deciding/rewrite.ts';
import { rulesOf, suggestionsOf } from '../../../services/approval/listing/statistics.ts';
import { editablesOf } from '../../../services/approval/page/editing/editing.ts';
import { nameOfUnseen, segmentsOf } from '../../../services/approval/showing/segments.ts';
import { viewContent } from '../../../services/approval/showing/view.ts';

const bytes = (value: unknown): Buffer =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value), 'utf8');
const chat = {
  gate: 'prompt',
  protocol: 'openai-chat',
  operation: 'chat.completions',
  stream: false,
} as const;
const tricky = fc.string({
  unit: fc.constantFrom('a', ' ', '\n', '\u200b', '\u202e', '\u0007', '😀', '\u{e0041}', 'é'),
});

describe('the pieces of a shown text', () => {
  const spans = fc.array(fc.record({ start: fc.nat(30), end: fc.nat(30), rule: fc.constantFrom('a', 'b') }));
  test('joined are the text, whatever matches and whatever it holds', () => {
    fc.assert(
      fc.property(tricky, spans, (text, matches) => {
        const segments = segmentsOf(text, matches);
        expect(segments.map((segment) => segment.text).join('')).toBe(text);
        expect(segments.every((segment) => segment.text !== '')).toBe(true);
      }),
    );
  });
  test('say every character that cannot be seen, and a run of one only once', () => {
    fc.assert(
      fc.property(tricky, (text) => {
        for (const { text: piece, invisible } of segmentsOf(text, [])) {
          expect(invisible === undefined).toBe(!/[\u200b\u202e\u0007\u{e0041}]/u.test(piece));
        }
      }),
    );
    expect(segmentsOf('a\u200b\u200b\u200bb', [])).toEqual([
      { text: 'a' },
      { text: '\u200b\u200b\u200b', invisible: 'U+200B ZERO WIDTH SPACE ×3' },
      { text: 'b' },
    ]);
    expect(nameOfUnseen(0xe0062)).toBe('U+E0062 TAG b');
  });
  test('mark exactly what matched', () => {
    expect(segmentsOf('my password here', [{ start: 3, end: 11, rule: 'secrets' }])).toEqual([
      { text: 'my ' },
      { text: 'password', rules: ['secrets'] },
      { text: ' here' },
    ]);
  });
  test('never reach a terminal as something it obeys', () => {
    fc.assert(
      fc.property(tricky, (text) => expect(unseenAsText(text)).not.toMatch(/[\u200b\u202e\u0007\u{e0041}]/u)),
    );
    expect(unseenAsText('\u001b[2J')).toBe('⟨U+001B⟩[2J');
  });
});

describe('the view of a request', () => {
  const body = {
    model: 'demo',
    temperature: 0.5,
    'x-own': { deep: ['kept'] },
    tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
    messages: [
      { role: 'system', content: 'be kind' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
      { role: 'user', content: 'new' },
    ],
  };
  const parts = viewContent(bytes(body), { ...chat, address: '', matches: [], newSinceTurn: 3 });

  test('leaves no text and no number out, known field or not', () => {
    const shown = JSON.stringify(parts);
    for (const piece of ['be kind', 'new', '0.5', 'kept', 'look', 'demo']) expect(shown).toContain(piece);
  });
  test('puts the turns nobody approved first', () => {
    const turns = parts.filter(({ kind }) => kind === 'turn');
    expect(turns.map(({ index, isNew }) => [index, isNew])).toEqual([
      [3, true],
      [1, false],
      [2, false],
    ]);
  });
  test('names what an attachment is, and its digest', () => {
    const items = parts.flatMap((part) => part.items);
    expect(items.find(({ form }) => form === 'attachment')?.attachment).toMatchObject({
      ...{ kind: 'image', mediaType: 'image/png', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });
  test('masks every text where a profile says so', () => {
    const masked = viewContent(bytes(body), {
      ...chat,
      address: '',
      matches: [],
      newSinceTurn: 0,
      mask: () => ({ text: '#', findings: [] }),
    });
    expect(JSON.stringify(masked)).not.toContain('be kind');
  });
  test('marks matches where they stand in a masked text, and what stands for a match that was masked', () => {
    const text = 'the password of jane@example.com is for mary@example.com, a password';
    const mask = () => ({
      text: 'the password of [A] is for [LONGER_THAN_IT_WAS], a password',
      findings: [
        { start: 16, end: 32, standsFor: 3 },
        { start: 40, end: 56, standsFor: 20 },
      ],
    });
    const at = (start: number, end: number) => ({
      ...{ rule: 'r', condition: 'c', pointer: '/messages/0/content' },
      ...{ start, end },
    });
    const content = { messages: [{ role: 'user', content: text }] };
    const [part] = viewContent(bytes(content), {
      ...chat,
      ...{ address: '', newSinceTurn: 0, mask },
      matches: [at(4, 12), at(21, 28), at(60, 68)],
    });
    const item = part?.items.find(({ pointer }) => pointer === '/messages/0/content');
    const marked = item?.segments.filter(({ rules }) => rules).map((segment) => segment.text);
    expect(marked).toEqual(['password', '[A]', 'password']);
  });
  test('shows what the caller wrote into the address, which no edit changes', () => {
    const match = { rule: 'secrets', pointer: '/:url', start: 2, end: 10, condition: 'password' };
    const seen = viewContent(bytes(body), {
      ...chat,
      address: 'q=password',
      matches: [match],
      newSinceTurn: 0,
    });
    const address = seen.find(({ kind }) => kind === 'address');
    expect(address?.items[0]?.segments).toEqual([{ text: 'q=' }, { text: 'password', rules: ['secrets'] }]);
    const editables = editablesOf({ shown: 'clear', bytes: 1, parts: seen });
    expect(editables.map(({ pointer }) => pointer)).not.toContain('/:url');
  });
  test('of what no protocol reads is the text itself', () => {
    const raw = viewContent(bytes('plain'), {
      ...chat,
      address: '',
      protocol: 'none',
      matches: [],
      newSinceTurn: 0,
    });
    expect(raw).toMatchObject([{ kind: 'raw', items: [{ segments: [{ text: 'plain' }] }] }]);
  });
});

describe('the differences of an edit', () => {
  test('are none for the same, and name each value that changed, came or went', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => expect(differencesOf(bytes(value), bytes(value))).toEqual([])),
    );
    expect(differencesOf(bytes({ a: 1, b: 'x', 'c/d': [1] }), bytes({ b: 'y', 'c/d': [1, 2] }))).toEqual([
      { pointer: '/a', change: 'removed', before: '1' },
      { pointer: '/b', change: 'replaced', before: 'x', after: 'y' },
      { pointer: '/c~1d/1', change: 'added', after: '2' },
    ]);
  });
});

describe('an edit of an answer', () => {
  const answer = {
    choices: [{ index: 0, message: { role: 'assistant', content: 'one two one' }, finish_reason: 'stop' }],
  };
  const redacted = (rewriting: Rewriting) => {
    const result = rewrite(bytes(answer), rewriting, { ...chat, gate: 'response' });
    return 'fault' in result ? result.fault : JSON.parse(result.bytes.toString());
  };
  test('takes a text out everywhere, with replacement text taken literally', () => {
    const { choices } = redacted({ redactions: [{ text: 'one', with: '$&' }] });
    expect(choices[0].message.content).toBe('$& two $&');
  });
  test('may change texts by pointer, and nothing but texts', () => {
    const pointer = '/choices/0/message/content';
    expect(redacted({ edits: [{ op: 'replace', pointer, value: '' }] }).choices[0].message.content).toBe('');
    const fault = 'only texts of an answer can be changed or emptied';
    expect(redacted({ edits: [{ op: 'replace', pointer, value: 7 }] })).toBe(fault);
    expect(redacted({ edits: [{ op: 'remove', pointer }] })).toBe(fault);
    expect(redacted({ body: 'not json' })).toBe(fault);
  });
});

describe('a suggestion', () => {
  test('is made for a rule that people always approve, once there is enough to say so', () => {
    expect(suggestionsOf([{ rule: 'r', decided: 214, approved: 214 }])).toEqual([
      'Rule r: 214 of 214 approved in 30 d. Consider allowing it, or asking for less.',
    ]);
    expect(suggestionsOf([{ rule: 'r', decided: 19, approved: 19 }])).toEqual([]);
    expect(suggestionsOf([{ rule: 'r', decided: 214, approved: 213 }])).toEqual([]);
  });
});

test('statistics name each rule once, with what waits for it and what was decided', () => {
  const waiting = [
    { rules: ['secrets', 'machines'], count: 3, oldest: new Date(700) },
    { rules: ['machines'], count: 2, oldest: new Date(400) },
  ];
  const decided = [{ rule: 'machines', decided: 4, approved: 3, p50: 10, p95: 20, quick: 0.25 }];
  const none = { decided: 0, approved: 0, p50Ms: null, p95Ms: null, underFiveSeconds: null };
  expect(rulesOf(waiting, decided, 1000)).toEqual([
    {
      rule: 'machines',
      pending: 5,
      oldestPendingMs: 600,
      decided: 4,
      approved: 3,
      p50Ms: 10,
      p95Ms: 20,
      underFiveSeconds: 0.25,
    },
    { rule: 'secrets', pending: 3, oldestPendingMs: 300, ...none },
  ]);
});
