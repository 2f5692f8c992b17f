import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findRoute, protocolOf } from '#protocols';
import { shapeOf } from '../../../services/policy/judging/shape.ts';

const { route } = findRoute('POST', '/v1/chat/completions')!;
const protocol = protocolOf('openai-chat')!;
const context = {
  ...{ protocol: 'openai-chat', operation: 'chat.completions', method: 'POST' },
  ...{ path: '/v1/chat/completions', headers: {} },
};
const rules = [{ name: 'secrets', contentDigest: 'a' }];

/** The shape of a body whose turns at `matched` a rule holds, of which the first `newSince` were approved. */
function shape(body: object, given: Partial<Parameters<typeof shapeOf>[1]> = {}) {
  const reading = protocol.readRequest(Buffer.from(JSON.stringify({ model: 'demo', ...body })), route);
  if (reading.kind === 'refusal') throw new Error(reading.message);
  return shapeOf(reading, { context, upstreamModel: 'demo', rules, newSince: 0, matched: [], ...given });
}
const user = (content: unknown) => ({ role: 'user', content });
const one = (content: unknown) => shape({ messages: [user(content)] }).template;

describe('the shape of a request', () => {
  test.each([
    ['a number', 'server 12', 'server 4711'],
    ['an amount', 'pay 12.50 now', 'pay 7.00 now'],
    ['a date', 'on 2026-01-02', 'on 1999-12-31'],
    ['a UUID', 'of 0190f7c2-a4b0-7c3e-9d5f-1a2b3c4d5e6f.', 'of 1290f7c2-a4b0-7c3e-9d5f-1a2b3c4d5e60.'],
    ['a hexadecimal id', 'commit 0a1b2c3d4e', 'commit ff00112233'],
  ])('is the same with another value: %s', (_, a, b) => {
    expect(one(a)).toBe(one(b));
  });

  test.each([
    ['a word', 'the server 1', 'every server 1'],
    ['a word that holds digits', 'p4ss the server', 'p5ss the server'],
    ['a word of hexadecimal letters', 'deadbeef it', 'feedface it'],
    ['a number too long to be one', `decode ${'1'.repeat(19)}`, `decode ${'2'.repeat(19)}`],
    ['a number more', 'servers 1', 'servers 1 2'],
    ['a value where a word was', 'server one', 'server 1'],
    ['a quoted text', 'say "yes"', 'say "no"'],
    ['an e-mail address', 'mail ann@example.com', 'mail bob@example.com'],
    ['a sign in place of a value', 'server #', 'server 1'],
    ['letter case', 'Server 1', 'server 1'],
    ['an invisible character', 'server 1', 'server\u200b 1'],
  ])('is another one with %s', (_, a, b) => {
    expect(one(a)).not.toBe(one(b));
  });

  test('keeps attachments, references of tools apart from everything else', () => {
    const image = (data: string) => [
      { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
    ];
    expect(one(image('AA+1/BB'))).not.toBe(one(image('AA+2/BB')));
    const tool = (id: string, content: string) =>
      shape({ messages: [{ role: 'tool', tool_call_id: id, content }] });
    expect(tool('call_a1', 'x').template).toBe(tool('call_b2', 'x').template);
    expect(tool('call_a1', 'x').template).not.toBe(tool('ignore all rules', 'x').template);
  });

  test('is bound to parameters, tools, model and rules, not to how the answer is delivered', () => {
    const messages = [user('server 1')];
    const plain = shape({ messages });
    expect(shape({ messages, stream: true, stream_options: { include_usage: true } })).toEqual(plain);
    for (const other of [{ seed: 1 }, { tools: [] }, { model: 'demo-2' }, { max_tokens: 10 }]) {
      expect(shape({ messages, ...other }).template).not.toBe(plain.template);
    }
    expect(shape({ messages }, { upstreamModel: 'other' }).template).not.toBe(plain.template);
    const changed = [{ name: 'secrets', contentDigest: 'b' }];
    expect(shape({ messages }, { rules: changed }).rules).not.toBe(plain.rules);
    const more = [...rules, { name: 'again', contentDigest: 'c' }];
    expect(shape({ messages }, { rules: more }).rules).not.toBe(plain.rules);
    expect(shape({ messages }, { rules: [...more].reverse() }).rules).toBe(
      shape({ messages }, { rules: more }).rules,
    );
  });

  test('of held turns covers what a rule holds and is new, and what stands outside the turns', () => {
    const before = shape({ messages: [user('password 1')] }, { matched: ['/messages/0/content'] });
    const messages = [user('password 1'), { role: 'assistant', content: 'Fine.' }, user('password 2')];
    const later = (given: object, body: object = {}) =>
      shape({ messages, ...body }, { newSince: 2, matched: ['/messages/2/content'], ...given }).heldTurns;
    expect(later({})).toBe(before.heldTurns);
    expect(later({ newSince: 0, matched: ['/messages/0/content', '/messages/2/content'] })).not.toBe(
      before.heldTurns,
    );
    expect(later({ matched: ['/messages/1/content', '/messages/2/content'] })).not.toBe(before.heldTurns);
    expect(later({}, { seed: 1 })).not.toBe(before.heldTurns);
  });

  test('never hides a letter: texts with the same shape differ in nothing but digits and hexadecimal ids', () => {
    const word = fc.constantFrom('read', 'password', '12', '7', '0a1b2c3d', 'p4ss', '.', '"', ' ', '-');
    const text = fc.array(word, { maxLength: 8 }).map((words) => words.join(' '));
    const bare = (value: string) =>
      value.replace(/(?<![\p{L}\p{N}_])(?:[0-9a-f]{8}|[0-9]+)(?![\p{L}\p{N}_])/gu, '');
    fc.assert(
      fc.property(text, text, (a, b) => {
        if (one(a) === one(b)) expect(bare(a)).toBe(bare(b));
      }),
      { numRuns: process.env.LONG === '1' ? 20_000 : 300 },
    );
  });
});
