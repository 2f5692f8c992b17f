import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  check,
  chunksOf,
  isEntry,
  noteOf,
  origin,
  reseal,
  sample,
  signer,
  stranger,
} from '../exporting/altered-export.ts';
import { type ExportLine } from '../exporting/export-lines.ts';
import { sampleExport } from '../exporting/sample-export.ts';
import { signTombstone } from '../signing/tombstone.ts';
import { verifyExport } from './verify-export.ts';

describe('an export is refused where', () => {
  test('it was signed again by another key, or by none that is trusted', async () => {
    expect((await check(reseal((lines) => lines, stranger))).firstBad).toMatchObject({
      code: 'export.seal_mismatch',
    });
    const all = await sampleExport({ entries: 120, seed: 1, signer: stranger, origin });
    const report = await check(all);
    expect(report.problems.map((p) => p.code)).toEqual(
      expect.arrayContaining(['tombstone.unverified', 'checkpoint.unverified', 'export.seal_mismatch']),
    );
    expect((await verifyExport(chunksOf(Buffer.from(sample.join(''))), [])).isIntact).toBe(false);
  });

  test('the whole history was rewritten with the right key: a checkpoint kept elsewhere tells', async () => {
    const rewritten = await sampleExport({ entries: 120, seed: 2, signer, origin });
    expect((await check(rewritten)).isIntact).toBe(true);
    const report = await check(rewritten, { anchors: [noteOf(sample)] });
    expect(report.problems).toMatchObject([{ code: 'anchor.forked' }]);
  });

  test('it is of another log', async () => {
    expect((await check(sample, { origin: 'other' })).firstBad).toMatchObject({ code: 'export.another_log' });
    const other = noteOf(await sampleExport({ entries: 120, seed: 1, signer, origin: 'other' }));
    expect((await check(sample, { anchors: [other] })).firstBad).toMatchObject({ code: 'anchor.unverified' });
  });

  test('a tombstone is missing, or more is gone than it says', async () => {
    const unstoned = reseal((lines) => lines.filter((l) => l.line !== 'tombstone'));
    expect((await check(unstoned)).problems.map((p) => p.code)).toEqual(
      expect.arrayContaining(['entry.skipped', 'entry.content_missing']),
    );
    const stone = { origin, from: 0, to: 20, dropped: 10, atMs: 0, reason: 'content after 90 days' };
    const note = signTombstone({ ...stone, scope: 'content' }, [signer]);
    const fewer = reseal((lines) =>
      lines.map((l) => (l.line === 'tombstone' && l.note.includes('content') ? { ...l, note } : l)),
    );
    expect((await check(fewer)).problems).toMatchObject([{ code: 'tombstone.exceeded' }]);
  });

  test('a checkpoint is missing at the end, or stands elsewhere', async () => {
    const without = reseal((lines) => lines.slice(0, -1));
    expect((await check(without)).firstBad).toMatchObject({ code: 'checkpoint.missing', index: 112 });
    const moved = reseal((lines) => {
      const at = lines.findIndex((l) => l.line === 'checkpoint');
      return [
        ...lines.slice(0, at),
        lines[at + 1] as ExportLine,
        lines[at] as ExportLine,
        ...lines.slice(at + 2),
      ];
    });
    expect((await check(moved)).isIntact).toBe(false);
  });

  test('its lines are out of order, or something follows the seal', async () => {
    const [header = '', ...rest] = sample;
    expect((await check([...rest, header])).firstBad).toMatchObject({ code: 'export.malformed', line: 1 });
    expect((await check([header, ...sample])).problems[0]).toMatchObject({ code: 'export.misplaced_line' });
    expect((await check([...sample, header])).problems).toMatchObject([{ code: 'export.misplaced_line' }]);
    expect((await check([...sample, ' '])).problems).toMatchObject([{ code: 'export.misplaced_line' }]);
    expect((await check([])).firstBad).toMatchObject({ code: 'export.truncated' });
  });

  test('any single bit of it changed', async () => {
    const bytes = Buffer.from(sample.join(''));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] as number) ^ (1 << bit);
        expect((await check(changed)).isIntact).toBe(false);
      }),
      { numRuns: process.env.LONG === '1' ? 2000 : 100 },
    );
  });

  test('it is cut anywhere', async () => {
    const bytes = Buffer.from(sample.join(''));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (at) => {
        const report = await check(bytes.subarray(0, at));
        expect(report.problems.map((problem) => problem.code)).toContain('export.truncated');
      }),
      { numRuns: process.env.LONG === '1' ? 1000 : 60 },
    );
  });

  test('forged hashes stand in for what is skipped', async () => {
    const hash = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((b) => Buffer.from(b).toString('base64'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(hash, { maxLength: 4 }),
        fc.integer({ min: 1, max: 30 }),
        async (nodes, to) => {
          const forged = reseal((lines) =>
            lines.flatMap((line): ExportLine[] => {
              if (line.line === 'skipped') return [{ line: 'skipped', from: 0, to, nodes }];
              return isEntry(line) && line.index < to ? [] : [line];
            }),
          );
          expect((await check(forged)).isIntact).toBe(false);
        },
      ),
      { numRuns: 40 },
    );
  });
});
