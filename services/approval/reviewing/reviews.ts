import { Injectable } from '@nestjs/common';
import {
  CodedError,
  type Principal,
  type ReviewList,
  type ReviewView,
  samePrincipal,
  standsBehind,
} from '#contracts';
import { UnitOfWork } from '#database';
import type { ApprovalRequest } from '../approval-request.entity.ts';
import { note } from '../deciding/carry-out.ts';
import { reviewEvent } from '../deciding/events.ts';
import { notFound } from '../deciding/refused.ts';
import { People } from '../forgetting/people.ts';
import { decides, type Reader, readsAll } from '../listing/access.ts';
import { personView } from '../listing/list.ts';
import { Content } from '../showing/content.ts';
import { Review } from './review.entity.ts';

const maxListed = 500;

/** Keeps what was approved by breaking the glass open until enough others looked at it. */
@Injectable()
export class Reviews {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly content: Content,
    private readonly people: People,
  ) {}

  /** Open reviews of requests that this person's groups decide about, or all for who reads all. */
  async open(reader: Reader): Promise<ReviewList> {
    return this.unit.read(async (manager) => {
      const select = manager
        .createQueryBuilder(Review, 'review')
        .where('review.closed_at is null')
        .orderBy('review.openedAt')
        .limit(maxListed);
      if (!readsAll(reader)) {
        const own = 'select id from approval_request where groups && :groups';
        select.andWhere(`review.approval_id in (${own})`, { groups: [...reader.groups] });
      }
      return { items: (await select.getMany()).map(viewOf) };
    });
  }

  /**
   * Closes a review for one person's part. Refuses who broke the glass, the requester, and those who don't decide
   * about such requests.
   */
  async close(row: ApprovalRequest, reader: Reader, comment: string, at: number): Promise<ReviewView> {
    const { principal } = reader;
    const reason = await this.content.sealRemark(row, comment);
    return this.unit.inTransaction(async (transaction) => {
      const { manager } = transaction;
      const review = await manager.findOne(Review, {
        where: { approvalId: row.id },
        lock: { mode: 'pessimistic_write' },
      });
      if (!review) throw notFound(row.id);
      const asNow = (one: Principal): Principal => this.people.again(one, [principal]);
      const did = { openedBy: asNow(review.openedBy), requester: asNow(row.context.principal) };
      checkReviewer(row, did, reader);
      if (review.closedAt || review.closedBy.some((other) => samePrincipal(asNow(other), principal))) {
        return viewOf(review);
      }
      review.closedBy = [...review.closedBy, principal];
      const open = review.closedBy.length < review.reviewers;
      if (!open) review.closedAt = new Date(at);
      const { closedBy, closedAt } = review;
      await manager.update(Review, { approvalId: row.id }, {
        closedBy: closedBy as object[],
        closedAt,
      } as object);
      note(transaction, row, 'reviewed', { at, actor: principal, reason }, open ? 'open' : 'closed');
      transaction.publish(reviewEvent(row, { reviewer: principal, open, at, ...(reason && { reason }) }));
      return viewOf(review);
    });
  }
}

function checkReviewer(
  row: ApprovalRequest,
  did: { openedBy: Principal; requester: Principal },
  reader: Reader,
): void {
  const { principal } = reader;
  if (principal.kind !== 'person') {
    throw new CodedError('approval.people_only', 'Only people review; service accounts and keys never do.');
  }
  if (samePrincipal(principal, did.openedBy) || standsBehind(principal, did.requester)) {
    throw new CodedError('approval.reviewer_excluded', 'Others review what you did or asked for.');
  }
  if (!decides(reader, row)) {
    throw new CodedError('approval.not_in_group', `This is reviewed by ${row.groups.join(', ')}.`);
  }
}

function viewOf({ approvalId, openedBy, openedAt, reviewers, closedBy, closedAt }: Review): ReviewView {
  return {
    ...{ approvalId, openedBy: personView(openedBy), openedAt: openedAt.getTime(), reviewers },
    closedBy: closedBy.map(personView),
    ...(closedAt && { closedAt: closedAt.getTime() }),
  };
}
