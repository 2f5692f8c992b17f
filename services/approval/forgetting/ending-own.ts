import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { type Transaction, UnitOfWork } from '#database';
import { ApprovalRequest } from '../approval-request.entity.ts';
import { carryOut } from '../deciding/carry-out.ts';
import { decideCancellation } from '../deciding/decision/decide.ts';
import { completedEvent } from '../deciding/events.ts';
import { Judging } from '../deciding/judging.ts';
import { Grants, lockGrant } from '../granting/grants.ts';
import { Runs } from '../waiting/runs.ts';
import { erasedEnding } from './erased.ts';
import type { Account } from './people.ts';

const batchSize = 50;

/** Who was erased, as these tables know them. Only what came before `at` is about them. */
export interface ErasedPerson {
  subjectKey: string;
  accounts: readonly Account[];
  at: Date;
}

/** True of a request that came in before the erasure; `$2` is its time. */
export const cameBefore = `(context->>'receivedAt')::bigint <= floor(extract(epoch from $2::timestamptz) * 1000)`;
/** True of what an account asked for; `$3` are subjects and `$4` issuers with them. */
export const askedByAccount = `(context->'principal'->>'subject' = any($3)
  and (context->'principal'->>'issuer') || E'\\n' || (context->'principal'->>'subject') = any($4))`;

export const parametersOf = ({ subjectKey, accounts, at }: ErasedPerson): unknown[] => [
  ...[subjectKey, at],
  accounts.map(({ subject }) => subject),
  accounts.map(({ issuer, subject }) => `${issuer}\n${subject}`),
];

/** Ends what an erased person has waiting: nobody can read it any more, and nothing of it is to be released. */
@Injectable()
export class EndingOwn {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
    private readonly grants: Grants,
    private readonly runs: Runs,
  ) {}

  /** Ends what waits for people, and grants. */
  async end(person: ErasedPerson): Promise<void> {
    const open = await this.idsOf(
      person,
      `state in ('pending', 'rechecking') and (subject_key = $1 or ${askedByAccount})`,
    );
    for (const ids of pagesOf(open)) {
      await this.unit.inTransaction(async (transaction) => {
        for (const row of await locked(transaction, ids)) {
          const decision = decideCancellation(this.judging.withVotes(row, []));
          await carryOut(
            transaction,
            row,
            decision,
            this.judging.means(Date.now(), { ending: erasedEnding }),
          );
          // The next one may have been put at the head of a card.
          await transaction.flush();
        }
      });
    }
    await this.endGrants(person);
  }

  /** Takes back what was approved and runs nowhere yet; what runs is ended by the one who runs it. */
  async takeBack(person: ErasedPerson): Promise<void> {
    const approved = await this.idsOf(
      person,
      `state = 'approved' and gate <> 'change' and subject_key = $1 and $3::text[] is not null and $4::text[] is not null`,
    );
    for (const id of approved) {
      const row = await this.unit.read((manager) => this.judging.read(manager, id));
      if (row?.state !== 'approved' || (await this.runs.revoke(row)) !== 'revoked') continue;
      await this.unit.inTransaction(async (transaction) => {
        const own = await this.judging.lock(transaction.manager, id);
        if (own?.state !== 'approved') return;
        const at = Date.now();
        const moved = { changes: [{ kind: 'moved', state: 'cancelled' }] } as const;
        await carryOut(transaction, own, moved, this.judging.means(at));
        transaction.publish(completedEvent(own, erasedEnding, at));
      });
    }
  }

  private async endGrants({ subjectKey, at }: ErasedPerson): Promise<void> {
    const own: { id: string }[] = await this.unit.read((manager) =>
      manager.query(
        `select id from approval_grant where subject_key = $1 and state <> 'ended' and asked_at <= $2`,
        [subjectKey, at],
      ),
    );
    for (const { id } of own) {
      await this.unit.inTransaction(async (transaction) => {
        const grant = await lockGrant(transaction.manager, id);
        if (!grant || grant.state === 'ended') return;
        await this.grants.end(transaction, grant, { ending: 'revoked', at: Date.now() });
      });
    }
  }

  private async idsOf(person: ErasedPerson, where: string): Promise<string[]> {
    const rows: { id: string }[] = await this.unit.read((manager) =>
      manager.query(
        `select id from approval_request where ${where} and ${cameBefore} order by id`,
        parametersOf(person),
      ),
    );
    return rows.map(({ id }) => id);
  }
}

function locked({ manager }: Transaction, ids: readonly string[]): Promise<ApprovalRequest[]> {
  return manager.find(ApprovalRequest, {
    where: { id: In([...ids]) },
    order: { id: 'ASC' },
    lock: { mode: 'pessimistic_write' },
  });
}

function pagesOf(ids: readonly string[]): string[][] {
  const pages = [];
  for (let from = 0; from < ids.length; from += batchSize) pages.push(ids.slice(from, from + batchSize));
  return pages;
}
