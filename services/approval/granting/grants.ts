import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError, type GrantAsked, type GrantEnding, type Principal, samePrincipal } from '#contracts';
import type { Transaction } from '#database';
import { ApprovalRequest } from '../approval-request.entity.ts';
import { note } from '../deciding/carry-out.ts';
import { excludedFrom } from '../deciding/decision/admit.ts';
import { isOpen } from '../deciding/decision/state.ts';
import { approvedEntries } from '../deciding/events.ts';
import { Judging } from '../deciding/judging.ts';
import { ApprovalGrant } from './approval-grant.entity.ts';
import { carriesEnough, limitsOf, strictest } from './grant.ts';
import { grantEvent, grantUsedEvent } from './grant-events.ts';

/** Others have so long to agree to a grant. */
const askedForMs = 24 * 3_600_000;
/** A request that waited longer than this to be taken in is decided by people: its content may have to be moved. */
const freshMs = 12 * 3_600_000;
const candidates = 20;

const granted = new Set(['approved', 'running', 'done']);

/** Keeps grants: asked for with votes, counted, ended. Every method runs in the caller's transaction. */
@Injectable()
export class Grants {
  constructor(private readonly judging: Judging) {}

  /**
   * A person asks that their approval of a locked request covers its shape. In force once those who asked are enough
   * for the rule, and the request is approved. Throws `CodedError` where there can be none, or not by them.
   */
  async ask(
    transaction: Transaction,
    row: ApprovalRequest,
    { author, asked, at }: { author: Principal; asked: GrantAsked; at: number },
  ): Promise<ApprovalGrant> {
    const { manager } = transaction;
    await this.checkAsking(manager, row, author);
    const limits = limitsOf(asked, this.judging.means(at).conversationMs);
    const found = await this.lockedOf(manager, row);
    if (found?.state === 'live') return found;
    const grant = found ?? newGrant(row, limits, at);
    grant.authors = [...grant.authors.filter((other) => !samePrincipal(other, author)), author];
    grant.limits = found ? strictest(found.limits, limits) : limits;
    if (found) await this.save(manager, grant);
    else await manager.insert(ApprovalGrant, grant as object);
    // Whoever looked at the request before votes anew.
    await manager.update(ApprovalRequest, { id: row.id }, { state: row.state });
    note(transaction, row, 'grant_asked', { at, actor: author }, grant.id);
    transaction.publish(grantEvent(row, grant, { change: 'asked', by: author, at }));
    await this.settle(transaction, row, at);
    return grant;
  }

  /** A person who asked for a grant changed their mind. */
  async withdraw(transaction: Transaction, row: ApprovalRequest, author: Principal): Promise<void> {
    const grant = await this.lockedOf(transaction.manager, row);
    if (grant?.state !== 'asked') return;
    grant.authors = grant.authors.filter((other) => !samePrincipal(other, author));
    await this.save(transaction.manager, grant);
  }

  /** Brings what was asked for into force, or ends it, once the request is decided. */
  async settle(transaction: Transaction, row: ApprovalRequest, at: number): Promise<void> {
    if (isOpen(row.state)) return;
    const grant = await this.lockedOf(transaction.manager, row);
    if (grant?.state !== 'asked') return;
    if (!granted.has(row.state)) {
      await this.end(transaction, grant, { ending: 'not_approved', at });
      return;
    }
    if (!this.isCarried(grant, row)) return;
    grant.state = 'live';
    grant.grantedAt = new Date(at);
    grant.expiresAt = new Date(at + grant.limits.forMs);
    await this.save(transaction.manager, grant);
    note(transaction, row, 'grant_given', { at }, grant.id);
    transaction.publish(grantEvent(row, grant, { change: 'granted', at }));
  }

  /**
   * Uses a live grant for a new request, if one covers it: counted under the grant's lock, so it never exceeds its
   * uses. Ends a grant whose authors may not approve any more. Null where people have to decide.
   */
  async use(transaction: Transaction, row: ApprovalRequest, at: number): Promise<ApprovalGrant | null> {
    if (at - row.requestedAt.getTime() > freshMs || at >= row.expiresAt.getTime()) return null;
    for (const id of await this.covering(transaction.manager, row, at)) {
      const grant = await lockGrant(transaction.manager, id);
      if (grant?.state !== 'live' || grant.expiresAt.getTime() <= at) continue;
      if (!this.isCarried(grant, row)) {
        await this.end(transaction, grant, { ending: 'author_excluded', at });
        continue;
      }
      grant.used += 1;
      await this.save(transaction.manager, grant);
      row.grantId = grant.id;
      await transaction.manager.update(ApprovalRequest, { id: row.id }, { grantId: grant.id });
      note(transaction, row, 'granted', { at, ...(grant.authors[0] && { actor: grant.authors[0] }) }, id);
      transaction.publish(grantUsedEvent(row, grant, at));
      if (grant.used === grant.limits.uses) await this.end(transaction, grant, { ending: 'used_up', at });
      return grant;
    }
    return null;
  }

  /** Ends a locked grant. What it let through in a conversation is held again from now on. */
  async end(
    transaction: Transaction,
    grant: ApprovalGrant,
    how: { ending: GrantEnding; at: number; by?: Principal; reason?: Uint8Array | undefined },
  ): Promise<void> {
    const { ending, at, by, reason } = how;
    const { manager } = transaction;
    Object.assign(grant, { state: 'ended', ending, endedAt: new Date(at), endedBy: by ?? null });
    await this.save(manager, grant);
    const about = await manager.findOneByOrFail(ApprovalRequest, { id: grant.approvalId });
    note(
      transaction,
      about,
      'grant_ended',
      { at, ...(by && { actor: by }), reason },
      `${grant.id}: ${ending}`,
    );
    transaction.publish(grantEvent(about, grant, { change: 'ended', ending, at, ...(by && { by }), reason }));
    if (!grant.limits.conversation || ending === 'used_up') return;
    for (const row of await manager.findBy(ApprovalRequest, { grantId: grant.id })) {
      transaction.publish(...approvedEntries(row, this.judging.means(at), 0));
    }
  }

  /** Ends what is over, at most a batch; says how much there was. */
  async expire(transaction: Transaction, at: number, limit: number): Promise<number> {
    const due: { id: string }[] = await transaction.manager.query(
      `select id from approval_grant where state <> 'ended' and expires_at <= $1
       order by expires_at limit $2 for update skip locked`,
      [new Date(at), limit],
    );
    for (const { id } of due) {
      const grant = await lockGrant(transaction.manager, id);
      if (!grant || grant.state === 'ended') continue;
      await this.end(transaction, grant, { ending: grant.state === 'live' ? 'expired' : 'not_approved', at });
    }
    return due.length;
  }

  private async checkAsking(manager: EntityManager, row: ApprovalRequest, author: Principal): Promise<void> {
    const details = { details: { approval_id: row.id } };
    const approval = await this.judging.approvalOf(manager, row);
    // Those whom the rule names: who was asked later, because nobody answered, decides about one request.
    const { refusal } = excludedFrom(approval, author, this.judging.namedGroupsFor(author, row)) ?? {};
    if (refusal) throw new CodedError(refusal.code, refusal.message, details);
    const why = !row.shape
      ? 'Its rule, or what it is, wants each request decided by itself.'
      : isOpen(row.state) || granted.has(row.state)
        ? undefined
        : `It is ${row.state}; only what is approved can be granted again.`;
    if (why !== undefined) throw new CodedError('approval.not_grantable', why, details);
  }

  /** Ids of live grants that are bound to exactly this requester, connection, rules and shape. */
  private async covering(manager: EntityManager, row: ApprovalRequest, at: number): Promise<string[]> {
    if (row.gate !== 'prompt' || !row.shape || row.requirement.grants === false) return [];
    const { template, heldTurns, rules } = row.shape;
    const found: { id: string }[] = await manager.query(
      `select id from approval_grant
       where state = 'live' and subject_key = $1 and connection = $2 and expires_at > $3 and shape->>'rules' = $4
         and requester->>'issuer' = $5 and requester->>'subject' = $6
         and requester->>'person' is not distinct from $10
         and case when (limits->>'conversation')::boolean
           then conversation = $7 and shape->>'heldTurns' = $8 else shape->>'template' = $9 end
       order by granted_at, id limit ${candidates}`,
      [
        ...[row.subjectKey, row.connection, new Date(at), rules],
        ...[row.context.principal.issuer, row.context.principal.subject],
        ...[row.conversation.id, heldTurns, template, row.context.principal.person ?? null],
      ],
    );
    return found.map(({ id }) => id);
  }

  private isCarried(grant: ApprovalGrant, row: ApprovalRequest): boolean {
    return carriesEnough(grant.authors, {
      requirement: row.requirement,
      requester: row.context.principal,
      editor: this.judging.editorOf(row, grant.authors),
      groupsFor: (author) => this.judging.namedGroupsFor(author, row),
    });
  }

  /** The grant of a locked request's version that is asked for or in force. */
  private lockedOf(manager: EntityManager, row: ApprovalRequest): Promise<ApprovalGrant | null> {
    return manager
      .createQueryBuilder(ApprovalGrant, 'granted')
      .setLock('pessimistic_write')
      .where('granted.approval_id = :id and granted.version = :version', { id: row.id, version: row.version })
      .andWhere(`granted.state <> 'ended'`)
      .getOne();
  }

  private async save(manager: EntityManager, grant: ApprovalGrant): Promise<void> {
    const { id, state, ending, authors, limits, used, grantedAt, expiresAt, endedAt, endedBy } = grant;
    const values = { state, ending, authors, limits, used, grantedAt, expiresAt, endedAt, endedBy };
    await manager.update(ApprovalGrant, { id }, values as object);
  }
}

/** Locks a grant for this transaction. */
export function lockGrant(manager: EntityManager, id: string): Promise<ApprovalGrant | null> {
  return manager.findOne(ApprovalGrant, { where: { id }, lock: { mode: 'pessimistic_write' } });
}

function newGrant(row: ApprovalRequest, limits: ApprovalGrant['limits'], at: number): ApprovalGrant {
  const { version, subjectKey, connection, model, rules, conversation, shape, requirement } = row;
  if (!shape) throw new Error('a grant needs a shape');
  return Object.assign(new ApprovalGrant(), {
    ...{
      id: `grant-${randomBytes(8).toString('hex')}`,
      approvalId: row.id,
      version,
      state: 'asked' as const,
    },
    ...{ ending: null, subjectKey, requester: row.context.principal, connection, model, rules, shape },
    ...{ groups: requirement.groups.map(({ group }) => group), conversation: conversation.id, limits },
    ...{ authors: [], used: 0, askedAt: new Date(at), grantedAt: null, expiresAt: new Date(at + askedForMs) },
    ...{ endedAt: null, endedBy: null },
  });
}
