import { describe, expect, test } from '@jest/globals';
import { findRoute } from '../protocols.ts';
import { holdingMask, runMask, runStream } from '../test-kit.ts';
import { type HttpTexts, httpProtocol } from './index.ts';

const found = findRoute('POST', '/c/tgi/generate_stream');
const stream = (texts: HttpTexts, wire: string, openMask = runMask) => {
  if (found === undefined) throw new Error('no route');
  return runStream(httpProtocol(texts).openAnswerStream(found.route, { openMask }), Buffer.from(wire));
};
const events = [
  '{"token":{"id":1,"text":"ask ann@exa"},"model":"m","generated_text":null}',
  '{"token":{"id":2,"text":"mple.com"},"model":"m","generated_text":null}',
  '{"token":{"id":3,"text":" now"},"model":"m","generated_text":"ask ann@example.com now"}',
];
const sse = events.map((data) => `data:${data}\n\n`).join('');
const said = (output: string) => [...output.matchAll(/"text":"([^"]*)"/g)].map(([, text]) => text).join('');

test('any path behind a connection is a route, no path outside', () => {
  expect(found).toMatchObject({ connection: 'tgi', params: { path: 'generate_stream' } });
  expect(found?.protocol.name).toBe('http');
  expect(findRoute('POST', '/generate_stream')).toBeUndefined();
  expect(findRoute('POST', '/c/tgi/v1/chat/completions')?.protocol.name).toBe('openai-chat');
});

describe('a stream with declared texts', () => {
  test('is masked as it comes', () => {
    const { output, end } = stream({ streamed: ['/token/text'] }, sse);
    expect(said(output)).toBe('ask [EMAIL] now');
    expect(output).not.toContain('@');
    expect(end).toMatchObject({ ending: 'finished', complete: true });
    expect(end.record.choices[0]?.text).toBe('ask [EMAIL] now');
  });

  test('gives what is held in an event of the same shape', () => {
    const wire = '{"out":[{"t":"one two"}]}\n{"out":[{"t":" three"}]}\n';
    const { output } = stream({ streamed: ['/out/*/t'], framing: 'ndjson' }, wire, holdingMask);
    expect(
      output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([{ out: [{ t: '' }] }, { out: [{ t: '' }] }, { out: [{ t: 'one two three' }] }]);
  });
});

describe('a stream nobody described', () => {
  test('is kept until its end and masked over all events', () => {
    const { output, end } = stream({}, sse);
    expect(said(output)).toBe('ask [EMAIL] now');
    expect(output).not.toContain('@');
    expect(output.match(/"model":"m"/g)).toHaveLength(3);
    expect(end.ending).toBe('finished');
  });

  test('passes byte by byte where nothing is masked', () => {
    const wire = ': note\n\ndata: {"a":"b"}\n\ndata: plain text\n\ndata: [DONE]\n\n';
    expect(stream({}, wire).output).toBe(wire);
  });

  test('is refused where a payload that is not JSON would be masked, or nothing came', () => {
    const { output, end } = stream({}, `${sse}data: ann@example.com\n\n`);
    expect([output, end.ending]).toEqual(['', 'invalid']);
    expect(stream({}, '').end.ending).toBe('truncated');
  });
});
