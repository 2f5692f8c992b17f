import { describe, expect, test } from '@jest/globals';
import {
  changeEntry,
  check,
  honestLeaf,
  isEntry,
  noteOf,
  type Options,
  reseal,
  sample,
} from '../exporting/altered-export.ts';
import { type EntryLine, type ExportLine } from '../exporting/export-lines.ts';
import { parseLine } from './parse-line.ts';

describe('the first bad entry is named when', () => {
  const named = async (lines: string[], code: string, index: number, options?: Options) => {
    const report = await check(lines, options);
    expect(report.isIntact).toBe(false);
    expect(report.firstBad).toMatchObject({ code, index });
  };

  test('a field of it changed', async () => {
    await named(
      changeEntry(40, (e) => ({ ...e, atMs: e.atMs + 1 })),
      'entry.changed',
      40,
    );
    await named(
      changeEntry(41, (e) => ({ ...e, head: e.head.replace('req-', 'rEq-') })),
      'entry.changed',
      41,
    );
    const report = await check(changeEntry(42, (e) => ({ ...e, messageId: 'other' })));
    expect(report.problems).toHaveLength(1);
    expect(report.firstBad).toMatchObject({ logId: 'EVENTS-1', sequence: 43 });
  });

  test('it was changed together with its leaf hash: up to the checkpoint before', async () => {
    const lines = changeEntry(40, (e) => ({ ...e, atMs: 1, leaf: honestLeaf({ ...e, atMs: 1 }) }));
    await named(lines, 'checkpoint.forked', 32);
  });

  test('a personal value, its salt or its commitment changed', async () => {
    const holder = (line: ExportLine) => isEntry(line) && line.personal[0]?.value;
    const { index } = sample
      .slice(0, -1)
      .map((line) => parseLine(line))
      .find(holder) as EntryLine;
    const part = (change: object) => (e: EntryLine) => ({
      ...e,
      personal: e.personal.map((p, i) => (i === 0 ? { ...p, ...change } : p)),
    });
    await named(changeEntry(index, part({ value: '"mallory"' })), 'entry.personal_changed', index);
    await named(
      changeEntry(index, part({ salt: Buffer.alloc(16).toString('base64') })),
      'entry.personal_changed',
      index,
    );
    await named(changeEntry(index, part({ salt: '' })), 'entry.personal_changed', index);
    await named(
      changeEntry(index, part({ digest: Buffer.alloc(32).toString('base64') })),
      'entry.changed',
      index,
    );
    await named(changeEntry(index, part({ value: null, salt: null })), 'entry.personal_missing', index);
  });

  test('its content changed, or is gone without a tombstone', async () => {
    const sealed = (change: object) => (e: EntryLine) => ({ ...e, sealed: { ...e.sealed, ...change } });
    await named(changeEntry(50, sealed({ data: 'AAAA' })), 'entry.content_changed', 50);
    await named(changeEntry(50, sealed({ data: null })), 'entry.content_missing', 50);
  });

  test('it was deleted, repeated, moved or hidden behind a hash', async () => {
    await named(
      reseal((lines) => lines.filter((l) => !isEntry(l) || l.index !== 33)),
      'entry.missing',
      33,
    );
    await named(
      reseal((lines) => lines.flatMap((l) => (isEntry(l) && l.index === 33 ? [l, l] : [l]))),
      'entry.repeated',
      33,
    );
    const swapped = reseal((lines) => {
      const at = lines.findIndex((l) => isEntry(l) && l.index === 50);
      [lines[at], lines[at + 1]] = [lines[at + 1] as ExportLine, lines[at] as ExportLine];
      return lines;
    });
    await named(swapped, 'entry.missing', 50);
    const hidden = reseal((lines) =>
      lines.map((l) =>
        isEntry(l) && l.index === 33 ? { line: 'skipped', from: 33, to: 34, nodes: [l.leaf] } : l,
      ),
    );
    await named(hidden, 'entry.skipped', 33);
  });

  test('the numbering of the stream has a hole, or an event was played again', async () => {
    const renumbered = (index: number, sequence: number) =>
      changeEntry(index, (e) => ({ ...e, sequence, leaf: honestLeaf({ ...e, sequence }) }));
    const at = (await check(renumbered(30, 35))).problems.filter((p) => p.index === 30);
    expect(at).toMatchObject([{ code: 'entry.gap', detail: 'sequences 31 to 34 are missing' }]);
    const again = (await check(renumbered(30, 12))).problems.filter((p) => p.index === 30);
    expect(again).toMatchObject([{ code: 'entry.replayed', sequence: 12 }]);
  });

  test('an erasure is taken out of the ledger', async () => {
    const isErasure = (l: ExportLine) => isEntry(l) && l.subject.includes('erased');
    const report = await check(reseal((lines) => lines.filter((l) => !isErasure(l))));
    expect(report.problems.map((p) => p.code)).toEqual(
      expect.arrayContaining(['entry.missing', 'entry.personal_missing']),
    );
  });

  test('the end was cut off, though it was sealed again: a checkpoint kept elsewhere tells', async () => {
    const shorter = reseal((lines) =>
      lines.slice(
        0,
        lines.findIndex((l) => isEntry(l) && l.index === 96),
      ),
    );
    const report = await check(shorter, { anchors: [noteOf(sample)] });
    expect(report.problems).toContainEqual(expect.objectContaining({ code: 'anchor.beyond_end', index: 96 }));
  });
});
