import { describe, expect, test } from '@jest/globals';
import type { OpenMask } from '../answer/mask.ts';
import { golden, holdingMask, payloads, routeOf, runMask, runStream } from '../test-kit.ts';
import { continueResponse } from './continue.ts';

const { protocol, route } = routeOf('POST', '/v1/responses');
const stream = (name: string, openMask: OpenMask) =>
  runStream(protocol.openAnswerStream(route, { openMask }), golden('openai-responses', name));
const eventsOf = (output: string) => payloads(output).map((data) => JSON.parse(data));
const read = (body: string | Buffer) => {
  const reading = protocol.readRequest(Buffer.from(body), route);
  if (reading.kind === 'refusal') throw new Error(reading.message);
  return reading;
};

describe('a request', () => {
  test('says that it may be answered later, and what it goes on from', () => {
    expect(read(golden('openai-responses', 'request-text.json'))).toMatchObject({
      ...{ background: true, stream: false, answersJson: true, continuation: { previousResponse: 'resp_0' } },
      turns: [{ index: 0 }, { index: 1, pointer: '/input', role: 'user' }],
    });
    expect(read('{"input":"x","conversation":"conv_1"}').continuation).toEqual({ conversation: 'conv_1' });
  });

  test('shows its items as turns, what can not be read, and the addresses outside', () => {
    const { turns, unreadable, remoteUrls, strings } = read(golden('openai-responses', 'request-rich.json'));
    expect(turns.slice(1).map(({ role }) => role)).toEqual([
      ...[
        'user',
        'user',
        'reasoning',
        'function_call',
        'function_call_output',
        'assistant',
        'item_reference',
      ],
    ]);
    expect(unreadable.map(({ pointer, kind }) => [pointer, kind])).toEqual([
      ['/input/1/content/1/image_url', 'image'],
      ['/input/1/content/2/file_id', 'file_id'],
      ['/input/1/content/3/file_data', 'file'],
      ['/input/1/content/4/file_url', 'file'],
      ['/input/2/encrypted_content', 'encrypted'],
      ['/input/6', 'reference'],
      ['/tools/2/vector_store_ids', 'reference'],
      ['/prompt', 'reference'],
    ]);
    expect(remoteUrls.map(({ url }) => url)).toEqual([
      ...['https://example.com/a.png', 'https://example.com/a.pdf', 'https://mcp.example.com'],
    ]);
    expect(strings.find(({ inner, key }) => inner === '/mail' && !key)?.text).toBe('ann@example.com');
  });
});

describe('a stream', () => {
  test('has every repetition of a text masked as its pieces were', () => {
    const { output, end } = stream('stream-rich.sse', runMask);
    const events = eventsOf(output);
    const pieces = (type: string) =>
      events
        .filter((event) => event.type === `${type}.delta`)
        .map(({ delta }) => delta)
        .join('');
    const last = events.at(-1).response;
    expect(pieces('response.output_text')).toBe('I write to [EMAIL] today');
    expect(events.find(({ type }) => type === 'response.output_text.done').text).toBe(
      'I write to [EMAIL] today',
    );
    expect(last.output[1].content[0]).toMatchObject({ text: 'I write to [EMAIL] today', logprobs: [] });
    expect(pieces('response.function_call_arguments')).toBe(last.output[2].arguments);
    expect(JSON.parse(last.output[2].arguments)).toEqual({ mail: '[EMAIL]', n: '[CARD]' });
    expect(end.record.choices[0]).toMatchObject({
      ...{
        text: 'I write to [EMAIL] today',
        reasoning: 'ask [EMAIL]',
        refusal: 'no more',
        finish: 'completed',
      },
      toolCalls: [{ id: 'call_1', name: 'find', arguments: last.output[2].arguments }],
    });
  });

  test('counts its events without a gap, whatever was added', () => {
    for (const openMask of [runMask, holdingMask]) {
      const numbers = eventsOf(stream('stream-rich.sse', openMask).output).map(
        (event) => event.sequence_number,
      );
      expect(numbers).toEqual(numbers.map((_, index) => index));
    }
  });

  test('gives what is held before the text is repeated in full', () => {
    const events = eventsOf(stream('stream-rich.sse', holdingMask).output);
    const done = events.findIndex(({ type }) => type === 'response.output_text.done');
    expect(events[done - 1]).toMatchObject({
      ...{ type: 'response.output_text.delta', item_id: 'msg_1', output_index: 1, content_index: 0 },
      delta: 'I write to bob@example.com today',
    });
  });

  test('that failed, by either event, is passed on masked and is not complete', () => {
    for (const name of ['stream-failed.sse', 'stream-error.sse']) {
      const { output, end } = stream(name, runMask);
      expect(output).toContain('failed near [EMAIL]');
      expect(end).toMatchObject({ ending: 'upstream_error', complete: false });
      expect(end.record.error).toEqual({ message: 'failed near [EMAIL]', code: 'server_error' });
    }
  });

  test('cut before its end keeps what was said so far', () => {
    const bytes = golden('openai-responses', 'stream-rich.sse');
    const cut = bytes.subarray(0, bytes.indexOf('event: response.completed'));
    const { end } = runStream(protocol.openAnswerStream(route, { openMask: runMask }), cut);
    expect(end.ending).toBe('truncated');
    expect(end.record.choices[0]).toMatchObject({
      ...{ text: 'I write to [EMAIL] today', toolCalls: [{ id: 'call_1', name: 'find' }] },
    });
  });
});

test('a response for later says where it stands; a failed one says why', () => {
  const state = { id: 'resp_1', status: 'failed', createdAtS: 7, model: 'demo' } as const;
  const error = { code: 'approval.rejected', message: 'Rejected.' };
  expect(JSON.parse(protocol.wire.writeBackground?.({ ...state, error }) ?? '')).toMatchObject({
    ...{
      id: 'resp_1',
      object: 'response',
      status: 'failed',
      background: true,
      created_at: 7,
      error,
      output: [],
    },
  });
});

describe('a request that goes on from a response', () => {
  const bytes = Buffer.from(
    '{ "model":"demo", "x":1.50, "previous_response_id":"resp_1", "input":"and now?" }',
  );
  const body = JSON.parse(bytes.toString('utf8'));
  const output = [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hi' }] }];

  test('has its turns before its own, and keeps every other byte', () => {
    const ended = { request: { input: 'hello', instructions: 'be brief' }, response: { output } };
    const text = Buffer.from(continueResponse(bytes, body, ended) ?? '').toString('utf8');
    expect(text).toContain('"model":"demo", "x":1.50');
    expect(JSON.parse(text)).toEqual({
      ...{ model: 'demo', x: 1.5 },
      input: [{ role: 'user', content: 'hello' }, ...output, { role: 'user', content: 'and now?' }],
    });
  });

  test('names the response of the model server that stood before the earlier one', () => {
    const request = { input: [{ role: 'user', content: 'hello' }], previous_response_id: 'resp_theirs' };
    const made = continueResponse(bytes, body, { request, response: { output: [] } });
    expect(JSON.parse(Buffer.from(made ?? '').toString('utf8'))).toMatchObject({
      previous_response_id: 'resp_theirs',
      input: [
        { role: 'user', content: 'hello' },
        { role: 'user', content: 'and now?' },
      ],
    });
  });

  test('needs no input of its own', () => {
    const alone = Buffer.from('{"model":"demo","previous_response_id":"resp_1"}');
    const made = continueResponse(alone, JSON.parse(alone.toString('utf8')), {
      request: { input: 'hello' },
      response: { output },
    });
    expect(JSON.parse(Buffer.from(made ?? '').toString('utf8')).input).toHaveLength(2);
  });
});
