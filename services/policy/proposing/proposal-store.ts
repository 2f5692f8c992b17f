import type { EntityManager } from 'typeorm';
import type { ApprovalRequested, ProposalState, ProposalView } from '#contracts';
import type { PolicyDatabase } from '../revising/policy-database.ts';

/** An activation that people have to agree to. */
export interface Proposal {
  /** The request id of its approval. */
  id: string;
  /** Of the revision. */
  number: number;
  message: string;
  /** The head of its `approval.requested`, as published. */
  requested: ApprovalRequested;
  /** Its tail: what approvers see, sealed. */
  sealed: Buffer;
  /** Revision of the KV entry that was in force when it was asked for: no other may have come since. */
  baseEntry: number;
  state: ProposalState;
}

interface Row extends Omit<Proposal, 'baseEntry'> {
  base_entry: string;
  why: string | null;
  asked_at: Date;
  ended_at: Date | null;
}

const shownLimit = 20;

/** Proposals in Postgres: what was asked, and what became of it. */
export class ProposalStore {
  constructor(private readonly database: PolicyDatabase) {}

  /** Whether this service has a database at all; without one nothing was ever proposed. */
  get isUsed(): boolean {
    return this.database.url !== undefined;
  }

  /** Keeps a proposal, unless the same one is open already: gives the one that is kept. */
  keep(proposal: Proposal, nowMs: number): Promise<Proposal> {
    const { id, number, message, requested, sealed, baseEntry } = proposal;
    return this.database.transact(async (manager) => {
      await manager.query(
        `insert into proposal (id, number, message, requested, sealed, base_entry, state, asked_at)
         values ($1, $2, $3, $4, $5, $6, 'asking', $7) on conflict do nothing`,
        [id, number, message, JSON.stringify(requested), sealed, baseEntry, new Date(nowMs)],
      );
      const [kept] = await rows(
        manager,
        `where number = $1 and base_entry = $2 and state in ('asking', 'waiting')`,
        [number, baseEntry],
      );
      if (!kept) throw new Error(`${id}: the proposal was not kept`);
      return kept;
    });
  }

  async find(id: string): Promise<Proposal | undefined> {
    const [found] = await this.database.transact((manager) => rows(manager, 'where id = $1', [id]));
    return found;
  }

  /** Proposals whose question may not have been asked yet. */
  unasked(): Promise<Proposal[]> {
    return this.database.transact((manager) => rows(manager, `where state = 'asking' order by asked_at`, []));
  }

  /** The question stands in the log. */
  async asked(id: string): Promise<void> {
    await this.database.transact((manager) =>
      manager.query(`update proposal set state = 'waiting' where id = $1 and state = 'asking'`, [id]),
    );
  }

  /** What became of a proposal; the first ending counts. */
  async ended(id: string, state: ProposalState, nowMs: number, why?: string): Promise<void> {
    await this.database.transact((manager) =>
      manager.query(
        `update proposal set state = $2, ended_at = $3, why = $4 where id = $1 and ended_at is null`,
        [id, state, new Date(nowMs), why ?? null],
      ),
    );
  }

  /** The latest proposals to activate a revision, newest first. */
  async ofRevision(number: number): Promise<ProposalView[]> {
    const found = await this.database.transact((manager) =>
      manager.query(`select * from proposal where number = $1 order by asked_at desc limit ${shownLimit}`, [
        number,
      ]),
    );
    return (found as Row[]).map(viewOf);
  }
}

async function rows(manager: EntityManager, rest: string, values: unknown[]): Promise<Proposal[]> {
  const found: Row[] = await manager.query(`select * from proposal ${rest}`, values);
  return found.map(({ id, number, message, requested, sealed, base_entry, state }) => {
    return { id, number, message, requested, sealed, state, baseEntry: Number(base_entry) };
  });
}

function viewOf({ id, state, requested, message, asked_at, ended_at, why }: Row): ProposalView {
  const { issuer, subject, name } = requested.context.principal;
  return {
    approval: `${id}.change`,
    state,
    by: { issuer, subject, ...(name !== undefined && { name }) },
    message,
    groups: requested.requirement.groups.map(({ group }) => group),
    askedAt: asked_at.getTime(),
    expiresAt: requested.expiresAt,
    ...(ended_at && { endedAt: ended_at.getTime() }),
    ...(why !== null && { why }),
  };
}
