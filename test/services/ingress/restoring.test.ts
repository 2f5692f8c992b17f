import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { restoredAnswer } from '../../../services/ingress/waiting/restoring.ts';

const placeholder = '[PROJECT_abcde]';
const value = 'Blue "Heron"\n2';
const later = 2_000;
const content = (path: string) => ({
  method: 'POST',
  path,
  answersJson: false,
  values: { [placeholder]: [value, later] as [string, number] },
});
const open = (nowMs = 1_000) => restoredAnswer(content('/v1/chat/completions'), nowMs)!;

const toolCall = (piece: string) => ({ index: 0, function: { arguments: piece } });
const event = (delta: object) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta }] })}\n\n`;

/** The tool call's arguments as a client adds them up. */
function argumentsOf(stream: string): string {
  return [...stream.matchAll(/^data: (\{.*\})$/gm)]
    .map(([, json]) => JSON.parse(json ?? '{}'))
    .map((chunk) => chunk.choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '')
    .join('');
}

test('a value with quotes is written into a tool call so that its arguments stay JSON, however they were cut', () => {
  const text = JSON.stringify({ project: `about ${placeholder}`, n: 1 });
  for (let size = 1; size <= 9; size++) {
    const restored = open();
    const pieces = text.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
    const events = [
      event({
        tool_calls: [{ index: 0, id: 't', type: 'function', function: { name: 'f', arguments: '' } }],
      }),
      ...pieces.map((piece) => event({ tool_calls: [toolCall(piece)] })),
      'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n',
      'data: [DONE]\n\n',
    ];
    const out = events.map((each) => Buffer.from(restored.push(Buffer.from(each))).toString());
    out.push(Buffer.from(restored.end()).toString());
    expect(JSON.parse(argumentsOf(out.join('')))).toEqual({ project: `about ${value}`, n: 1 });
  }
});

test('a whole answer is restored as text and inside tool calls', () => {
  const call = { id: 't', type: 'function', function: { name: 'f', arguments: `{"p":"${placeholder}"}` } };
  const message = { role: 'assistant', content: `See ${placeholder}.`, tool_calls: [call] };
  const answer = { id: 'c', object: 'chat.completion', choices: [{ index: 0, message }] };
  const bytes = open().whole(Buffer.from(JSON.stringify(answer)));
  const restored = JSON.parse(Buffer.from(bytes).toString()).choices[0].message;
  expect(restored.content).toBe(`See ${value}.`);
  expect(JSON.parse(restored.tool_calls[0].function.arguments)).toEqual({ p: value });
});

test('a value whose time is over stays a placeholder', () => {
  const bytes = Buffer.from(JSON.stringify({ choices: [{ index: 0, message: { content: placeholder } }] }));
  expect(Buffer.from(open(later).whole(bytes)).toString()).toContain(placeholder);
});

test('what a caller got is known by the digest of its bytes, streamed or not', () => {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const answer = Buffer.from(JSON.stringify({ choices: [{ index: 0, message: { content: placeholder } }] }));
  const whole = open();
  const given = whole.whole(answer);
  expect(whole.written()).toEqual({ digest: digest(given), bytes: given.length });
  const streamed = open();
  const events = [event({ content: 'see [PROJECT_' }), event({ content: 'abcde]' }), 'data: [DONE]\n\n'];
  const pieces = [...events.map((each) => streamed.push(Buffer.from(each))), streamed.end()];
  const all = Buffer.concat(pieces);
  expect(all.toString()).toContain('Heron');
  expect(streamed.written()).toEqual({ digest: digest(all), bytes: all.length });
});
