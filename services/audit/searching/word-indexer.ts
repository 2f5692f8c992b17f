import { setImmediate as breathe } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { MissingDependencyError } from '#messaging';
import type { Logger } from '#telemetry';
import { type EntryReader, factOf, type Queryable } from '../entries/entry-reader.ts';
import { pause } from '../pause.ts';
import { type ContentOpener, type OpenedContents, sealedPartOf } from '../sessions/content-opener.ts';
import { uuidOf } from '../sessions/session-row.ts';
import type { RecordedFact } from '../sessions/session-store.ts';
import { object } from '../sessions/views.ts';
import { addContentWords } from './content-words.ts';
import type { WordHashes } from './word-hashes.ts';
import { wordMetrics } from './word-metrics.ts';
import { addWordRows, indexedTo, type WordRow } from './word-store.ts';
import { isPair } from './words.ts';

export interface IndexerParts {
  readonly source: DataSource;
  readonly queries: Queryable;
  readonly entries: EntryReader;
  readonly opener: ContentOpener;
  readonly hashes: WordHashes;
  /** Whether this process writes the ledger: only it keeps the index. */
  readonly isWriting: () => boolean;
  /** Whether the writer has more to do than it can do at once: then the index follows slowly. */
  readonly isBusy: () => boolean;
  readonly logger: Logger;
}

const pageEntries = 2000;
/** Sealed bytes that are opened at a time; what is larger is opened alone. */
const openedBytes = 8 * 1024 * 1024;
/** A prompt and its answer that come in one page are written once. */
const idleMs = 1000;
const firstBackoffMs = 300;
/** So long words are looked for before others get their turn. */
const sliceMs = 5;
/** While the writer has more to do than it can, words get one slice in so long. */
const busyMs = 100;
const longestBackoffMs = 30_000;
/** Events that bring a prompt or an answer. */
const contentful = new Set([
  ...['request.received', 'approval.requested', 'approval.edited', 'request.completed'],
]);

/**
 * Follows the ledger with a cursor of its own and adds the words of prompts and answers to the index. Content is opened
 * in memory only, and a writer never waits for it.
 */
export class WordIndexer {
  private readonly stopping = new AbortController();
  private readonly ended: Promise<void>;

  constructor(private readonly parts: IndexerParts) {
    this.ended = this.run();
  }

  /** Called by Nest, before the database is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.ended;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted; ) {
      let waitMs = idleMs;
      try {
        if (this.parts.isWriting() && (await this.step())) waitMs = 0;
        failures = 0;
      } catch (err) {
        failures += 1;
        waitMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** failures);
        wordMetrics.failures.inc();
        this.parts.logger.warn({ reason: (err as Error).name }, 'words are not indexed now');
      }
      if (waitMs > 0) await pause(waitMs, signal);
    }
  }

  /** Indexes the next entries. Gives whether there may be more. */
  private async step(): Promise<boolean> {
    const { queries, entries, source } = this.parts;
    const [at, size] = await Promise.all([indexedTo(queries), entries.size()]);
    const from = at.next_index;
    wordMetrics.lag.set(Math.max(0, size - from));
    if (from >= size) return this.again(at.again_next, at.again_to);
    const to = Math.min(size, from + pageEntries);
    const rows = await this.rowsIn(from, to);
    if (!(await addWordRows(source, { cursor: 'next_index', from, to }, rows))) return true;
    wordMetrics.entries.inc(to - from);
    wordMetrics.lag.set(Math.max(0, size - to));
    return to < size || at.again_next < at.again_to;
  }

  /** Adds the pairs of what was indexed when there were none; other words it has. */
  private async again(from: number, end: number): Promise<boolean> {
    if (from >= end) return false;
    const to = Math.min(end, from + pageEntries);
    const rows = await this.rowsIn(from, to, isPair);
    await addWordRows(this.parts.source, { cursor: 'again_next', from, to }, rows);
    return true;
  }

  /** The words of entries `[from, to)`, by request; only of those that have one of a kind, where that is named. */
  private async rowsIn(from: number, to: number, kind?: (word: string) => boolean): Promise<WordRow[]> {
    const { entries } = this.parts;
    const stored = await entries.range(from, to, contentful);
    const facts = stored.flatMap((one): RecordedFact[] => {
      const fact = factOf(one, []);
      return fact?.name && contentful.has(fact.name) ? [{ fact, stored: one }] : [];
    });
    return this.rowsOf(facts.filter(hasLanguage), kind);
  }

  private async rowsOf(facts: readonly RecordedFact[], kind?: (word: string) => boolean): Promise<WordRow[]> {
    const found = new Map<string, Found>();
    let sinceMs = performance.now();
    for (const chunk of chunksOf(facts)) {
      const contents = await this.open(chunk);
      for (const one of chunk) {
        const content = contents.get(one.fact.index);
        if (content?.text === undefined) continue;
        const form = object(one.fact.head).tail === 'transcript' ? 'transcript' : 'body';
        const request = foundOf(found, one);
        request.last_index = one.fact.index;
        addContentWords(request.seen, content.text, form);
        if (performance.now() - sinceMs < sliceMs) continue;
        await this.giveWay();
        sinceMs = performance.now();
      }
    }
    const hashed = new Map<string, string>();
    const wanted = [...found.values()].filter(({ seen }) => kind === undefined || [...seen].some(kind));
    return wanted.map(({ seen, ...row }) => ({ ...row, words: this.hashesOf(seen, hashed) }));
  }

  private async giveWay(): Promise<void> {
    const { signal } = this.stopping;
    if (this.parts.isBusy() && !signal.aborted) await pause(busyMs, signal);
    else await breathe();
  }

  private hashesOf(words: ReadonlySet<string>, hashed: Map<string, string>): string[] {
    const list: string[] = [];
    for (const word of words) {
      let hash = hashed.get(word);
      if (hash === undefined) {
        hash = this.parts.hashes.of(word);
        hashed.set(word, hash);
      }
      list.push(hash);
    }
    // The order of the words in the text is nobody's business.
    return list.sort();
  }

  /** What can't be opened for other reasons than a missing service is left out, and counted. */
  private async open(chunk: readonly RecordedFact[]): Promise<OpenedContents> {
    try {
      return await this.parts.opener.open(chunk, true);
    } catch (error) {
      if (error instanceof MissingDependencyError) throw error;
      if (chunk.length === 1) {
        wordMetrics.unreadable.inc();
        return new Map();
      }
      const single = await Promise.all(chunk.map((one) => this.open([one])));
      return new Map(single.flatMap((opened) => [...opened]));
    }
  }
}

/** Whether an event has a prompt or an answer of its own; reasons are neither. */
function hasLanguage({ fact }: RecordedFact): boolean {
  const head = object(fact.head);
  if (fact.name === 'request.completed') return head.tail === 'body' || head.tail === 'transcript';
  return head.gate !== 'change';
}

/** A request with the words that were found of it. */
type Found = Omit<WordRow, 'words'> & { seen: Set<string> };

function foundOf(found: Map<string, Found>, one: RecordedFact): Found {
  const id = uuidOf(one.fact.requestId ?? '');
  const known = found.get(id);
  if (known !== undefined) return known;
  const { index } = one.fact;
  const subject_key = sealedPartOf(one)?.subjectKey ?? '';
  const request = { id, subject_key, first_index: index, last_index: index, seen: new Set<string>() };
  found.set(id, request);
  return request;
}

function chunksOf(facts: readonly RecordedFact[]): RecordedFact[][] {
  const chunks: RecordedFact[][] = [];
  let bytes = 0;
  for (const one of facts) {
    const isLarge = sealedPartOf(one)?.store != null;
    const own = isLarge ? openedBytes : one.stored.entry.sealed.bytes;
    const last = chunks.at(-1);
    if (last === undefined || bytes + own > openedBytes) {
      chunks.push([one]);
      bytes = own;
    } else {
      last.push(one);
      bytes += own;
    }
  }
  return chunks;
}
