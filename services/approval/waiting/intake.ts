import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ApprovalRequested } from '#contracts';
import { type Transaction, UnitOfWork } from '#database';
import { PoisonError } from '#messaging';
import { ApprovalRequest, approvalIdOf } from '../approval-request.entity.ts';
import { cardKey, leadOfCard } from '../deciding/card.ts';
import { carryOut, note } from '../deciding/carry-out.ts';
import { decideCancellation, decideCompleted, decideHeldAgain } from '../deciding/decision/decide.ts';
import { ended } from '../deciding/decision/decision.ts';
import { escalatedTo } from '../deciding/decision/eligible.ts';
import { isOpen } from '../deciding/decision/state.ts';
import { completedEvent } from '../deciding/events.ts';
import { Judging } from '../deciding/judging.ts';
import { Erased, erasedEnding, lockSubject } from '../forgetting/erased.ts';
import { Grants } from '../granting/grants.ts';
import { announce } from '../listing/feed.ts';
import { Steps } from '../reminding/steps.ts';
import { ApprovalVersion, storedName } from '../showing/approval-version.entity.ts';
import type { SealedContent } from '../showing/content.ts';
import { EarlyEnd } from './early-end.entity.ts';

/** Takes in what policy, masking or audit hold for people. Taking the same thing twice changes nothing. */
@Injectable()
export class Intake {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
    private readonly grants: Grants,
    private readonly steps: Steps,
    private readonly erased: Erased,
  ) {}

  async take(head: ApprovalRequested, content: SealedContent, at: number): Promise<void> {
    await this.unit.inTransaction(async (transaction) => {
      const { manager } = transaction;
      await lockSubject(manager, head.context.subjectKey);
      const row = await this.judging.lock(manager, approvalIdOf(head));
      if (!row) await this.open(transaction, head, content, at);
      else await this.holdAgain(transaction, row, head, content, at);
    });
  }

  /** Ends a request whose content is gone: nobody can decide about what nobody can see. */
  async giveUp(head: ApprovalRequested, at: number): Promise<void> {
    const row = rowOf(head, { body: head.body, sealed: null });
    const message = 'The content of this request is gone, so nobody can decide about it.';
    await this.unit.inTransaction(async (transaction) => {
      const erased = await this.erased.without(transaction.manager, head);
      const gone = { outcome: 'failed', code: 'internal.error', message } as const;
      transaction.publish(completedEvent(row, erased ? erasedEnding : gone, at));
    });
  }

  private async open(
    transaction: Transaction,
    head: ApprovalRequested,
    content: SealedContent,
    at: number,
  ): Promise<void> {
    const { manager } = transaction;
    const erased = await this.erased.without(manager, head);
    const row = rowOf(erased ?? head, content);
    row.cardOf = await leadOfCard(manager, row.subjectKey, row.card);
    await manager.insert(ApprovalRequest, row as object);
    await manager.insert(ApprovalVersion, {
      ...{ approvalId: row.id, version: row.version, digest: row.digest, bytes: row.body.bytes },
      ...{ sealed: content.sealed, stored: content.sealed ? null : storedName(row.body.location) },
      at: row.requestedAt,
    });
    note(transaction, row, 'requested', { at: row.requestedAt.getTime() });
    if (erased) {
      const decision = decideCancellation(this.judging.withVotes(row, []));
      await carryOut(transaction, row, decision, this.judging.means(at, { ending: erasedEnding }));
      return;
    }
    const early = await manager.findOneBy(EarlyEnd, { requestId: row.requestId });
    if (early) {
      const approval = await this.judging.approvalOf(manager, row);
      const decision =
        early.outcome === null ? decideCancellation(approval) : decideCompleted(approval, early.outcome);
      await carryOut(transaction, row, decision, this.judging.means(at));
      return;
    }
    if (await this.useGrant(transaction, row, at)) return;
    if (row.cardOf === null && (await this.isFull(manager, row))) await this.refuseFull(transaction, row, at);
    else await this.steps.plan(transaction, row);
    announce(transaction, row);
  }

  /** Releases what a live grant covers. */
  private async useGrant(transaction: Transaction, row: ApprovalRequest, at: number): Promise<boolean> {
    const grant = await this.grants.use(transaction, row, at);
    if (!grant) return false;
    // What a grant lets through counts as approved later on in its own conversation only, and only while it lasts.
    const conversationMs = grant.limits.conversation ? grant.expiresAt.getTime() - at : 0;
    await carryOut(transaction, row, ended('approved'), this.judging.means(at, { conversationMs }));
    return true;
  }

  private async refuseFull(transaction: Transaction, row: ApprovalRequest, at: number): Promise<void> {
    row.state = 'denied';
    await transaction.manager.update(ApprovalRequest, { id: row.id }, { state: row.state });
    const message = 'Too many of your requests wait for approval already.';
    const ending = { outcome: 'denied', code: 'approval.too_many_pending', message } as const;
    transaction.publish(completedEvent(row, ending, at));
  }

  private async isFull(manager: EntityManager, row: ApprovalRequest): Promise<boolean> {
    if (row.gate !== 'prompt') return false;
    const [{ count }] = await manager.query(
      `select count(*)::int as count from approval_request
       where subject_key = $1 and card_of is null and gate = 'prompt' and state in ('pending', 'rechecking')
         and id <> $2`,
      [row.subjectKey, row.id],
    );
    return count >= this.judging.maxPendingPerPrincipal;
  }

  private async holdAgain(
    transaction: Transaction,
    row: ApprovalRequest,
    head: ApprovalRequested,
    content: SealedContent,
    at: number,
  ): Promise<void> {
    if (row.state !== 'rechecking' || head.version !== row.version) return;
    if (head.body.digest !== row.digest) {
      throw new PoisonError(`${row.id}: held again with another digest than the edit's`);
    }
    const { version, requirement, expiresAt } = head;
    const approval = await this.judging.approvalOf(transaction.manager, row);
    const named = requirement.groups.map(({ group }) => group);
    const others = escalatedTo(row.groups, row.requirement);
    // The votes that came with the edit are judged by what the rule asks for now.
    const votes = approval.votes.map((cast) => ({
      ...cast,
      groups: this.judging.groupsFor(cast.approver, { requirement, groups: [...named, ...others] }),
    }));
    const decision = decideHeldAgain({ ...approval, votes }, { version, requirement, expiresAt, at });
    const next = rowOf(head, content);
    const { connection, upstreamModel, model, obligations, matches, rules, revision, conversation } = next;
    const { shape, body } = next;
    const heldAs = { connection, upstreamModel, model, obligations, matches, rules, revision, conversation };
    await carryOut(
      transaction,
      row,
      decision,
      this.judging.means(at, { heldAs: { ...heldAs, shape, body } }),
    );
    if (isOpen(row.state)) await this.steps.plan(transaction, row, at);
  }
}

function rowOf(head: ApprovalRequested, content: SealedContent): ApprovalRequest {
  const { requestId, version, gate, context, connection, upstreamModel, model, stream } = head;
  const { obligations, requirement, matches, rules, revision, conversation } = head;
  return Object.assign(new ApprovalRequest(), {
    ...{
      id: approvalIdOf(head),
      requestId,
      version,
      gate,
      context,
      connection,
      upstreamModel,
      model,
      stream,
    },
    ...{ obligations, requirement, matches, rules, revision, conversation, state: 'pending' as const },
    groups: requirement.groups.map(({ group }) => group),
    digest: head.body.digest,
    body: content.body,
    subjectKey: context.subjectKey,
    card: cardKey(head),
    ...{ shape: head.shape ?? null, grantId: null },
    ...{ answer: head.answer ?? null, editor: null, cardOf: null, decidedAt: null, notAfter: null },
    requestedAt: new Date(head.requestedAt),
    expiresAt: new Date(head.expiresAt),
  });
}
