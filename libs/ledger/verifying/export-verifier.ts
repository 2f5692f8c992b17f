import { createHash } from 'node:crypto';
import { configActivated, contentErased } from '#contracts';
import {
  type EntryLine,
  type ExportLine,
  type HeaderLine,
  type SealLine,
  type SkippedLine,
  sealText,
} from '../exporting/export-lines.ts';
import type { NoteVerifier } from '../signing/keys.ts';
import { openNote } from '../signing/note.ts';
import { checkEntry, type EntryFinding } from './check-entry.ts';
import { RetentionCheck } from './check-retention.ts';
import { SequenceCheck } from './check-sequence.ts';
import { TreeCheck } from './check-tree.ts';
import { parseLine } from './parse-line.ts';
import { type ExportReport, firstBadOf, type Problem } from './problems.ts';

export interface ExportOptions {
  /** The log that the reader expects; default: whichever the export names. */
  origin?: string;
  /** Signed checkpoints of this log that were kept elsewhere. */
  anchors?: readonly string[];
}

const maxProblems = 100;
const maxRevisions = 1000;

/** Takes an export line by line and keeps what the report needs; see `verifyExport`. */
export class ExportVerifier {
  readonly #keys: readonly NoteVerifier[];
  readonly #origin: string | undefined;
  readonly #hash = createHash('sha256');
  readonly #tree: TreeCheck;
  readonly #sequences = new SequenceCheck();
  readonly #retention = new RetentionCheck();
  readonly #problems: Problem[] = [];
  readonly #revisions: ExportReport['revisions'][number][] = [];
  readonly #counts = { entries: 0, skipped: 0, withoutContent: 0, erasedValues: 0 };
  #header: HeaderLine | null = null;
  #phase: 'open' | 'sealed' | 'stopped' = 'open';
  #line = 0;

  constructor(keys: readonly NoteVerifier[], options: ExportOptions) {
    this.#keys = keys;
    this.#origin = options.origin;
    this.#tree = new TreeCheck(keys, options.anchors ?? []);
  }

  #report(...problems: Problem[]): void {
    for (const problem of problems) {
      if (this.#problems.length < maxProblems) this.#problems.push({ line: this.#line, ...problem });
    }
    if (this.#problems.length >= maxProblems) this.#phase = 'stopped';
  }

  /** The bytes can't be read on: reading stops. */
  refuse(detail: string): void {
    this.#report({ code: 'export.malformed', detail });
    this.#phase = 'stopped';
  }

  /** The bytes end inside a line. */
  cut(): void {
    this.#line += 1;
    const detail = 'the last line has no end';
    if (this.#phase === 'sealed') this.#report({ code: 'export.misplaced_line', detail });
    else this.#report({ code: 'export.truncated', detail, index: this.#tree.next });
    this.#phase = 'stopped';
  }

  /** Takes the next line with its newline; false where there is no use in going on. */
  take(bytes: Buffer): boolean {
    this.#line += 1;
    try {
      this.#dispatch(parseLine(bytes.toString('utf8', 0, bytes.length - 1)));
    } catch (error) {
      const detail = `not a line of an export: ${(error as Error).message}`;
      this.#report({ code: 'export.malformed', detail, index: this.#tree.next });
    }
    this.#hash.update(bytes);
    return this.#phase !== 'stopped';
  }

  #dispatch(line: ExportLine): void {
    if (this.#phase === 'sealed') {
      this.#report({ code: 'export.misplaced_line', detail: 'a line after the seal' });
    } else if (this.#header === null) {
      if (line.line === 'header') this.#onHeader(line);
      else this.refuse('the first line is no header');
    } else {
      this.#onLine(line, this.#header);
    }
  }

  #onHeader(line: HeaderLine): void {
    this.#header = line;
    if (this.#origin !== undefined && line.origin !== this.#origin) {
      this.#report({ code: 'export.another_log', detail: `is of the log ${line.origin}` });
    }
    this.#report(...this.#tree.open(line.origin));
  }

  #onLine(line: ExportLine, header: HeaderLine): void {
    switch (line.line) {
      case 'header':
        this.#report({ code: 'export.misplaced_line', detail: 'a second header' });
        break;
      case 'tombstone':
        // Retention may go on while an export is written: before the first entry that it names is early enough.
        this.#report(...this.#retention.tombstone(line.note, header.origin, this.#keys));
        break;
      case 'entry':
        this.#onEntry(line);
        break;
      case 'skipped':
        this.#onSkipped(line, header);
        break;
      case 'checkpoint':
        this.#report(...this.#tree.checkpoint(line.note, header.origin));
        break;
      case 'seal':
        this.#onSeal(line, header);
        break;
      default:
        line satisfies never;
    }
  }

  #onEntry(line: EntryLine): void {
    const { index, sequence, logId } = line;
    const place = { index, sequence, logId };
    if (index < this.#tree.next) {
      const detail = `entry ${index} stands where ${this.#tree.next} belongs`;
      this.#report({ code: 'entry.repeated', detail, ...place });
      return;
    }
    if (index > this.#tree.next) {
      this.#report(this.#tree.hole(index));
      this.#sequences.excuse();
    }
    const finding = checkEntry(line, this.#header?.personal === 'withheld');
    const problems = [...this.#sequences.take(line), ...finding.problems, ...this.#whatIsGone(line, finding)];
    this.#report(...problems.map((problem) => ({ ...problem, ...place })));
    if (problems.length === 0) this.#noteRevision(line);
    this.#counts.entries += 1;
    this.#report(...this.#tree.append(finding.leaf));
  }

  #noteRevision({ kind, subject, head, index }: EntryLine): void {
    if (kind !== 'event' || subject !== configActivated.prefix) return;
    const { revision, digest } = configActivated.schema.shape;
    const said = readJson(head);
    const [name, sum] = [revision.safeParse(said?.revision), digest.safeParse(said?.digest)];
    if (!name.success || !sum.success || this.#revisions.length >= maxRevisions) return;
    this.#revisions.push({ revision: name.data, digest: sum.data, index });
  }

  #whatIsGone(line: EntryLine, finding: EntryFinding): Problem[] {
    this.#counts.erasedValues += finding.goneOwners.length;
    for (const owner of finding.goneOwners) this.#retention.goneAt(line.index, owner);
    const isErasure = line.kind === 'event' && line.subject === contentErased.prefix;
    if (isErasure && finding.problems.length === 0) {
      const erasure = contentErased.schema.shape.subjectKey.safeParse(readJson(line.head)?.subjectKey);
      if (erasure.success) this.#retention.erased(erasure.data);
    }
    if (finding.hasContent) return [];
    this.#counts.withoutContent += 1;
    if (this.#retention.isDropped('content', line.index, line.index + 1)) return [];
    return [{ code: 'entry.content_missing', detail: 'content is gone without a tombstone' }];
  }

  #onSkipped(line: SkippedLine, header: HeaderLine): void {
    const { from, to } = line;
    const problems = this.#tree.skip(line);
    this.#report(...problems);
    this.#sequences.excuse();
    if (this.#tree.next !== to) return;
    this.#counts.skipped += to - from;
    if (header.scope === 'complete' && !this.#retention.isDropped('entries', from, to)) {
      const detail = `entries ${from} to ${to - 1} are gone without a tombstone`;
      this.#report({ code: 'entry.skipped', detail, index: from });
    }
  }

  #onSeal(line: SealLine, header: HeaderLine): void {
    this.#phase = 'sealed';
    const expected = sealText(header.origin, this.#line - 1, this.#hash.copy().digest());
    const code = 'export.seal_mismatch';
    try {
      const { text, ignored } = openNote(line.note, this.#keys);
      if (ignored > 0) this.#report({ code, detail: 'an unknown key signed the seal too' });
      if (text !== expected) this.#report({ code, detail: 'the bytes are not those that were sealed' });
    } catch (error) {
      this.#report({ code, detail: (error as Error).message });
    }
  }

  /** Everything was read. */
  finish(): ExportReport {
    if (this.#phase !== 'stopped') {
      const detail = 'the export ends without its seal';
      if (this.#phase !== 'sealed')
        this.#report({ code: 'export.truncated', detail, index: this.#tree.next });
      this.#report(...this.#retention.finish(), ...this.#tree.finish());
    }
    return {
      isIntact: this.#problems.length === 0,
      origin: this.#header?.origin ?? null,
      scope: this.#header?.scope ?? null,
      size: this.#tree.next,
      root: Buffer.from(this.#tree.root()).toString('hex'),
      checkpoints: this.#tree.checkpoints,
      ...this.#counts,
      revisions: this.#revisions,
      tombstones: this.#retention.tombstones,
      lostSequences: this.#sequences.lostSequences,
      logs: this.#sequences.logs,
      firstBad: firstBadOf(this.#problems),
      problems: this.#problems,
    };
  }
}

function readJson(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
