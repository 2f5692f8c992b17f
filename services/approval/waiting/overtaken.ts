import { Injectable } from '@nestjs/common';
import { ActiveConfig } from '#boot';
import { UnitOfWork } from '#database';
import { ApprovalRequest } from '../approval-request.entity.ts';
import { carryOut } from '../deciding/carry-out.ts';
import { decideCancellation } from '../deciding/decision/decide.ts';
import { Judging } from '../deciding/judging.ts';
import { Content } from '../showing/content.ts';

/**
 * Ends proposals to put a revision in place of one that isn't in force any more: whoever agreed to them would agree to
 * another change than they were shown.
 */
@Injectable()
export class Overtaken {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
    private readonly content: Content,
    private readonly config: ActiveConfig,
  ) {}

  /** Ends at most `limit` of them. */
  async apply(at: number, limit: number): Promise<void> {
    const active = this.config.current;
    if (!active) return;
    const open = `request.gate = 'change' and request.state in ('pending', 'rechecking')`;
    const rows = await this.unit.read((manager) =>
      manager
        .createQueryBuilder(ApprovalRequest, 'request')
        .where(open)
        .andWhere('request.requestedAt < :since', { since: new Date(active.activatedAt) })
        .andWhere(`request.context->>'operation' = 'config.activation'`)
        .limit(limit)
        .getMany(),
    );
    for (const row of rows) await this.end(row, active.revision, at);
  }

  private async end({ id }: ApprovalRequest, revision: string, at: number): Promise<void> {
    await this.unit.inTransaction(async (transaction) => {
      const row = await this.judging.lock(transaction.manager, id);
      if (!row) return;
      const decision = decideCancellation(this.judging.withVotes(row, []));
      const why = `Overtaken: revision ${revision} came into force before this was decided.`;
      const reason = await this.content.sealRemark(row, why);
      await carryOut(transaction, row, decision, this.judging.means(at, { reason }));
    });
  }
}
