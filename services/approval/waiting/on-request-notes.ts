import { Injectable } from '@nestjs/common';
import { requestJustified, requestNudged } from '#contracts';
import { UnitOfWork } from '#database';
import { consumers, type EventMessage, OnEvent } from '#messaging';
import { ApprovalNote } from '../approval-note.entity.ts';
import { note } from '../deciding/carry-out.ts';
import { Judging } from '../deciding/judging.ts';
import { Erased } from '../forgetting/erased.ts';
import { announce } from '../listing/feed.ts';

type Noted = EventMessage<typeof requestJustified> | EventMessage<typeof requestNudged>;

const lastDelivery = 4;

/** The requester says why they ask, or asks the approvers to look. */
@Injectable()
export class OnRequestNotes {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
    private readonly erased: Erased,
  ) {}

  @OnEvent(requestJustified, { consumer: consumers.approvalJustified, slots: 10 })
  handleJustified(message: EventMessage<typeof requestJustified>): Promise<void> {
    return this.add('justified', message);
  }

  @OnEvent(requestNudged, { consumer: consumers.approvalNudged, slots: 10 })
  handleNudged(message: EventMessage<typeof requestNudged>): Promise<void> {
    return this.add('nudged', message);
  }

  private async add(kind: 'justified' | 'nudged', { head, tail, deliveries }: Noted): Promise<void> {
    const { requestId, principal, at } = head;
    await this.unit.inTransaction(async (transaction) => {
      const { manager } = transaction;
      const rows = await this.judging.lockAll(manager, requestId);
      // Its `approval.requested` may still be on the way here: tried again with backoff, then let go.
      if (rows.length === 0 && deliveries < lastDelivery) throw new Error(`${requestId}: not held here yet`);
      for (const row of rows) {
        const said = { approvalId: row.id, kind, at: new Date(at) };
        if (await manager.existsBy(ApprovalNote, said)) continue;
        const reason = tail.length > 0 ? tail : undefined;
        const actor = await this.erased.actor(manager, principal, row.subjectKey, at);
        note(transaction, row, kind, { at, actor, reason });
        announce(transaction, row);
      }
    });
  }
}
