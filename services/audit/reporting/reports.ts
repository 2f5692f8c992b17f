import { setImmediate as breathe } from 'node:timers/promises';
import { CodedError, type PersonView, type Report, type ReportQuery } from '#contracts';
import { type EntryReader, factOf } from '../entries/entry-reader.ts';
import type { Fact } from '../entries/facts.ts';
import { firstUuidOf } from '../sessions/session-query.ts';
import { type SessionRow, uuidOf } from '../sessions/session-row.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { object, personOf } from '../sessions/views.ts';
import { Tally } from './tally.ts';

const pageSize = 200;
/** Events of one request that are looked at. */
const eventsOfOne = 200;
const dayMs = 86_400_000;
const usualDays = 30;
const mostDays = 366;
/** Reports that are made or wait to be, at most. */
const mostWaiting = 8;
/** Requests of one report, at most. */
const mostRequests = 200_000;

/** Counts what the ledger has of a period. Nothing sealed is opened but the names of people. */
export class Reports {
  /** Reports that are being made or wait, and the end of the last of them. */
  private waiting = 0;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly sessions: SessionStore,
    private readonly entries: EntryReader,
  ) {}

  /**
   * One after another: the ledger is written in this process. Throws `CodedError`: the period is too long or has too much
   * in it, too many wait, or `hasLeft` says that nobody waits for it any more.
   */
  async make(
    { by, ...period }: ReportQuery,
    nowMs: number,
    hasLeft: () => boolean = () => false,
  ): Promise<Report> {
    const to = period.to ?? nowMs;
    const from = period.from ?? to - usualDays * dayMs;
    if (!(from < to) || to - from > mostDays * dayMs) {
      throw new CodedError(
        'request.invalid',
        `A report is about at most ${mostDays} days, and "from" comes before "to" (now, where it is left out).`,
      );
    }
    if (this.waiting >= mostWaiting) {
      throw new CodedError('service.overloaded', 'Other reports are being made. Try again later.');
    }
    this.waiting += 1;
    const report = this.last.then(() => this.count(by, from, to, hasLeft));
    this.last = report.then(
      () => undefined,
      () => undefined,
    );
    return report.finally(() => {
      this.waiting -= 1;
    });
  }

  private async count(
    by: ReportQuery['by'],
    from: number,
    to: number,
    hasLeft: () => boolean,
  ): Promise<Report> {
    try {
      if (hasLeft()) throw callerLeft();
      const tally = new Tally(by);
      for await (const rows of this.pages(from, to)) {
        if (hasLeft()) throw callerLeft();
        const facts = await this.factsOf(rows);
        for (const row of rows) tally.add(row, own(row, facts));
        if (tally.requests > mostRequests) throw tooMuch();
        await breathe();
      }
      const people = await this.people(tally.naming);
      const lines = tally.result((index) => people.get(index) ?? null);
      return { by, from, to, requests: tally.requests, lines };
    } catch (error) {
      throw error instanceof RangeError ? tooMuch() : error;
    }
  }

  private async *pages(from: number, to: number): AsyncGenerator<SessionRow[]> {
    for (let before = firstUuidOf(to); ; ) {
      const where = 'id >= $1::uuid and id < $2::uuid';
      const rows = await this.sessions.page({ where, parameters: [firstUuidOf(from), before] }, pageSize);
      const shown = rows.slice(0, pageSize);
      const last = shown.at(-1);
      if (last === undefined) return;
      yield shown;
      if (rows.length <= pageSize) return;
      before = uuidOf(last.id);
    }
  }

  /** Events without personal values. */
  private async factsOf(rows: readonly SessionRow[]): Promise<Map<number, Fact>> {
    const stored = await this.entries.at(rows.flatMap(({ indexes }) => indexes.slice(0, eventsOfOne)));
    const facts = stored.map((one) => factOf(one, [])).filter((fact) => fact !== null);
    return new Map(facts.map((fact) => [fact.index, fact]));
  }

  private async people(indexes: readonly number[]): Promise<Map<number, PersonView | null>> {
    const found = new Map<number, PersonView | null>();
    for (let start = 0; start < indexes.length; start += pageSize) {
      const facts = await this.sessions.factsAt(indexes.slice(start, start + pageSize));
      for (const [index, { fact }] of facts) {
        const head = object(fact.head);
        found.set(index, personOf(head.approver ?? object(head.context).principal));
      }
    }
    return found;
  }
}

/** Nobody reads this; it ends the work, and is no failure in the log. */
export function callerLeft(): CodedError {
  return new CodedError('request.invalid', 'The caller left.');
}

const own = ({ indexes }: SessionRow, facts: ReadonlyMap<number, Fact>): Fact[] =>
  indexes.map((index) => facts.get(index)).filter((fact): fact is Fact => fact !== undefined);

const tooMuch = (): CodedError =>
  new CodedError(
    'request.invalid',
    'There is too much in this period for one report. Ask for a shorter one.',
  );
