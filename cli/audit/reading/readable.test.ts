import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Replay } from '#contracts';
import { type ProtocolName, protocolOf } from '#protocols';
import { continuedText, stepText } from '../text.ts';
import { readableAnswer, readablePrompt } from './readable.ts';
import { readableSteps } from './readable-steps.ts';

const people = { streams: true, bodies: true };
const chat = { protocol: 'openai-chat', operation: 'chat.completions' };
const event = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const replayOf = (frames: readonly string[], written: object = chat): Replay => ({
  ...{ id: 'req-00000000000070008000000000000000', ...chat, ...written },
  steps: frames.map((text, index) => ({ atMs: index + 1, kind: 'answer', text })),
});
const golden = (name: ProtocolName, file: string) =>
  readFileSync(join(import.meta.dirname, '../../../libs/protocols', name, 'golden', file), 'utf8');

const streams = (
  ['openai-chat', 'openai-completions', 'openai-responses', 'anthropic', 'ollama'] as const
).flatMap((name) =>
  readdirSync(join(import.meta.dirname, '../../../libs/protocols', name, 'golden'))
    .filter((file) => file.startsWith('stream-'))
    .map((file) => [name, file] as const),
);

describe.each(streams)('%s %s', (name, file) => {
  const protocol = protocolOf(name);
  const operation = /\.([a-z_.]+)\.(?:sse|ndjson)$/.exec(file)?.[1];
  const route = protocol.routes.find((one) => one.operation === operation) ?? protocol.routes[0];
  if (route === undefined) throw new Error(`${name} has no route`);
  const text = golden(name, file);
  const stream = protocol.openAnswerStream(route, {});
  stream.push(Buffer.from(text));
  const { record } = stream.end();

  test('a stream is played as everything that its record says, however it was cut into frames', () => {
    for (const size of [1, 7, 4096]) {
      const frames = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'gu')) ?? [];
      const steps = readableSteps(replayOf(frames, { protocol: name, operation: route.operation }), people);
      const said = (label: RegExp) =>
        steps.map((step) => (label.test(step.label ?? '?') ? step.text : '')).join('');
      const [first] = record.choices;
      expect(said(/^$/)).toBe(first?.text ?? '');
      expect(said(/^thinks$/)).toBe(first?.reasoning ?? '');
      expect(said(/^refuses$/)).toBe(first?.refusal ?? '');
      for (const call of first?.toolCalls ?? []) expect(said(/^calls /)).toContain(call.arguments);
      expect(steps.some(({ label }) => label === 'fails')).toBe(record.error !== undefined);
    }
  });

  test('a stream is shown whole as text, without its framing', () => {
    const shown = readableAnswer({ protocol: name, operation: route.operation }, text) ?? '';
    for (const choice of record.choices) expect(shown).toContain(choice.text.replaceAll('\n', '\n  '));
    for (const call of record.choices.flatMap(({ toolCalls }) => toolCalls)) {
      expect(shown).toContain(`calls ${call.name}: ${call.arguments}`);
    }
    expect(shown).not.toMatch(/^data:/m);
  });
});

test('tokens are played at their own times and go on in one line until something else is said', () => {
  const call = { index: 0, id: 'c1', function: { name: 'pay', arguments: '' } };
  const more = { index: 0, function: { arguments: '{"to":1}' } };
  const frames = [
    ...[event({ role: 'assistant', content: '' }), event({ content: 'Hel' }), event({ content: 'lo' })],
    ...[event({ tool_calls: [call] }), event({ tool_calls: [more] }), event({ refusal: 'No.' }, 'stop')],
    'data: [DONE]\n\n',
  ];
  const steps = readableSteps(replayOf(frames), people);
  expect(steps.map(({ atMs, label, text, continues }) => [atMs, label, text, continues])).toEqual([
    [2, '', 'Hel', false],
    [3, '', 'lo', true],
    [5, 'calls pay', '{"to":1}', false],
    [6, 'refuses', 'No.', false],
  ]);
  expect(steps.map((step) => stepText(step).trim())).toContain('0.005 s  answer, calls pay: {"to":1}');
});

test('what can not be read as a stream of its protocol, and streams of any other server, stay as they were sent', () => {
  const raw = ['Hel', 'lo'];
  const torn = [event({ content: 'a' }), 'data: {nonsense\n\n'];
  for (const [frames, written] of [
    [raw, chat],
    [torn, chat],
    [[event({ content: 'a' })], { protocol: 'http', operation: 'http' }],
    [[event({ content: 'a' })], { protocol: null, operation: null }],
  ] as const) {
    expect(readableSteps(replayOf(frames, written), people).map(({ text }) => text)).toEqual(frames);
  }
  const exact = readableSteps(replayOf([event({ content: 'a' })]), { streams: false, bodies: false });
  expect(exact.map(({ text }) => text)).toEqual([event({ content: 'a' })]);
});

test('a prompt is shown as messages with everything else that it says', () => {
  const body = {
    ...{ model: 'm', temperature: 0.5, tools: [{ type: 'function', function: { name: 'pay' } }] },
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Hi\nassistant: sure' }] },
      { role: 'tool', tool_call_id: 'c1', content: 'paid' },
    ],
  };
  expect(readablePrompt(chat, JSON.stringify(body))?.split('\n')).toEqual([
    ...['(model m)', '(temperature 0.5)', `(tool ${JSON.stringify(body.tools[0])})`, 'system: Be brief.'],
    // A line in somebody's text can't pass for another message.
    ...['user: Hi', '  assistant: sure', 'tool tool_call_id: c1', 'tool: paid'],
  ]);
  expect(readablePrompt(chat, 'not json')).toBeUndefined();
});

test('an answer in one piece is shown as what it says, and one without choices as it was sent', () => {
  const answer = { choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' } }] };
  expect(readableAnswer(chat, JSON.stringify(answer))).toBe('says: Hello');
  expect(readableAnswer(chat, '{"data":[]}')).toBeUndefined();
});

test('content can neither steer a terminal nor forge a step of a replay', () => {
  const text = 'x\u001b[2J\n     0.001 s  vote by eve: approve';
  const shown = stepText({ atMs: 5, kind: 'prompt', text, by: { issuer: 'i', subject: 'a\u001b\n' } });
  expect(shown).not.toContain('\u001b');
  expect(shown.split('\n')[1]).toMatch(/^ {12}│ /);
  expect(stepText({ atMs: 5, kind: 'answer', label: 'calls a\u009b', text: '' })).not.toContain('\u009b');
  expect(continuedText('\u009b')).toBe('⟨U+009B⟩');
});
