import { Injectable } from '@nestjs/common';
import { CodedError, type GrantList, type GrantView, type ListGrantsQuery, type Principal } from '#contracts';
import { UnitOfWork } from '#database';
import { Judging } from '../deciding/judging.ts';
import { type Reader, readsAll } from '../listing/access.ts';
import { personView, readCursor, writeCursor } from '../listing/list.ts';
import { Content } from '../showing/content.ts';
import { ApprovalGrant } from './approval-grant.entity.ts';
import { Grants, lockGrant } from './grants.ts';

/** Shows grants to those who decide about such requests, and takes them back. */
@Injectable()
export class ListGrants {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
    private readonly grants: Grants,
    private readonly content: Content,
  ) {}

  /** A page of grants, newest first. */
  async page({ state, requester, limit, cursor }: ListGrantsQuery, reader: Reader): Promise<GrantList> {
    return this.unit.read(async (manager) => {
      const select = manager
        .createQueryBuilder(ApprovalGrant, 'granted')
        .orderBy('granted.askedAt', 'DESC')
        .addOrderBy('granted.id', 'DESC')
        .limit(limit + 1);
      if (!readsAll(reader)) select.andWhere('granted.groups && :own', { own: [...reader.groups] });
      if (state === 'current') select.andWhere(`granted.state <> 'ended' and granted.expires_at > now()`);
      if (requester !== undefined)
        select.andWhere(`granted.requester->>'subject' = :requester`, { requester });
      if (cursor !== undefined) {
        const [at, id] = readCursor(cursor);
        select.andWhere('(granted.asked_at, granted.id) < (:at, :id)', { at: new Date(at), id });
      }
      const found = await select.getMany();
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      const now = Date.now();
      return {
        items: shown.map((grant) => viewOf(grant, now)),
        ...(found.length > limit && last && { next: writeCursor(last.askedAt, last.id) }),
      };
    });
  }

  /** One grant. Throws `grant.not_found`, also where this person may not know of it. */
  async one(id: string, reader: Reader): Promise<GrantView> {
    const grant = await this.unit.read((manager) => manager.findOneBy(ApprovalGrant, { id }));
    if (!grant || !maySee(reader, grant)) throw notFound(id);
    return viewOf(grant, Date.now());
  }

  /** Takes a grant back: from the commit on nothing uses it. One that is over stays as it is. */
  async revoke(
    id: string,
    { by, reader, reason }: { by: Principal; reader: Reader; reason: string },
    at: number,
  ): Promise<GrantView> {
    const found = await this.unit.read((manager) => manager.findOneBy(ApprovalGrant, { id }));
    if (!found || !maySee(reader, found)) throw notFound(id);
    const about = await this.unit.read((manager) => this.judging.read(manager, found.approvalId));
    const sealed = about && (await this.content.sealRemark(about, reason));
    return this.unit.inTransaction(async (transaction) => {
      // In the order in which votes lock.
      await this.judging.lock(transaction.manager, found.approvalId);
      const grant = await lockGrant(transaction.manager, id);
      if (!grant) throw notFound(id);
      if (grant.state !== 'ended') {
        await this.grants.end(transaction, grant, { ending: 'revoked', by, at, reason: sealed ?? undefined });
      }
      return viewOf(grant, at);
    });
  }
}

function maySee(reader: Reader, { groups }: ApprovalGrant): boolean {
  return readsAll(reader) || groups.some((group) => reader.groups.includes(group));
}

function notFound(id: string): CodedError {
  return new CodedError('grant.not_found', 'There is no such grant, or none for you to see.', {
    details: { grant_id: id },
  });
}

/** A grant as people see it. One whose time is over is over, whether or not the clock came by. */
export function viewOf(grant: ApprovalGrant, now: number): GrantView {
  const { id, approvalId, connection, model, rules, shape, conversation, authors, limits, used } = grant;
  const isOver = grant.state !== 'ended' && grant.expiresAt.getTime() <= now;
  const ending = isOver ? (grant.state === 'live' ? 'expired' : 'not_approved') : grant.ending;
  return {
    ...{ id, approvalId, connection, model, rules, used, template: shape.template },
    state: isOver ? 'ended' : grant.state,
    ...(ending && { ending }),
    requester: personView(grant.requester),
    ...(limits.conversation && { conversation }),
    authors: authors.map(personView),
    ...(limits.uses !== undefined && { uses: limits.uses }),
    askedAt: grant.askedAt.getTime(),
    ...(grant.grantedAt && { grantedAt: grant.grantedAt.getTime() }),
    expiresAt: grant.expiresAt.getTime(),
    ...(grant.endedAt && { endedAt: grant.endedAt.getTime() }),
    ...(grant.endedBy && { endedBy: personView(grant.endedBy) }),
  };
}
