import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { signCheckpoint } from '../signing/checkpoint.ts';
import { CompactRange } from '../tree/compact-range.ts';
import { digestSealed, type Entry, entryLeafHash } from '../entries/entry.ts';
import { type EntryLine, type ExportLine, sealText } from '../exporting/export-lines.ts';
import { ExportWriter } from '../exporting/export-writer.ts';
import { leafHash, sha256 } from '../tree/hashing.ts';
import { noteSignerFromSeed } from '../signing/keys.ts';
import { readRuns } from '../tree/nodes.ts';
import { signNote } from '../signing/note.ts';
import { parseLine } from './parse-line.ts';
import type { ExportReport } from './problems.ts';
import { sampleExport } from '../exporting/sample-export.ts';
import { signTombstone } from '../signing/tombstone.ts';
import { verifyExport } from './verify-export.ts';

const origin = 'sallyport.example/ledger';
const signer = noteSignerFromSeed(origin, Buffer.alloc(32, 1));
const stranger = noteSignerFromSeed(origin, Buffer.alloc(32, 2));

let sample: string[];
beforeAll(async () => {
  sample = await sampleExport({ entries: 120, seed: 1, signer, origin });
});

async function* chunksOf(bytes: Buffer, size = 1000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

type Options = Parameters<typeof verifyExport>[2];

function check(lines: string[] | Buffer, options?: Options): Promise<ExportReport> {
  const bytes = Buffer.isBuffer(lines) ? lines : Buffer.from(lines.join(''));
  return verifyExport(chunksOf(bytes), [signer.publicKey], options);
}

/** The export as someone with the writer's key, but not its checkpoints, would write it after changing lines. */
function reseal(change: (lines: ExportLine[]) => ExportLine[], by = signer): string[] {
  const lines = change(sample.slice(0, -1).map((line) => parseLine(line))).map(
    (line) => `${JSON.stringify(line)}\n`,
  );
  const text = sealText(origin, lines.length, sha256(Buffer.from(lines.join(''))));
  return [...lines, `${JSON.stringify({ line: 'seal', note: signNote(text, [by]) })}\n`];
}

const isEntry = (line: ExportLine): line is EntryLine => line.line === 'entry';

function changeEntry(index: number, change: (entry: EntryLine) => EntryLine): string[] {
  return reseal((lines) =>
    lines.map((line) => (isEntry(line) && line.index === index ? change(structuredClone(line)) : line)),
  );
}

/** The leaf hash that an entry's line should have. */
function honestLeaf(line: EntryLine): string {
  const entry: Entry = {
    ...line,
    head: Buffer.from(line.head),
    personal: line.personal.map((part) => ({ ...part, digest: Buffer.from(part.digest, 'base64') })),
    sealed: { bytes: line.sealed.bytes, digest: Buffer.from(line.sealed.digest, 'base64') },
  };
  return entryLeafHash(entry).toString('base64');
}

const noteOf = (lines: string[]) =>
  lines
    .map((line) => parseLine(line))
    .flatMap((line) => (line.line === 'checkpoint' ? [line.note] : []))
    .at(-1) as string;

function safeParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

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
