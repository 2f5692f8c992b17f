import { describe, expect, test } from '@jest/globals';
import { digestSealed, type Entry, entryLeafHash } from '../entries/entry.ts';
import { check, chunksOf, noteOf, origin, sample, signer } from '../exporting/altered-export.ts';
import { ExportWriter } from '../exporting/export-writer.ts';
import { signCheckpoint } from '../signing/checkpoint.ts';
import { CompactRange } from '../tree/compact-range.ts';
import { readRuns } from '../tree/nodes.ts';
import { verifyExport } from './verify-export.ts';

describe('an export', () => {
  test('verifies offline with nothing but the public key, and says what is legitimately gone', async () => {
    const report = await check(sample, { origin, anchors: [noteOf(sample)] });
    expect(report.problems).toEqual([]);
    expect(report).toMatchObject({
      isIntact: true,
      origin,
      scope: 'complete',
      size: 120,
      entries: 111,
      skipped: 9,
      withoutContent: 11,
      lostSequences: 3,
      firstBad: null,
    });
    expect(report.erasedValues).toBeGreaterThan(0);
    expect(report.logs.map((log) => log.logId)).toEqual(['EVENTS-1', 'EVENTS-2']);
  });

  test('may withhold all personal values, but not pretend that it does', async () => {
    const entry: Entry = {
      ...{ kind: 'event', logId: 'L', sequence: 1, atMs: 1, subject: 'evt.x', messageId: 'm' },
      head: Buffer.from('{"name":null}'),
      personal: [{ path: '/name', ownerKey: 'somebody', digest: Buffer.alloc(32, 7) }],
      sealed: digestSealed(new Uint8Array(0)),
    };
    const tree = new CompactRange();
    tree.append(entryLeafHash(entry));
    const write = (personal?: 'withheld') => {
      const writer = new ExportWriter(origin);
      const row = { index: 0, entry, leaf: entryLeafHash(entry), openings: [null], tail: new Uint8Array(0) };
      return [
        writer.header('complete', [], personal),
        writer.entry(row),
        writer.checkpoint(signCheckpoint({ origin, size: 1, root: tree.root() }, [signer])),
        writer.seal(signer),
      ];
    };
    expect(await check(write('withheld'))).toMatchObject({ isIntact: true, problems: [] });
    expect((await check(write())).firstBad).toMatchObject({ code: 'entry.personal_missing' });
    const [header = '', ...rest] = write();
    const pretending = [header.replace('}\n', ',"personal":"withheld"}\n'), ...rest];
    expect((await check(pretending)).isIntact).toBe(false);
  });

  test('verifies whatever the sizes of the chunks it is read in', async () => {
    const bytes = Buffer.from(sample.join(''));
    for (const size of [1, 7, 64, 4096, bytes.length]) {
      expect((await verifyExport(chunksOf(bytes, size), [signer.publicKey])).isIntact).toBe(true);
    }
  });

  test('of a selection verifies against the whole tree', async () => {
    const tree = new CompactRange();
    const entries = Array.from({ length: 50 }, (_, i) => ({
      kind: 'event' as const,
      logId: 'L',
      sequence: i + 1,
      atMs: i,
      subject: 'evt.x',
      messageId: `m-${i}`,
      head: Buffer.from('{}'),
      personal: [],
      sealed: digestSealed(Buffer.from([i])),
    }));
    const read = readRuns(tree.appendAll(Buffer.concat(entries.map(entryLeafHash))));
    const write = async (scope: 'complete' | 'selection') => {
      const writer = new ExportWriter(origin);
      const lines = [writer.header(scope, [])];
      let next = 0;
      for (const index of [3, 4, 30]) {
        if (index > next) lines.push(await writer.skipped(next, index, read));
        const entry = entries[index] as Entry;
        const row = { index, entry, leaf: entryLeafHash(entry), openings: [], tail: Buffer.from([index]) };
        lines.push(writer.entry(row));
        next = index + 1;
      }
      lines.push(await writer.skipped(next, 50, read));
      lines.push(writer.checkpoint(signCheckpoint({ origin, size: 50, root: tree.root() }, [signer])));
      return [...lines, writer.seal(signer)];
    };
    expect(await check(await write('selection'))).toMatchObject({ isIntact: true, entries: 3, skipped: 47 });
    expect((await check(await write('complete'))).firstBad).toMatchObject({
      code: 'entry.skipped',
      index: 0,
    });
  });
});
