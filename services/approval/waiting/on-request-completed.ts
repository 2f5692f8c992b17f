import { Injectable } from '@nestjs/common';
import { requestCompleted } from '#contracts';
import { UnitOfWork } from '#database';
import { consumers, type EventMessage, OnEvent } from '#messaging';
import { carryOut } from '../deciding/carry-out.ts';
import { canEnd, decideCompleted } from '../deciding/decision/decide.ts';
import type { ApprovalState } from '../deciding/decision/state.ts';
import { Judging } from '../deciding/judging.ts';
import { EarlyEnd } from './early-end.entity.ts';

/** A parked request ended: what people approved has run, or never will. */
@Injectable()
export class OnRequestCompleted {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
  ) {}

  @OnEvent(requestCompleted, { consumer: consumers.approvalParked, slots: 20 })
  async handle({ head }: EventMessage<typeof requestCompleted>): Promise<void> {
    const { requestId, outcome, timings } = head;
    if (await this.isOver(requestId)) return;
    await this.unit.inTransaction(async (transaction) => {
      const { manager } = transaction;
      const rows = await this.judging.lockAll(manager, requestId);
      if (rows.length === 0) {
        const at = new Date(timings.completedAt);
        await manager.upsert(EarlyEnd, { requestId, outcome, at }, ['requestId']);
      }
      for (const row of rows) {
        const decision = decideCompleted(this.judging.withVotes(row, []), outcome);
        await carryOut(transaction, row, decision, this.judging.means(timings.completedAt));
      }
    });
  }

  /** True where nothing can change any more: mostly approval's own endings come back here. */
  private async isOver(requestId: string): Promise<boolean> {
    const rows: { state: ApprovalState }[] = await this.unit.read((manager) =>
      manager.query('select state from approval_request where request_id = $1', [requestId]),
    );
    return rows.length > 0 && rows.every(({ state }) => !canEnd(state));
  }
}
