import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { OpenMask } from '../answer/mask.ts';
import type { AnswerRecord } from '../answer/record.ts';
import { golden, holdingMask, noMask, payloads, routeOf, runMask, runStream } from '../test-kit.ts';

const { protocol, route } = routeOf('POST', '/v1/chat/completions');
const open = (openMask?: OpenMask) => protocol.openAnswerStream(route, { openMask });
const through = (name: string, openMask?: OpenMask, cuts: readonly number[] = []) =>
  runStream(open(openMask), golden('openai-chat', name), cuts);

interface Said {
  content: string;
  reasoning_content: string;
  refusal: string;
  tools: string[];
  finish: string | undefined;
}

/** Adds up deltas as a client does. */
function listen(output: string): Map<number, Said> {
  const choices = new Map<number, Said>();
  for (const data of payloads(output).filter((data) => data !== '[DONE]')) {
    for (const choice of JSON.parse(data).choices ?? []) {
      const said = choices.get(choice.index) ?? {
        ...{ content: '', reasoning_content: '', refusal: '', tools: [], finish: undefined },
      };
      choices.set(choice.index, said);
      said.content += choice.delta.content ?? '';
      said.reasoning_content += choice.delta.reasoning_content ?? '';
      said.refusal += choice.delta.refusal ?? '';
      for (const call of choice.delta.tool_calls ?? []) {
        said.tools[call.index] = (said.tools[call.index] ?? '') + (call.function?.arguments ?? '');
      }
      said.finish = choice.finish_reason ?? said.finish;
    }
  }
  return choices;
}

describe('bytes', () => {
  test('a mask that changes nothing and holds nothing leaves the bytes of texts alone', () => {
    for (const name of [
      'stream-plain.sse',
      'stream-choices.sse',
      'stream-multiline.sse',
      'stream-logprobs.sse',
    ]) {
      expect(through(name, noMask).output).toBe(golden('openai-chat', name).toString('utf8'));
    }
  });
});

describe('text', () => {
  test('a held address comes out masked, and the record says what the client got', () => {
    const { output, end } = through('stream-plain.sse', runMask);
    const said = listen(output).get(0);
    expect(said?.content).toBe('Write to [EMAIL] – café 😀 is open.');
    expect(said?.finish).toBe('stop');
    expect(end.ending).toBe('finished');
    expect(end.record).toEqual({
      id: 'chatcmpl-9',
      model: 'demo',
      choices: [
        {
          ...{ index: 0, text: said?.content, reasoning: '', refusal: '', toolCalls: [], other: {} },
          finish: 'stop',
        },
      ],
      usage: { inputTokens: 9, outputTokens: 12, totalTokens: 21 },
      error: undefined,
    });
  });

  test('text that is held until its end arrives complete before the finish', () => {
    const { output } = through('stream-plain.sse', holdingMask);
    const events = payloads(output);
    const last = events.findIndex((data) => data.includes('"stop"'));
    expect(JSON.parse(events[last - 1] ?? '').choices[0].delta.content).toMatch(/^Write to .* open\.$/);
    expect(listen(output).get(0)?.finish).toBe('stop');
    for (const data of events.slice(1, last - 1)) expect(JSON.parse(data).choices[0].delta.content).toBe('');
  });

  test('choices are masked apart from each other, each with its own finish', () => {
    const { output, end } = through('stream-choices.sse', runMask);
    expect(listen(output).get(0)).toMatchObject({
      content: 'one [EMAIL]',
      finish: 'stop',
    });
    expect(listen(output).get(1)).toMatchObject({ content: 'two [EMAIL]! end', finish: 'length' });
    expect(end.record.choices.map(({ index, finish }) => [index, finish])).toEqual([
      [0, 'stop'],
      [1, 'length'],
    ]);
  });

  test('reasoning and refusals are masked like the answer', () => {
    const { output, end } = through('stream-reasoning.sse', runMask);
    expect(listen(output).get(0)).toMatchObject({
      reasoning_content: 'Is [EMAIL] right',
      content: 'It is [EMAIL] done',
      refusal: 'No more',
    });
    expect(end.record.choices[0]).toMatchObject({ other: { 'audio/transcript': 'spoken words' } });
  });

  test('an answer is masked the same however the model cut it into tokens', () => {
    const text = 'mail ann.b@example.com or 4111111111111111, "😀" \\ bob@example.org';
    const whole = [runMask('')].map((mask) => mask.push(text) + mask.end())[0];
    const cuts = fc.array(fc.nat(text.length), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, (at) => {
        const bounds = [0, ...at.sort((a, b) => a - b), text.length];
        const pieces = bounds.slice(1).map((end, i) => text.slice(bounds[i], end));
        const events = pieces.map((content) => ({ choices: [{ index: 0, delta: { content } }] }));
        const finish = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
        const wire = [...events, finish].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
        expect(listen(runStream(open(runMask), Buffer.from(wire)).output).get(0)?.content).toBe(whole);
      }),
    );
  });
});

describe('tool calls', () => {
  test('arguments stay JSON, each value masked, and text before them is complete', () => {
    const { output, end } = through('stream-tools.sse', runMask);
    const said = listen(output).get(0);
    expect(said?.content).toBe('Asking [EMAIL]');
    expect(JSON.parse(said?.tools[0] ?? '')).toEqual({ mail: '[EMAIL]', n: '[CARD]', ok: true });
    expect(JSON.parse(said?.tools[1] ?? '')).toEqual({ text: 'café a "b"' });
    const events = payloads(output);
    const firstCall = events.findIndex((data) => data.includes('tool_calls'));
    expect(
      listen(
        events
          .slice(0, firstCall)
          .map((data) => `data: ${data}\n\n`)
          .join(''),
      ).get(0)?.content,
    ).toBe('Asking [EMAIL]');
    expect(end.record.choices[0]?.toolCalls).toEqual([
      { id: 'call_1', name: 'find_customer', arguments: said?.tools[0] },
      { id: 'call_2', name: 'send', arguments: said?.tools[1] },
    ]);
  });

  test('arguments keep the spelling of their escapes where nothing is masked', () => {
    const said = listen(through('stream-tools.sse', runMask).output).get(0);
    expect(said?.tools[1]).toBe('{"text":"caf\\u00e9 a \\"b\\""}');
  });
});

describe('token probabilities', () => {
  const tokensOf = (output: string): string[][] =>
    payloads(output)
      .filter((data) => data !== '[DONE]')
      .map(
        (data) =>
          JSON.parse(data).choices[0].logprobs?.content.map((entry: { token: string }) => entry.token) ?? [],
      );

  test('go out with the last character of their token, however long a mask held it', () => {
    const sent = tokensOf(golden('openai-chat', 'stream-logprobs.sse').toString()).flat();
    expect(tokensOf(through('stream-logprobs.sse', holdingMask).output).flat()).toEqual(sent);
  });

  test('are dropped from the first masked text on; before it they are the model’s own', () => {
    const { output } = through('stream-logprobs.sse', runMask);
    expect(tokensOf(output)).toEqual([[], ['Hello', '. '], [], [], []]);
    expect(output).not.toContain('ann@');
  });

  test('wait for text that is held in part', () => {
    const entry = (token: string) => ({
      token,
      logprob: -1,
      bytes: [...Buffer.from(token)],
      top_logprobs: [],
    });
    const event = (content: string, tokens: string[]) => ({
      choices: [{ index: 0, delta: { content }, logprobs: { content: tokens.map(entry) } }],
    });
    const finish = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
    const events = [event('one two', ['one', ' t', 'wo']), event('x three', ['x', ' three']), finish];
    const wire = events.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('');
    const { output } = runStream(open(runMask), Buffer.from(wire));
    expect(tokensOf(output)).toEqual([['one'], [' t', 'wo', 'x'], [' three'], []]);
    expect(listen(output).get(0)?.content).toBe('one twox three');
  });

  test('that do not add up to their text are dropped with it', () => {
    const logprobs = { content: [{ token: 'other', logprob: -1 }] };
    const wire = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'a b' }, logprobs }] })}\n\n`;
    expect(tokensOf(runStream(open(runMask), Buffer.from(wire)).output)).toEqual([[]]);
  });
});

describe('endings', () => {
  test('an error event of the model server is passed on, masked, and what was held is dropped', () => {
    const { output, end } = through('stream-error.sse', runMask);
    expect(payloads(output).at(-1)).toContain('out of memory near [EMAIL]');
    expect(output).not.toContain('wor"');
    expect(end).toMatchObject({ ending: 'upstream_error', complete: false });
    expect(end.record.error).toEqual({ message: 'out of memory near [EMAIL]', code: '500' });
  });

  test('a stream cut anywhere before its finish is not complete, and never forges an end', () => {
    const bytes = golden('openai-chat', 'stream-plain.sse');
    const finish = bytes.indexOf('"finish_reason":"stop"');
    for (let length = 0; length < finish; length += 7) {
      const { output, end } = runStream(open(runMask), bytes.subarray(0, length));
      expect(end).toMatchObject({ ending: 'truncated', complete: false });
      expect(output).not.toContain('[DONE]');
      for (const data of payloads(output)) JSON.parse(data);
    }
  });

  test('a done mark without a finish is not passed on', () => {
    const wire = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n';
    const { output, end } = runStream(open(noMask), Buffer.from(wire));
    expect(output).not.toContain('[DONE]');
    expect(end.ending).toBe('truncated');
  });

  test.each(['data: nothing\n\n', 'data: [1]\n\n', 'data: {"a":\n\n', 'data: "x@example.com"\n\n'])(
    'what is not an event is not passed on: %j',
    (wire) => {
      const { output, end } = runStream(open(noMask), Buffer.from(`${wire}data: {"choices":[]}\n\n`));
      expect(output).toBe('');
      expect(end.ending).toBe('invalid');
    },
  );

  test('an event past the limit ends the stream', () => {
    const stream = protocol.openAnswerStream(route, { openMask: noMask, maxEventChars: 100 });
    const { output, end } = runStream(stream, Buffer.from(`data: {"a":"${'x'.repeat(200)}`));
    expect([output, end.ending]).toEqual(['', 'too_large']);
  });

  test('an answer past the limit ends the stream', () => {
    const stream = protocol.openAnswerStream(route, { openMask: noMask, maxAnswerChars: 5 });
    const { end } = runStream(stream, golden('openai-chat', 'stream-plain.sse'));
    expect(end.ending).toBe('too_large');
  });
});

describe('what is unknown', () => {
  test('comments, event names and ids that would be masked are left out', () => {
    const wire = ': ann@example.com\nevent: bob@example.com\nid: eve@example.com\ndata: {"choices":[]}\n\n';
    const { output } = runStream(open(runMask), Buffer.from(wire));
    expect(output).toBe('data: {"choices":[]}\n\n');
  });

  test('an event of unknown shape is scanned in every string and name', () => {
    const wire =
      'data: {"kind":"new","x":[{"bob@example.com":["eve@example.com"]}],"choices":"ann@example.com"}\n\n';
    const { output } = runStream(open(runMask), Buffer.from(wire));
    expect(output).toBe('data: {"kind":"new","x":[{"[EMAIL]":["[EMAIL]"]}],"choices":"[EMAIL]"}\n\n');
  });

  test('an unknown text field of a delta is one text, not one per event', () => {
    const wire = ['ann@exa', 'mple.com'].map(
      (x) => `data: {"choices":[{"index":0,"delta":{"x":"${x}"}}]}\n\n`,
    );
    const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
    const { output, end } = runStream(open(runMask), Buffer.from(wire.join('') + finish));
    expect(output).toContain('{"x":"[EMAIL]"}');
    expect(output).not.toContain('exa');
    expect((end.record satisfies AnswerRecord).choices[0]?.other).toEqual({ x: '[EMAIL]' });
  });
});
