import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { OpenMask } from './answer/mask.ts';
import { protocols } from './protocols.ts';
import { golden, goldenNames, goldenRoute, holdingMask, runMask, runStream } from './test-kit.ts';

const samples = protocols.flatMap((protocol) =>
  goldenNames(protocol.name, 'stream-').map((name) => [protocol.name, name, protocol] as const),
);

describe.each(samples)('%s %s', (folder, name, protocol) => {
  const bytes = golden(folder, name);
  const { route } = goldenRoute(protocol, name);
  const through = (openMask: OpenMask | undefined, cuts: readonly number[] = []) =>
    runStream(protocol.openAnswerStream(route, { openMask }), bytes, cuts);

  test('passes byte by byte where no mask is asked for', () => {
    expect(through(undefined).output).toBe(bytes.toString('utf8'));
  });

  test.each([
    ['masks', runMask],
    ['holds everything', holdingMask],
  ])('a mask that %s gives the same however the bytes are cut', (_, openMask) => {
    const { output, end } = through(openMask);
    const cuts = fc.array(fc.nat(bytes.length), { maxLength: 40 });
    fc.assert(
      fc.property(cuts, (at) => {
        const again = through(openMask, at);
        expect(again.output).toBe(output);
        expect(again.end.record).toEqual(end.record);
        expect(again.end.ending).toBe(end.ending);
      }),
      { numRuns: process.env.LONG === '1' ? 5_000 : 30 },
    );
    expect(through(openMask, [...bytes.keys()]).output).toBe(output);
  });

  test('holds no address and no card once it is masked', () => {
    const { output, end } = through(runMask);
    for (const text of [output, JSON.stringify(end.record)]) expect(text).not.toMatch(/@|4111/);
  });

  test('says the same whether or not text was held', () => {
    const { record } = through(undefined).end;
    const held = through(holdingMask).end;
    if (held.complete) expect(held.record).toEqual(record);
  });
});
