import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { protocols } from './protocols.ts';
import { golden, goldenNames, goldenRoute, runMask, runStream } from './test-kit.ts';

/** Any bytes: random ones, and golden samples with pieces cut out, doubled or overwritten. */
const numRuns = process.env.LONG === '1' ? 20_000 : 100;

function damaged(sample: Buffer): fc.Arbitrary<Buffer> {
  const place = fc.nat(sample.length);
  return fc
    .tuple(place, place, fc.uint8Array({ maxLength: 12 }), fc.boolean())
    .map(([a, b, bytes, doubled]) => {
      const [from, to] = a < b ? [a, Math.min(b, a + 40)] : [b, Math.min(a, b + 40)];
      const middle = doubled ? Buffer.concat([sample.subarray(from, to), sample.subarray(from, to)]) : bytes;
      return Buffer.concat([sample.subarray(0, from), middle, sample.subarray(to)]);
    });
}

const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));

describe.each(protocols.map((protocol) => [protocol.name, protocol] as const))('%s', (folder, protocol) => {
  test('reads or refuses any request body, and what it accepts JSON.parse accepts', () => {
    for (const name of goldenNames(folder, 'request-')) {
      const { route } = goldenRoute(protocol, name);
      fc.assert(
        fc.property(fc.oneof(damaged(golden(folder, name)), noise), (bytes) => {
          const result = protocol.readRequest(bytes, route);
          if (result.kind === 'refusal') return;
          expect(result.body).toEqual(JSON.parse(bytes.toString()));
          protocol.viewRequest(result);
          const masked = protocol.maskRequest(result, runMask);
          expect(protocol.readRequest(masked.bytes, route).kind === 'reading' || masked.changed).toBe(true);
        }),
        { numRuns },
      );
    }
  });

  test('masks or refuses any answer', () => {
    for (const name of goldenNames(folder, 'answer-')) {
      const { route } = goldenRoute(protocol, name);
      fc.assert(
        fc.property(fc.oneof(damaged(golden(folder, name)), noise), (bytes) => {
          const result = protocol.maskAnswer(bytes, route, { openMask: runMask });
          if (result.kind === 'masked')
            JSON.parse(
              Buffer.from(result.bytes)
                .toString()
                .replace(/^\ufeff/, ''),
            );
        }),
        { numRuns },
      );
    }
  });

  test('masks or ends any stream, the same however it is cut', () => {
    for (const name of goldenNames(folder, 'stream-')) {
      const { route } = goldenRoute(protocol, name);
      const bytes = fc.oneof(damaged(golden(folder, name)), noise);
      fc.assert(
        fc.property(bytes, fc.array(fc.nat(4000), { maxLength: 6 }), (wire, cuts) => {
          const open = () => protocol.openAnswerStream(route, { openMask: runMask });
          const whole = runStream(open(), wire);
          const cut = runStream(
            open(),
            wire,
            cuts.map((at) => at % (wire.length + 1)),
          );
          expect(cut.output).toBe(whole.output);
          expect(cut.end.ending).toBe(whole.end.ending);
        }),
        { numRuns },
      );
    }
  });
});
