import { Injectable } from '@nestjs/common';
import { type ApprovalDecided, approvalDecided } from '#contracts';
import { type Transaction, UnitOfWork } from '#database';
import { ApprovalRequest } from '../approval-request.entity.ts';
import { note } from '../deciding/carry-out.ts';
import { escalatedTo } from '../deciding/decision/eligible.ts';
import { isOpen } from '../deciding/decision/state.ts';
import { event } from '../deciding/events.ts';
import { Judging } from '../deciding/judging.ts';
import { announce } from '../listing/feed.ts';
import { ApprovalStep } from './approval-step.entity.ts';
import { stepsOf, waited } from './steps-of.ts';

/**
 * Reminders and escalation. Steps stand in Postgres and are deleted in the transaction that applies them, so that each is
 * applied once, by whichever replica and after whatever crash.
 */
@Injectable()
export class Steps {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
  ) {}

  /** Plans what is to come for a request that was just held, or (`after`) held again. */
  async plan({ manager }: Transaction, row: ApprovalRequest, after = 0): Promise<void> {
    const [requestedAt, expiresAt] = [row.requestedAt.getTime(), row.expiresAt.getTime()];
    if (after > 0) await manager.delete(ApprovalStep, { approvalId: row.id });
    const steps = stepsOf(row.requirement, {
      ...{ requestedAt, expiresAt, after },
      escalatedTo: escalatedTo(row.groups, row.requirement),
    });
    if (steps.length === 0) return;
    await manager.insert(
      ApprovalStep,
      steps.map((step) => ({ ...step, approvalId: row.id })),
    );
  }

  /** Applies at most `limit` steps that are due; says how many there were. */
  async apply(at: number, limit: number): Promise<number> {
    return this.unit.inTransaction(async (transaction) => {
      const { manager } = transaction;
      const due: { id: number; approval_id: string; kind: 'remind' | 'escalate'; to_group: string | null }[] =
        await manager.query(
          `select id, approval_id, kind, to_group from approval_step where due_at <= $1
           order by due_at, id limit $2 for update skip locked`,
          [new Date(at), limit],
        );
      for (const { approval_id: id, kind, to_group: to } of due) {
        const row = await this.judging.lock(manager, id);
        if (!row || !isOpen(row.state)) continue;
        if (kind === 'remind')
          note(transaction, row, 'reminded', { at }, waited(at - row.requestedAt.getTime()));
        else if (to !== null) await this.escalate(transaction, row, to, at);
        announce(transaction, row);
      }
      await manager.query('delete from approval_step where id = any($1)', [due.map(({ id }) => id)]);
      return due.length;
    });
  }

  private async escalate(
    transaction: Transaction,
    row: ApprovalRequest,
    to: string,
    at: number,
  ): Promise<void> {
    if (row.groups.includes(to)) return;
    row.groups = [...row.groups, to];
    await transaction.manager.update(ApprovalRequest, { id: row.id }, { groups: row.groups });
    note(transaction, row, 'escalated', { at }, to);
    const { requestId, version, gate, subjectKey } = row;
    const head: ApprovalDecided = { kind: 'escalated', requestId, version, gate, to, subjectKey, at };
    transaction.publish(event(row, approvalDecided.subject(row.gate), `escalated:${to}`, head));
  }
}
