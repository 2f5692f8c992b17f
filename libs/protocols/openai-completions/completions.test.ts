import { expect, test } from '@jest/globals';
import { golden, payloads, routeOf, runMask, runStream } from '../test-kit.ts';

const { protocol, route } = routeOf('POST', '/v1/completions');
const read = (body: string, at = route, by = protocol) => {
  const reading = by.readRequest(Buffer.from(body), at);
  if (reading.kind === 'refusal') throw new Error(reading.message);
  return reading;
};

test('a prompt is one turn; prompts of tokens can not be read', () => {
  expect(read('{"prompt":"x"}').turns.map(({ pointer }) => pointer)).toEqual(['', '/prompt']);
  expect(read('{"prompt":["x","y"]}').strings.map(({ text, turn }) => [text, turn])).toEqual([
    ['x', 1],
    ['y', 1],
  ]);
  expect(read('{"prompt":[1,2]}').unreadable).toEqual([{ pointer: '/prompt', kind: 'tokens', size: 2 }]);
  expect(read('{"prompt":[[1],["x"],[2,3]]}').unreadable.map(({ pointer }) => pointer)).toEqual([
    ...['/prompt/0', '/prompt/2'],
  ]);
});

test('embeddings of tokens can not be read either', () => {
  const embeddings = routeOf('POST', '/v1/embeddings');
  const reading = read('{"input":[[5,6]]}', embeddings.route, embeddings.protocol);
  expect(reading.unreadable).toEqual([{ pointer: '/input/0', kind: 'tokens', size: 2 }]);
});

test('streamed choices are masked apart, each before its finish', () => {
  const { output, end } = runStream(
    protocol.openAnswerStream(route, { openMask: runMask }),
    golden('openai-completions', 'stream-text.sse'),
  );
  const said = ['', ''];
  for (const data of payloads(output).filter((data) => data !== '[DONE]')) {
    for (const { index, text } of JSON.parse(data).choices) said[index] += text;
  }
  expect(said).toEqual([' there was [EMAIL] end', 'other one']);
  expect(end.record.choices.map(({ text, finish }) => [text, finish])).toEqual([
    [' there was [EMAIL] end', 'length'],
    ['other one', 'stop'],
  ]);
});
