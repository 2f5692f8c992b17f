import { v7 } from 'uuid';
import { CodedError, type HoldView, type Principal } from '#contracts';
import type { Sealer } from '#sealing';
import type { Queryable } from '../entries/entry-reader.ts';
import { facetOf } from '../sessions/facets.ts';
import { requestIdOfUuid, uuidOf } from '../sessions/session-row.ts';
import { holdLock } from './hold-lock.ts';

/** What a hold names. */
export type HoldScope =
  | { scope: 'person'; subjectKey: string }
  | { scope: 'request'; requestId: string }
  | { scope: 'period'; from: number; to: number };

/** Who placed it and why; sealed with the data key of whoever did. */
export type HoldDetails = NonNullable<HoldView['details']>;

/** A statement took too long (PostgreSQL, appendix A). */
const queryCanceled = '57014';
const label = (id: string): string => `hold:${id}`;

/** A hold on a person, on one of their requests, or on the time of one. `$1`: the data key, `$2`: its facets. */
const onPerson = `select id from legal_hold h where lifted_at is null and (
    (scope = 'person' and subject_key = $1)
    or (scope = 'request' and exists (select 1 from session s where s.id = h.request_id and s.facets && $2::bigint[]))
    or (scope = 'period' and exists (select 1 from session s
      where s.facets && $2::bigint[] and s.received_at >= h.from_at and s.received_at < h.to_at)))
  order by placed_at`;

/** A hold on what stands in entries `[$1, $2)`, stored at `[$3, $4]`. */
const onEntries = `select id from legal_hold h where lifted_at is null and (
    (scope = 'period' and h.from_at <= $4 and h.to_at > $3)
    or (scope = 'request' and exists (select 1 from session s, unnest(s.indexes) i
      where s.id = h.request_id and i >= $1 and i < $2)))
  order by placed_at`;

const heldPeople = `select id, subject_key from legal_hold where lifted_at is null and scope = 'person'`;

/** Legal holds: what they name is neither erased nor dropped by age until they are lifted. */
export class LegalHolds {
  constructor(
    private readonly database: Queryable,
    private readonly sealer: Sealer,
  ) {}

  /** The holds that keep a person's content, oldest first. */
  async on(subjectKey: string): Promise<string[]> {
    return (await this.database.query(onPerson, [subjectKey, facetsOf(subjectKey)])).map(
      ({ id }) => id as string,
    );
  }

  /** The holds that keep entries `[from, to)`, which were stored from `firstAt` to `lastAt`. */
  async onEntries(from: number, to: number, firstAt: number, lastAt: number): Promise<string[]> {
    const found = await this.database.query(onEntries, [from, to, firstAt, lastAt]);
    const people = await this.database.query(heldPeople, []);
    for (const { id, subject_key: key } of people) {
      const [row] = await this.database.query(
        `select 1 from session s, unnest(s.indexes) i
         where s.facets && $1::bigint[] and i >= $2 and i < $3 limit 1`,
        [facetsOf(key as string), from, to],
      );
      if (row !== undefined) found.push({ id });
    }
    return found.map(({ id }) => id as string);
  }

  /** Gives its id. */
  async place(
    what: HoldScope,
    details: HoldDetails,
    { key, nowMs, id = `hold-${v7().replaceAll('-', '')}` }: { key: string; nowMs: number; id?: string },
  ): Promise<string> {
    const sealed = await this.sealer.seal(key, label(id), Buffer.from(JSON.stringify(details), 'utf8'));
    // Waits for what is being destroyed: from then on nothing is.
    const placing = this.database.query(
      `with alone as materialized (select pg_advisory_xact_lock(${holdLock}))
       insert into legal_hold (id, scope, subject_key, request_id, from_at, to_at, placer_key, details, placed_at)
       select $1::text, $2::text, $3::text, $4::uuid, $5::bigint, $6::bigint, $7::text, $8::bytea, $9::bigint
       from alone`,
      [
        ...[id, what.scope, what.scope === 'person' ? what.subjectKey : null],
        what.scope === 'request' ? uuidOf(what.requestId) : null,
        ...(what.scope === 'period' ? [what.from, what.to] : [null, null]),
        ...[key, sealed, nowMs],
      ],
    );
    await placing.catch((cause: { code?: unknown }) => {
      if (cause.code !== queryCanceled) throw cause;
      const message = 'Something is being erased or dropped just now. Try again.';
      throw new CodedError('service.unavailable', message, { cause });
    });
    return id;
  }

  /** Those in force, oldest first. */
  async list(): Promise<HoldView[]> {
    const rows = await this.database.query(
      'select * from legal_hold where lifted_at is null order by placed_at, id',
      [],
    );
    return Promise.all(rows.map((row) => this.viewOf(row)));
  }

  async find(id: string): Promise<HoldView | null> {
    const rows = await this.database.query('select * from legal_hold where id = $1 and lifted_at is null', [
      id,
    ]);
    return rows[0] === undefined ? null : this.viewOf(rows[0]);
  }

  /** Ends it; who and why stand in the ledger only from then on. */
  async lift(id: string, nowMs: number): Promise<void> {
    await this.database.query('update legal_hold set lifted_at = $2, details = null where id = $1', [
      id,
      nowMs,
    ]);
  }

  private async viewOf(row: Record<string, unknown>): Promise<HoldView> {
    const id = row.id as string;
    const sealed = row.details as Buffer | null;
    const opened =
      sealed && (await this.sealer.open(row.placer_key as string, label(id), sealed).catch(() => null));
    return {
      ...{ id, scope: row.scope as HoldView['scope'], placedAt: Number(row.placed_at) },
      ...(row.subject_key !== null && { subjectKey: row.subject_key as string }),
      ...(row.request_id !== null && { requestId: requestIdOfUuid(row.request_id as string) }),
      ...(row.from_at !== null && { from: Number(row.from_at), to: Number(row.to_at) }),
      details: opened === null ? null : (JSON.parse(opened.toString('utf8')) as HoldDetails),
    };
  }
}

const facetsOf = (subjectKey: string): string[] => [
  facetOf('user', subjectKey),
  facetOf('approver', subjectKey),
];

/** A person as a hold shows who placed it. */
export function placedBy({ issuer, subject, name }: Principal): HoldDetails['by'] {
  return { issuer, subject, ...(name !== undefined && { name }) };
}
