import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  check,
  isEntry,
  origin,
  reseal,
  safeParse,
  sample,
  signer,
  stranger,
} from '../exporting/altered-export.ts';
import { type ExportLine } from '../exporting/export-lines.ts';
import { signTombstone } from '../signing/tombstone.ts';
import { leafHash } from '../tree/hashing.ts';
import { parseLine } from './parse-line.ts';

describe('an export is refused where', () => {
  test('a forged tombstone stands in for what is gone', async () => {
    const reason = 'content after 90 days';
    const genuine = sample
      .map((line) => parseLine(line))
      .flatMap((l) => (l.line === 'tombstone' ? [l.note] : []));
    const forgeries = [
      (from: number, to: number) =>
        signTombstone({ origin, scope: 'content', from, to, dropped: to - from, atMs: 1, reason }, [
          stranger,
        ]),
      (from: number, to: number) =>
        signTombstone({ origin: 'other', scope: 'content', from, to, dropped: to - from, atMs: 1, reason }, [
          signer,
        ]),
      (from: number, to: number, pick: number) =>
        genuine[pick % genuine.length]!.replace(
          /^(content|entries) \d+ \d+ \d+/m,
          `content ${from} ${to} ${to - from}`,
        ),
      // Said twice, a genuine one allows no more than once.
      (_: number, __: number, pick: number) => genuine[pick % genuine.length]!,
      (from: number) =>
        `sallyport/tombstone/1\n${origin}\ncontent ${from} ${from + 1} 1 1\n${reason}\n\n— ${origin} AAAA\n`,
    ];
    const isBare = (line: ExportLine, index: number) =>
      isEntry(line) && line.index === index && line.sealed.bytes > 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20, max: 111 }),
        fc.nat(8),
        fc.nat(),
        fc.nat(),
        async (index, wide, how, pick) => {
          const forge = forgeries[how % forgeries.length]!;
          const forged = reseal((lines) => {
            fc.pre(lines.some((line) => isBare(line, index)));
            const note = forge(Math.max(0, index - wide), index + 1 + wide, pick);
            const bared = lines.map((line) =>
              isBare(line, index) && isEntry(line)
                ? { ...line, sealed: { ...line.sealed, data: null } }
                : line,
            );
            return [bared[0]!, { line: 'tombstone', note }, ...bared.slice(1)];
          });
          const report = await check(forged);
          expect(report.problems.map(({ code }) => code)).toEqual(
            expect.arrayContaining(['entry.content_missing']),
          );
          expect(report.tombstones.length).toBe(genuine.length);
        },
      ),
      { numRuns: process.env.LONG === '1' ? 1000 : 80 },
    );
  });

  test('a genuine tombstone is said twice, so that more of its range may be gone', async () => {
    const stone = { origin, scope: 'content' as const, from: 20, to: 40, dropped: 1, atMs: 1, reason: 'r' };
    const note = signTombstone(stone, [signer]);
    const bared = reseal((lines) => {
      let left = 2;
      const without = lines.map((line) =>
        isEntry(line) && line.index >= 20 && line.sealed.data !== null && line.sealed.bytes > 0 && left-- > 0
          ? { ...line, sealed: { ...line.sealed, data: null } }
          : line,
      );
      const said: ExportLine = { line: 'tombstone', note };
      return [without[0]!, said, said, ...without.slice(1)];
    });
    expect((await check(bared)).problems).toMatchObject([{ code: 'tombstone.exceeded' }]);
  });

  test('its lines are of the format and hold anything: it never throws, and never accepts', async () => {
    const value = fc.oneof(
      fc.constant(0),
      fc.constant(''),
      fc.base64String({ maxLength: 48 }),
      fc.json(),
      fc.nat(),
    );
    const place = fc.constantFrom(
      'index',
      'kind',
      'logId',
      'sequence',
      'head',
      'personal',
      'sealed',
      'leaf',
      'from',
      'to',
      'nodes',
      'note',
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(), place, value, fc.boolean(), async (pick, field, filling, isParsed) => {
        const content = isParsed && typeof filling === 'string' ? safeParse(filling) : filling;
        const changed = reseal((lines) => {
          const at = lines.flatMap((line, i) => (field in line ? [i] : []));
          const target = at[pick % at.length] as number;
          return lines.with(target, { ...lines[target], [field]: content } as ExportLine);
        });
        if (changed.join('') === sample.join('')) return;
        expect((await check(changed)).isIntact).toBe(false);
      }),
      { numRuns: process.env.LONG === '1' ? 1000 : 60 },
    );
  });

  test('it is no export at all: the report comes, and soon', async () => {
    const noise = Buffer.alloc(1_000_000, leafHash(Buffer.from('noise')));
    const report = await check(noise);
    expect(report.isIntact).toBe(false);
    expect(report.problems.length).toBeLessThanOrEqual(100);
  });
});
