import { Injectable } from '@nestjs/common';
import { requestCancelled } from '#contracts';
import { UnitOfWork } from '#database';
import { consumers, type EventMessage, OnEvent } from '#messaging';
import { carryOut } from '../deciding/carry-out.ts';
import { decideCancellation } from '../deciding/decision/decide.ts';
import { Judging } from '../deciding/judging.ts';
import { EarlyEnd } from './early-end.entity.ts';

/** The requester takes a request back. A client that only went away may come back for the answer. */
@Injectable()
export class OnRequestCancelled {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
  ) {}

  @OnEvent(requestCancelled, { consumer: consumers.approvalCancelled, slots: 20 })
  async handle({ head }: EventMessage<typeof requestCancelled>): Promise<void> {
    if (head.reason !== 'requester') return;
    await this.unit.inTransaction(async (transaction) => {
      const { manager } = transaction;
      const rows = await this.judging.lockAll(manager, head.requestId);
      if (rows.length === 0) {
        await manager.upsert(
          EarlyEnd,
          { requestId: head.requestId, outcome: null, at: new Date(head.at) },
          { conflictPaths: ['requestId'], skipUpdateIfNoValuesChanged: true },
        );
      }
      for (const row of rows) {
        const decision = decideCancellation(await this.judging.approvalOf(manager, row));
        await carryOut(transaction, row, decision, this.judging.means(Date.now()));
      }
    });
  }
}
