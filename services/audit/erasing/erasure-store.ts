import type { ApprovalRequested, ErasureView } from '#contracts';
import type { Queryable } from '../entries/entry-reader.ts';

export type ErasureRequestState = 'asking' | 'waiting' | 'approved' | 'rejected' | 'expired' | 'cancelled';

/** A question to people whether a person may be erased. */
export interface ErasureRequest {
  /** The request id of its approval. */
  id: string;
  /** The data key that goes. */
  subjectKey: string;
  /** The head of its `approval.requested`, without who asked. */
  terms: ApprovalRequested;
  /** Names the data key of who asked; it seals `question`. */
  askerKey: string;
  /** The event to publish, sealed. */
  question: Buffer | null;
  state: ErasureRequestState;
  askedAt: number;
}

/** How a question and what came of it stand in the database. */
export interface ErasureRecord {
  request: ErasureRequest;
  index: number | null;
  doneAt: number | null;
}

const select = `select r.*, e.index, e.done_at from erasure_request r left join erasure e on e.approval = r.id`;
const shownLimit = 100;

/** Questions about erasures, and what came of them. */
export class ErasureStore {
  constructor(private readonly database: Queryable) {}

  /** Keeps a question, unless one about the same person is open: gives the one that is kept. */
  async keep(request: ErasureRequest): Promise<ErasureRequest> {
    const { id, subjectKey, terms, askerKey, question, askedAt } = request;
    await this.database.query(
      `insert into erasure_request (id, subject_key, terms, asker_key, question, state, asked_at)
       values ($1, $2, $3, $4, $5, 'asking', $6) on conflict do nothing`,
      [id, subjectKey, JSON.stringify(terms), askerKey, question, askedAt],
    );
    const [kept] = await this.read(`where r.subject_key = $1 and r.state in ('asking', 'waiting')`, [
      subjectKey,
    ]);
    if (kept === undefined) throw new Error(`${id}: the erasure was not kept`);
    return kept.request;
  }

  async find(id: string): Promise<ErasureRecord | null> {
    return (await this.read('where r.id = $1', [id]))[0] ?? null;
  }

  /** Newest first. */
  list(): Promise<ErasureRecord[]> {
    return this.read(`order by r.asked_at desc, r.id desc limit ${shownLimit}`, []);
  }

  /** Those whose question may not have been asked yet. */
  async unasked(): Promise<ErasureRequest[]> {
    return (await this.read(`where r.state = 'asking' order by r.asked_at`, [])).map(
      ({ request }) => request,
    );
  }

  /** The question stands in the log; what people are shown is kept there only. */
  async asked(id: string): Promise<void> {
    await this.database.query(
      `update erasure_request set state = 'waiting' where id = $1 and state = 'asking'`,
      [id],
    );
  }

  /** What people decided; the first decision counts. */
  async ended(id: string, state: ErasureRequestState, nowMs: number): Promise<void> {
    await this.database.query(
      `update erasure_request set state = $2, ended_at = $3 where id = $1 and ended_at is null`,
      [id, state, nowMs],
    );
  }

  private async read(rest: string, values: unknown[]): Promise<ErasureRecord[]> {
    return (await this.database.query(`${select} ${rest}`, values)).map(recordOf);
  }
}

function recordOf(row: Record<string, unknown>): ErasureRecord {
  const number = (value: unknown): number | null => (value === null ? null : Number(value));
  return {
    request: {
      id: row.id as string,
      subjectKey: row.subject_key as string,
      terms: row.terms as ApprovalRequested,
      askerKey: row.asker_key as string,
      question: row.question as Buffer | null,
      state: row.state as ErasureRequestState,
      askedAt: Number(row.asked_at),
    },
    index: number(row.index),
    doneAt: number(row.done_at),
  };
}

/** Where an erasure stands, as readers see it. Pure. */
export function erasureStateOf(record: ErasureRecord, isHeld: boolean): ErasureView['state'] {
  const { state } = record.request;
  if (record.doneAt !== null) return 'erased';
  if (state === 'approved') return isHeld ? 'held' : 'erasing';
  return state === 'asking' ? 'waiting' : state;
}
