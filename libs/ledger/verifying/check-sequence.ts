import type { EntryLine } from '../exporting/export-lines.ts';
import type { ExportReport, Problem } from './problems.ts';

type LogSpan = ExportReport['logs'][number];

const maxLogs = 10_000;

/** Follows the numbering of every stream through an export: no hole that isn't recorded, no step back. */
export class SequenceCheck {
  readonly #logs = new Map<string, LogSpan>();
  /** Logs whose next hole is explained by entries that the export doesn't have. */
  readonly #excused = new Set<string>();
  #isExcusingNew = false;
  #lost = 0;

  get logs(): LogSpan[] {
    return [...this.#logs.values()];
  }

  /** Sequences recorded as lost. */
  get lostSequences(): number {
    return this.#lost;
  }

  /** Entries are missing here, whatever the reason: the next hole of each log is explained. */
  excuse(): void {
    for (const logId of this.#logs.keys()) this.#excused.add(logId);
    this.#isExcusingNew = true;
  }

  /** Takes the next entry. */
  take(line: EntryLine): Problem[] {
    const { logId, sequence } = line;
    const span = this.#logs.get(logId);
    if (span === undefined && this.#logs.size >= maxLogs) {
      return [{ code: 'export.malformed', detail: `more than ${maxLogs} logs` }];
    }
    const last = span?.lastSequence ?? 0;
    if (sequence <= last) {
      return [{ code: 'entry.replayed', detail: `sequence ${sequence} comes after ${last}` }];
    }
    const from = line.kind === 'gap' ? firstLost(line) : sequence;
    const isExcused = span === undefined ? this.#isExcusingNew : this.#excused.has(logId);
    this.#excused.delete(logId);
    if (span === undefined)
      this.#logs.set(logId, { logId, firstSequence: from ?? sequence, lastSequence: sequence });
    else span.lastSequence = sequence;
    if (from === null || from <= last || from > sequence) {
      return [{ code: 'entry.changed', detail: 'a recorded gap does not say what it covers' }];
    }
    if (line.kind === 'gap') this.#lost += sequence - from + 1;
    if (from === last + 1 || isExcused) return [];
    return [{ code: 'entry.gap', detail: `sequences ${last + 1} to ${from - 1} are missing` }];
  }
}

/** The first lost sequence that a recorded gap names (`{"from": n}`). */
function firstLost(line: EntryLine): number | null {
  try {
    const head: unknown = JSON.parse(line.head);
    const from = head !== null && typeof head === 'object' && 'from' in head ? head.from : null;
    return typeof from === 'number' && Number.isSafeInteger(from) ? from : null;
  } catch {
    return null;
  }
}
