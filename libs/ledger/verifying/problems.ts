import type { Tombstone } from '../signing/tombstone.ts';

/** What can be wrong with an export. */
export type ProblemCode =
  /** A line is not of the format, or a stream of bytes is no export. */
  | 'export.malformed'
  /** Lines stand in an order that the format doesn't allow. */
  | 'export.misplaced_line'
  /** The seal is missing: the export ends early. */
  | 'export.truncated'
  /** The bytes are not those that were sealed, or no known key sealed them. */
  | 'export.seal_mismatch'
  /** The export is of another log than the one asked for. */
  | 'export.another_log'
  /** An entry is not the one that the tree holds. */
  | 'entry.changed'
  /** A personal value is not the one that was committed to. */
  | 'entry.personal_changed'
  /** A personal value is gone without an erasure in the ledger. */
  | 'entry.personal_missing'
  /** Sealed content is not the one that was recorded. */
  | 'entry.content_changed'
  /** Sealed content is gone without a tombstone. */
  | 'entry.content_missing'
  /** Entries are missing from their place in the tree. */
  | 'entry.missing'
  /** An entry stands a second time, or before its place. */
  | 'entry.repeated'
  /** The stream's numbering has a hole that the ledger doesn't record. */
  | 'entry.gap'
  /** The stream's numbering goes back: an event was played again. */
  | 'entry.replayed'
  /** Entries are skipped without a tombstone. */
  | 'entry.skipped'
  /** A checkpoint is not signed by a known key, or says something else than was signed. */
  | 'checkpoint.unverified'
  /** A signed checkpoint has another root than these entries: one history or the other was made up. */
  | 'checkpoint.forked'
  /** No checkpoint covers the last entries. */
  | 'checkpoint.missing'
  /** A tombstone is not signed by a known key, or speaks of another log. */
  | 'tombstone.unverified'
  /** More is gone than tombstones say was dropped. */
  | 'tombstone.exceeded'
  /** A checkpoint from elsewhere is not signed by a known key or of another log. */
  | 'anchor.unverified'
  /** A checkpoint from elsewhere has another root than these entries. */
  | 'anchor.forked'
  /** A checkpoint from elsewhere is of a larger tree: entries were cut off. */
  | 'anchor.beyond_end'
  /** A checkpoint from elsewhere falls into a skipped range and can't be compared. */
  | 'anchor.skipped';

/** One thing that is wrong, and where. */
export interface Problem {
  code: ProblemCode;
  detail: string;
  /** Line of the export, from 1. */
  line?: number;
  /** Index in the tree of the (first) entry concerned. */
  index?: number;
  logId?: string;
  sequence?: number;
}

/** What was verified, what is legitimately gone, and every problem (the first 100). */
export interface ExportReport {
  isIntact: boolean;
  origin: string | null;
  scope: 'complete' | 'selection' | null;
  /** Leaves of the tree that the export ends with, and its root in hex. */
  size: number;
  root: string;
  entries: number;
  checkpoints: number;
  /** Entries that are not in the export: covered by tombstones, or outside a selection. */
  skipped: number;
  /** Entries whose content retention dropped. */
  withoutContent: number;
  /** Personal values that an erasure destroyed. */
  erasedValues: number;
  /** Sequences that the stream lost and the ledger recorded as lost. */
  lostSequences: number;
  /** Which revisions the entries say came into force, with the digest of each (the first 1000). */
  revisions: readonly { revision: string; digest: string; index: number }[];
  /** What signed tombstones say was dropped, when and why (the first 1000). */
  tombstones: readonly Tombstone[];
  logs: { logId: string; firstSequence: number; lastSequence: number }[];
  /** The problem of the first bad entry; else the first problem. */
  firstBad: Problem | null;
  problems: Problem[];
}

/** The problem of the lowest entry, or the first that names none. */
export function firstBadOf(problems: readonly Problem[]): Problem | null {
  let first: Problem | null = null;
  for (const problem of problems) {
    if (problem.index === undefined) continue;
    if (first?.index === undefined || problem.index < first.index) first = problem;
  }
  return first ?? problems[0] ?? null;
}
