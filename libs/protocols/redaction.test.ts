import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MaskingProfile } from '#contracts';
import { compileMasker } from '#redaction';
import { protocols } from './protocols.ts';
import { golden, goldenNames, goldenRoute, payloads, routeOf, runStream } from './test-kit.ts';

/** The streams of this library with the masker that serves them. */
const masker = compileMasker(MaskingProfile.parse({}), { key: new Uint8Array(32).fill(7), scope: 's' });
const openMask = () => masker.openStream();
const openJsonMask = () => masker.openJsonStream();
const numRuns = process.env.LONG === '1' ? 5_000 : 150;

const word = fc.constantFrom(
  ...[
    'jane.doe@example.com',
    '4111 1111 1111 1111',
    'GB82 WEST 1234 5698 7654 32',
    '192.168.7.41',
    'plain',
    'words',
  ],
  ...[
    'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    'é',
    '😀',
    '"quoted"',
    'back\\slash',
    '\n',
    '12',
    '@',
    'a.b',
  ],
);
const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
const cuts = fc.array(fc.nat(400), { maxLength: 12 });

function pieces(whole: string, at: readonly number[]): string[] {
  const bounds = [0, ...at.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return bounds.slice(1).map((end, index) => whole.slice(bounds[index], end));
}

const { protocol, route } = routeOf('POST', '/v1/chat/completions');
const wireOf = (deltas: readonly object[]): Buffer => {
  const finish = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
  const events = [...deltas.map((delta) => ({ choices: [{ index: 0, delta }] })), finish];
  return Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
};
const deltasOf = (output: string) => payloads(output).map((data) => JSON.parse(data).choices[0].delta);

test('a streamed text is masked as the whole text would be, however the model cut it', () => {
  fc.assert(
    fc.property(text, cuts, cuts, (whole, tokens, chunks) => {
      const wire = wireOf(pieces(whole, tokens).map((content) => ({ content })));
      const stream = protocol.openAnswerStream(route, { openMask });
      const { output, end } = runStream(
        stream,
        wire,
        chunks.map((cut) => (cut * 7) % wire.length),
      );
      const said = deltasOf(output)
        .map((delta) => delta.content ?? '')
        .join('');
      expect(said).toBe(masker.maskText(whole).text);
      expect(end.record.choices[0]?.text ?? '').toBe(said);
    }),
    { numRuns },
  );
});

test.each([
  ['string by string', undefined],
  ['by the masker’s own reader of JSON', openJsonMask],
])('streamed arguments masked %s are JSON of the same shape', (_, json) => {
  fc.assert(
    fc.property(text, text, cuts, (a, b, tokens) => {
      const whole = JSON.stringify({ first: a, list: [b, 7, null], deep: { second: a } });
      const deltas = pieces(whole, tokens).map((part) => ({
        tool_calls: [{ index: 0, function: { arguments: part } }],
      }));
      const stream = protocol.openAnswerStream(route, { openMask, openJsonMask: json });
      const output = deltasOf(runStream(stream, wireOf(deltas)).output);
      const said = output.map((delta) => delta.tool_calls?.[0].function.arguments ?? '').join('');
      const [masked, other] = [masker.maskText(a).text, masker.maskText(b).text];
      if (json === undefined) {
        expect(JSON.parse(said)).toEqual({ first: masked, list: [other, 7, null], deep: { second: masked } });
      } else expect(Object.keys(JSON.parse(said))).toEqual(['first', 'list', 'deep']);
    }),
    { numRuns },
  );
});

test('every golden stream comes out without an address and the same however it is cut', () => {
  for (const protocol of protocols) {
    for (const name of goldenNames(protocol.name, 'stream-')) {
      const found = goldenRoute(protocol, name);
      const open = () => found.protocol.openAnswerStream(found.route, { openMask, openJsonMask });
      const bytes = golden(protocol.name, name);
      const { output } = runStream(open(), bytes);
      expect(output).not.toMatch(/\w@\w|4111111111111111/);
      expect(runStream(open(), bytes, [...bytes.keys()]).output).toBe(output);
    }
  }
});
