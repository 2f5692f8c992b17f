import { expect, test } from '@jest/globals';
import { MaskingProfile } from '#contracts';
import { findRoute } from '#protocols';
import { MaskingPass, Tally } from '../../../../services/masking/masking-pass.ts';

const profile = MaskingProfile.parse({ names: 'standard' });
const found = findRoute('POST', '/v1/chat/completions')!;
const masks = (tally = new Tally()) => {
  const { openMask } = new MaskingPass(profile, new Uint8Array(32), 's', 'answer', tally);
  return { openMask };
};
const finish = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`;
const delta = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

test('names in a streamed answer are masked wherever the model’s tokens and the network cut them', () => {
  const tokens = [
    'Ask',
    ' Jane',
    ' Mil',
    'ler',
    ' of',
    ' ',
    '12',
    ' Oak',
    ' Street',
    ',',
    ' Spring',
    'field',
    '.',
  ];
  const wire = Buffer.from(`${tokens.map(delta).join('')}${finish}data: [DONE]\n\n`);
  for (const size of [1, 11, wire.length]) {
    const tally = new Tally();
    const stream = found.protocol.openAnswerStream(found.route, masks(tally));
    let out = '';
    for (let at = 0; at < wire.length; at += size)
      out += Buffer.from(stream.push(wire.subarray(at, at + size))).toString();
    out += Buffer.from(stream.end().bytes).toString();
    const text = [...out.matchAll(/"content":"([^"]*)"/g)].map(([, content]) => content).join('');
    expect(text).toMatch(/^Ask \[PERSON_[a-z2-7]+\] of \[ADDRESS_[a-z2-7]+\]\.$/);
    expect(tally.counts.map(({ entity, count }) => [entity, count])).toEqual([
      ['PERSON', 1],
      ['ADDRESS', 1],
    ]);
  }
});

test('a JSON key says that its value is a name', () => {
  const pass = new MaskingPass(
    MaskingProfile.parse({ names: 'standard' }),
    new Uint8Array(32),
    's',
    'request',
    new Tally(),
  );
  const mask = pass.openJsonMaskOf(true);
  const masked = mask.push('{"full_name":"Zorvek Talmin","city":"Leeds","plan":"Basic"}') + mask.end();
  const { full_name, city, plan } = JSON.parse(masked);
  expect([full_name, city, plan]).toEqual([
    expect.stringMatching(/^\[PERSON_[a-z2-7]+\]$/),
    expect.stringMatching(/^\[LOCATION_[a-z2-7]+\]$/),
    'Basic',
  ]);
  expect([...pass.issued.values()]).toEqual(['Zorvek Talmin', 'Leeds']);
});
