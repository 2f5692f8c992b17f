import { describe, expect, test } from '@jest/globals';
import type { OpenMask } from '../answer/mask.ts';
import { findRoute } from '../protocols.ts';
import { golden, holdingMask, payloads, routeOf, runMask, runStream } from '../test-kit.ts';

const { protocol, route } = routeOf('POST', '/v1/messages');
const stream = (name: string, openMask: OpenMask) =>
  runStream(protocol.openAnswerStream(route, { openMask }), golden('anthropic', name));

test('its model list is told apart from OpenAI’s by the version header', () => {
  const found = findRoute('GET', '/v1/models', { 'anthropic-version': '2023-06-01' });
  expect(found?.protocol.name).toBe('anthropic');
  expect(findRoute('GET', '/v1/models')?.protocol.name).toBe('openai-chat');
});

test('a request shows its turns, what can not be read, and the addresses outside', () => {
  const reading = protocol.readRequest(golden('anthropic', 'request-rich.json'), route);
  if (reading.kind === 'refusal') throw new Error(reading.message);
  expect(reading.turns.map(({ role }) => role)).toEqual([undefined, 'user', 'assistant', 'user']);
  expect(reading.strings.find(({ text }) => text === 'Be exact.')?.turn).toBe(0);
  expect(reading.strings.find(({ text }) => text === 'free Name')).toMatchObject({ key: true, turn: 2 });
  expect(reading.unreadable.map(({ pointer, kind }) => [pointer, kind])).toEqual([
    ['/messages/1/content/1/data', 'encrypted'],
    ['/messages/2/content/0/content/1/source/data', 'image'],
    ['/messages/2/content/1/source/url', 'image'],
    ['/messages/2/content/3/source/file_id', 'file_id'],
  ]);
  expect(reading.remoteUrls.map(({ url }) => url)).toEqual([
    'https://example.com/cat.png',
    'https://mcp.example.com/sse',
  ]);
});

describe('an answer', () => {
  test('has tool input masked as the JSON it is, numbers included, and keeps the rest of its bytes', () => {
    const bytes = golden('anthropic', 'answer-rich.json');
    const result = protocol.maskAnswer(bytes, route, { openMask: runMask });
    if (result.kind !== 'masked') throw new Error(result.kind);
    const expected = bytes
      .toString()
      .replaceAll('ann@example.com', '[EMAIL]')
      .replace('4111111111111111', '"[CARD]"');
    expect(Buffer.from(result.bytes).toString()).toBe(expected);
    expect(result.record).toMatchObject({
      choices: [{ text: 'I write to [EMAIL].', reasoning: 'ask [EMAIL]', finish: 'tool_use' }],
      usage: { inputTokens: 5, outputTokens: 7, totalTokens: 12 },
    });
  });
});

describe('a stream', () => {
  test('ends what a block still held before the block stops, under its own event name', () => {
    const { output, end } = stream('stream-rich.sse', holdingMask);
    const events = payloads(output).map((data) => JSON.parse(data));
    const stop = events.findIndex(({ type, index }) => type === 'content_block_stop' && index === 1);
    expect(events[stop - 1]).toEqual({
      ...{ type: 'content_block_delta', index: 1 },
      delta: { type: 'text_delta', text: 'I write to bob@example.com – café 😀 today' },
    });
    expect(output).toContain('event: content_block_delta\ndata: {"type":"content_block_delta","index":1,');
    expect(end.complete).toBe(true);
  });

  test('has all thinking before its signature', () => {
    const events = payloads(stream('stream-rich.sse', holdingMask).output).map((data) => JSON.parse(data));
    const signature = events.findIndex(({ delta }) => delta?.type === 'signature_delta');
    expect(events[signature - 1].delta).toEqual({ type: 'thinking_delta', thinking: 'ask ann@example.com' });
  });

  test('is recorded masked, with tool calls and the usage of both ends', () => {
    const { end } = stream('stream-rich.sse', runMask);
    expect(end.record).toMatchObject({
      ...{ id: 'msg_1', model: 'demo', usage: { inputTokens: 5, outputTokens: 9, totalTokens: 14 } },
      choices: [
        {
          ...{ text: 'I write to [EMAIL] – café 😀 today', reasoning: 'ask [EMAIL]', finish: 'tool_use' },
          toolCalls: [{ id: 'toolu_1', name: 'find_customer' }],
        },
      ],
    });
    expect(JSON.parse(end.record.choices[0]?.toolCalls[0]?.arguments ?? '')).toEqual({
      ...{ mail: '[EMAIL]', n: '[CARD]' },
    });
  });

  test('without its last event is not complete', () => {
    const bytes = golden('anthropic', 'stream-rich.sse');
    const cut = bytes.subarray(0, bytes.indexOf('event: message_stop'));
    const { end } = runStream(protocol.openAnswerStream(route, { openMask: runMask }), cut);
    expect(end).toMatchObject({ ending: 'truncated', complete: false });
  });
});

test('errors have Anthropic’s shape, with the request id in header and body', () => {
  const { wire } = protocol;
  const error = {
    status: 503,
    code: 'approval.pending',
    message: 'Waiting.',
    requestId: 'req_1',
    retryAfterMs: 500,
  };
  const { headers, body } = wire.writeError({ ...error, details: { approval_id: 'apr_1' } });
  expect(headers).toMatchObject({ 'request-id': 'req_1', 'x-should-retry': 'true', 'retry-after-ms': '500' });
  expect(JSON.parse(body)).toEqual({
    type: 'error',
    error: { type: 'api_error', message: 'Waiting.', code: 'approval.pending', approval_id: 'apr_1' },
    request_id: 'req_1',
  });
  expect(wire.writeStreamError(error)).toMatch(/^event: error\ndata: \{"type":"error",.*\}\n\n$/);
});
