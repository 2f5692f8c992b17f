import { contentRead, encodeEnvelope, type Principal, type RecordedRequest } from '#contracts';
import type { Bus } from '#messaging';
import type { ContentOpener } from '../sessions/content-opener.ts';
import type { SessionFilter } from '../sessions/session-query.ts';
import type { SessionRow } from '../sessions/session-row.ts';
import type { RecordedFact, SessionStore } from '../sessions/session-store.ts';
import { describeRecorded } from './describe-recorded.ts';

const pageSize = 500;

/** Who reads, and what for. */
export interface Reading {
  reader: Principal;
  purpose: 'export' | 'simulation';
}

/** Reads recorded requests in bulk, newest first. Nobody reads unrecorded: each page is an event before it is given. */
export class RecordedRequests {
  constructor(
    private readonly store: SessionStore,
    private readonly opener: ContentOpener,
    private readonly bus: Bus,
  ) {}

  /** Pages of requests; `filterFrom` narrows by the last id of the page before. */
  async *pages(
    filterFrom: (cursor: string | undefined) => SessionFilter,
    reading: Reading,
  ): AsyncGenerator<RecordedRequest[]> {
    let next = this.store.page(filterFrom(undefined), pageSize);
    for (;;) {
      const rows = await next;
      const shown = rows.slice(0, pageSize);
      const last = shown.at(-1);
      if (!last) return;
      const hasMore = rows.length > pageSize;
      // The next page's rows are read while this one is opened.
      if (hasMore) {
        next = this.store.page(filterFrom(last.id), pageSize);
        next.catch(() => undefined);
      }
      await this.record(shown, reading);
      yield await this.open(shown);
      if (!hasMore) return;
    }
  }

  private async open(rows: readonly SessionRow[]): Promise<RecordedRequest[]> {
    // Of a held request its votes tell how long people took; of any other its first event says it all.
    const indexes = rows.flatMap((row) => (row.held ? row.indexes : row.indexes.slice(0, 1)));
    const facts = await this.store.factsAt(indexes);
    const ofRows = rows.map((row) =>
      row.indexes.map((index) => facts.get(index)).filter((fact): fact is RecordedFact => fact !== undefined),
    );
    const received = ofRows.flatMap((own) => own.filter(({ fact }) => fact.name === 'request.received'));
    const contents = await this.opener.open(received, true);
    return rows.map((row, i) => describeRecorded(row, ofRows[i] as RecordedFact[], contents));
  }

  private async record(rows: readonly SessionRow[], { reader, purpose }: Reading): Promise<void> {
    const [newest, oldest] = [rows[0]!.id, rows.at(-1)!.id];
    const head = { bulk: { newest, oldest, count: rows.length, purpose }, reader, at: Date.now() };
    await this.bus.publish(contentRead.subject(), encodeEnvelope(head));
  }
}
