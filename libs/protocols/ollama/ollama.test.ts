import { describe, expect, test } from '@jest/globals';
import type { OpenMask } from '../answer/mask.ts';
import { golden, holdingMask, routeOf, runMask, runStream } from '../test-kit.ts';

const { protocol, route } = routeOf('POST', '/api/chat');
const generate = routeOf('POST', '/api/generate').route;
const lines = (output: string) =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const stream = (name: string, openMask: OpenMask, at = route) =>
  runStream(protocol.openAnswerStream(at, { openMask }), golden('ollama', name));
const read = (text: string, at = route) => {
  const reading = protocol.readRequest(Buffer.from(text), at);
  if (reading.kind === 'refusal') throw new Error(reading.message);
  return reading;
};

describe('a request', () => {
  test.each([
    ['/api/chat', '{"messages":[]}', true],
    ['/api/chat', '{"messages":[],"stream":null}', true],
    ['/api/chat', '{"messages":[],"stream":false}', false],
    ['/api/generate', '{"prompt":"x"}', true],
    ['/api/embed', '{"input":"x"}', false],
  ])('to %s with %s streams: %s', (path, body, expected) => {
    expect(read(body, routeOf('POST', path).route).stream).toBe(expected);
  });

  test('to generate has its prompt as the only turn, and hides images and earlier tokens', () => {
    const reading = read(golden('ollama', 'request-generate.generate.json').toString(), generate);
    expect(reading.turns.map(({ pointer }) => pointer)).toEqual(['', '/prompt']);
    expect(reading.strings.find(({ text }) => text === 'tell me')?.turn).toBe(1);
    expect(reading.unreadable.map(({ pointer, kind }) => [pointer, kind])).toEqual([
      ['/images/0', 'image'],
      ['/context', 'tokens'],
    ]);
  });

  test('in another case is refused: Ollama’s own parser would take it', () => {
    expect(protocol.readRequest(Buffer.from('{"Messages":[]}'), route)).toMatchObject({
      code: 'request.ambiguous_key',
    });
  });
});

describe('a stream', () => {
  test('gives what was held in the last line, and before a tool call', () => {
    const events = lines(stream('stream-chat.ndjson', holdingMask).output);
    const call = events.findIndex(({ message }) => message.tool_calls !== undefined);
    expect(events[call].message.content).toBe('ask ann@example.com – café 😀');
    expect(events.at(-1)).toMatchObject({ done: true, message: { content: ' now' } });
  });

  test('is recorded masked, tool calls included', () => {
    const { end } = stream('stream-chat.ndjson', runMask);
    expect(end.record).toEqual({
      ...{ id: undefined, model: 'demo', error: undefined },
      choices: [
        {
          ...{ index: 0, text: 'ask [EMAIL] – café 😀 now', reasoning: 'is it [EMAIL]', refusal: '' },
          toolCalls: [{ id: 'c1', name: 'find', arguments: '{"mail":"[EMAIL]","n":"[CARD]"}' }],
          ...{ other: {}, finish: 'stop' },
        },
      ],
      usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
    });
  });

  test('never ends with the conversation as tokens where a mask is in force', () => {
    const name = 'stream-generate.generate.ndjson';
    expect(lines(stream(name, runMask, generate).output).at(-1)).toMatchObject({ done: true, context: null });
    const passed = runStream(protocol.openAnswerStream(generate, {}), golden('ollama', name));
    expect(lines(passed.output).at(-1)).toMatchObject({ context: [1, 2, 3] });
  });

  test('that breaks is not complete, and an error line ends it', () => {
    expect(stream('stream-error.ndjson', runMask).end).toMatchObject({
      ...{ ending: 'upstream_error', complete: false },
      record: { error: { message: 'out of memory near [EMAIL]' } },
    });
    const cut = golden('ollama', 'stream-chat.ndjson').subarray(0, 300);
    expect(runStream(protocol.openAnswerStream(route, { openMask: runMask }), cut).end.ending).toBe(
      'truncated',
    );
  });
});

describe('an answer in one piece', () => {
  test('has arguments masked as JSON, and loses token probabilities with their text', () => {
    const result = protocol.maskAnswer(golden('ollama', 'answer-chat.json'), route, { openMask: runMask });
    const value = result.kind === 'masked' && JSON.parse(Buffer.from(result.bytes).toString());
    expect(value.message.tool_calls[0].function.arguments).toEqual({ mail: '[EMAIL]', n: '[CARD]' });
    expect(value.logprobs).toBeNull();
  });

  test('loses the conversation as tokens with its text', () => {
    const bytes = golden('ollama', 'answer-generate.generate.json');
    const result = protocol.maskAnswer(bytes, generate, { openMask: runMask });
    expect(result.kind === 'masked' && JSON.parse(Buffer.from(result.bytes).toString())).toMatchObject({
      ...{ response: 'ask [EMAIL]', context: null },
    });
  });
});

test('errors are a string, keep-alives have no line end, models are tags', () => {
  const { wire } = protocol;
  const error = { status: 403, code: 'policy.denied', message: 'Denied.', requestId: 'req_1' };
  expect(JSON.parse(wire.writeError(error).body)).toEqual({
    ...{ error: 'Denied.', code: 'policy.denied', request_id: 'req_1' },
  });
  expect(wire.writeStreamError(error)).toMatch(/^\{"error":"Denied\.".*\}\n$/);
  expect(wire.keepAlive).toBe(' ');
  const models = JSON.parse(
    wire.writeModels?.([{ id: 'demo', ownedBy: 'local', createdAtS: 0 }]) ?? '',
  ).models;
  expect(models).toMatchObject([{ name: 'demo', model: 'demo', modified_at: '1970-01-01T00:00:00.000Z' }]);
});
