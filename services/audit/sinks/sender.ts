import type { Sink } from '#contracts';
import type { Logger } from '#telemetry';
import type { EntryReader, StoredEntry } from '../entries/entry-reader.ts';
import { pause } from '../pause.ts';
import type { LedgerProofs } from '../proving/ledger-proofs.ts';
import type { PieceMaker } from './piece-maker.ts';
import type { SinkTarget } from './sink.ts';
import { leaseSeconds, type SinkCursors } from './sink-cursors.ts';
import { sinkMetrics } from './sink-metrics.ts';
import { NotTakenError } from './targets/post.ts';

/** Sealed bytes in one piece, at most; an entry that is larger goes alone. */
const pieceBytes = 32 * 1024 * 1024;
const idleMs = 500;
const longestBackoffMs = 60_000;
/** A piece takes no longer, however slowly the other side answers: its rest waits for the next attempt. */
const longestDeliveryMs = 10 * 60_000;

export interface SenderParts {
  readonly cursors: SinkCursors;
  readonly entries: EntryReader;
  readonly proofs: LedgerProofs;
  readonly pieces: PieceMaker;
  readonly logger: Logger;
}

/**
 * Sends the ledger to one sink: in order, each entry at least once, from where it stopped the last time. Only what a
 * signed checkpoint covers leaves.
 */
export class Sender {
  private readonly stopping = new AbortController();
  private readonly ended: Promise<void>;
  private failures = 0;

  constructor(
    private readonly sink: Sink,
    private readonly everyMs: number,
    private readonly target: SinkTarget,
    private readonly parts: SenderParts,
  ) {
    this.ended = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
    this.target.close?.();
    await this.parts.cursors.leave(this.sink.name).catch(() => undefined);
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const pauseMs = await this.step().then(
        (sent) => {
          this.failures = 0;
          return sent ? 0 : idleMs;
        },
        (error: Error) => this.onFailure(error),
      );
      if (pauseMs > 0) await pause(pauseMs, this.stopping.signal);
    }
  }

  /** Sends the next piece, where it is due. Returns whether there may be more. */
  private async step(): Promise<boolean> {
    const { cursors, proofs, entries } = this.parts;
    const { name, maxEntries } = this.sink;
    const from = await cursors.take(name);
    if (from === undefined) return false;
    const size = (await proofs.latest())?.size ?? 0;
    sinkMetrics.lag.set({ sink: name }, Math.max(0, size - from));
    if (size <= from) return false;
    const to = Math.min(size, from + maxEntries);
    const page = cut(await entries.range(from, to), pieceBytes);
    const isFull = page.length < to - from || to - from === maxEntries;
    const since = page[0]?.entry.atMs;
    if (!isFull && since !== undefined && Date.now() - since < this.everyMs) return false;
    const end = page.length === to - from ? to : (page.at(-1)?.index ?? to - 1) + 1;
    await this.deliver(from, end, size, page);
    return true;
  }

  private async deliver(from: number, to: number, size: number, page: readonly StoredEntry[]): Promise<void> {
    const { cursors, pieces } = this.parts;
    const { name, personal } = this.sink;
    const over = new AbortController();
    const renewing = setInterval(
      () => {
        void this.renew(from).then(
          (isMine) => isMine || over.abort(),
          () => undefined,
        );
      },
      (leaseSeconds * 1000) / 3,
    );
    const tooLong = setTimeout(() => over.abort(), longestDeliveryMs);
    try {
      const signal = AbortSignal.any([this.stopping.signal, over.signal]);
      this.onRefused(await this.target.deliver(pieces.make({ from, to, size, page, personal }), signal));
    } finally {
      clearInterval(renewing);
      clearTimeout(tooLong);
    }
    if (!(await cursors.advance(name, from, to))) return;
    sinkMetrics.entries.inc({ sink: name }, to - from);
    sinkMetrics.lag.set({ sink: name }, Math.max(0, size - to));
  }

  /** False where the right to send was lost. What the sink lacks is told meanwhile: it may take long to answer. */
  private async renew(from: number): Promise<boolean> {
    const { cursors, proofs } = this.parts;
    const { name } = this.sink;
    const isMine = (await cursors.take(name)) === from;
    const size = (await proofs.latest())?.size ?? 0;
    sinkMetrics.lag.set({ sink: name }, Math.max(0, size - from));
    return isMine;
  }

  private onRefused(entries: number): void {
    if (entries === 0) return;
    const { name } = this.sink;
    sinkMetrics.refused.inc({ sink: name }, entries);
    this.parts.logger.error({ sink: name, entries }, 'a sink refused entries for good');
  }

  private async onFailure(error: Error): Promise<number> {
    if (this.stopping.signal.aborted) return 0;
    const { name } = this.sink;
    this.failures += 1;
    sinkMetrics.failures.inc({ sink: name });
    this.parts.logger.warn({ sink: name, reason: reasonOf(error) }, 'a sink did not take what it was sent');
    await this.parts.cursors.fail(name, reasonOf(error)).catch(() => undefined);
    const { afterMs = 0, isUseless = false } = error instanceof NotTakenError ? error.again : {};
    const growingMs = idleMs * 2 ** Math.min(this.failures, 10);
    const backoffMs = isUseless ? longestBackoffMs : Math.min(longestBackoffMs, growingMs);
    return afterMs + backoffMs * (0.5 + Math.random() / 2);
  }
}

/** As many entries from the start as fit; at least one. */
function cut(page: readonly StoredEntry[], bytes: number): readonly StoredEntry[] {
  let used = 0;
  const over = page.findIndex(({ entry }) => {
    used += entry.sealed.bytes + entry.head.length;
    return used > bytes;
  });
  return over === -1 ? page : page.slice(0, Math.max(1, over));
}

function reasonOf(error: Error & { code?: string }): string {
  return error.name === 'NotTakenError'
    ? error.message
    : `${error.name}${error.code ? ` ${error.code}` : ''}`;
}
