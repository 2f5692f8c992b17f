import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { GrantBody, Principal } from '#contracts';
import { type Transaction, UnitOfWork } from '#database';
import { ApprovalRequest } from '../approval-request.entity.ts';
import { Grants } from '../granting/grants.ts';
import { Content } from '../showing/content.ts';
import { Runs } from '../waiting/runs.ts';
import { carryOut } from './carry-out.ts';
import { decideEdit, decideWithdrawal } from './decision/decide.ts';
import type { Refusal } from './decision/decision.ts';
import { completedEvent } from './events.ts';
import { Judging } from './judging.ts';
import { notFound, refused } from './refused.ts';

/** A new version as a person wrote it. */
export interface NewVersion {
  version: number;
  digest: string;
  bytes: Uint8Array;
  approve: boolean;
  reason?: string | undefined;
}

/** Whoever runs what is stopped ends it in less than this after its lease. */
const endingMarginMs = 2000;

const tooLate: Refusal = {
  code: 'approval.already_decided',
  message: 'It runs already, or has ended; too late to take it back.',
};

/** What people do besides voting: each in one transaction with its events. Refusals are `CodedError`s. */
@Injectable()
export class Decisions {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
    private readonly content: Content,
    private readonly runs: Runs,
    private readonly grants: Grants,
  ) {}

  /** Asks that an approval covers the same shape, after it was given. Returns the grant's id. */
  async grant(row: ApprovalRequest, author: Principal, body: GrantBody, at: number): Promise<string> {
    return this.unit.inTransaction(async (transaction) => {
      const locked = await this.locked(transaction.manager, row.id);
      if (locked.version !== body.version || locked.digest !== body.digest) {
        throw refused({ code: 'approval.outdated', message: 'It was changed since you looked.' }, row);
      }
      const { id } = await this.grants.ask(transaction, locked, { author, asked: body.grant, at });
      return id;
    });
  }

  /** Makes a new version of what was asked (or answered), and may approve it in the same call. */
  async edit(row: ApprovalRequest, editor: Principal, next: NewVersion, at: number): Promise<void> {
    const newDigest = createHash('sha256').update(next.bytes).digest('hex');
    const clear = { bytes: next.bytes, digest: newDigest };
    const content = await this.content.sealVersion(row, next.version + 1, clear);
    const reason = await this.content.sealReason(row, next.reason);
    const { version, digest, approve } = next;
    await this.decide(row, async (transaction) => {
      const { manager } = transaction;
      const locked = await this.locked(manager, row.id);
      const approval = await this.judging.approvalOf(manager, locked);
      const groups = this.judging.groupsFor(editor, locked);
      const decision = decideEdit(approval, { editor, groups, version, digest, newDigest, approve, at });
      await carryOut(
        transaction,
        locked,
        decision,
        this.judging.means(at, {
          ...{ actor: editor, reason, edit: content },
          through: this.judging.throughFor(editor, locked),
        }),
      );
      return decision.refusal;
    });
  }

  /** Takes an approval back: before the release is claimed, or (`stop`) also while it runs. */
  async withdraw(
    row: ApprovalRequest,
    approver: Principal,
    { how, reason }: { how: 'revoke' | 'stop'; reason: string },
    at: number,
  ): Promise<void> {
    const sealed = await this.content.sealReason(row, reason);
    await this.decide(row, async (transaction) => {
      const { manager } = transaction;
      const locked = await this.locked(manager, row.id);
      const groups = this.judging.groupsFor(approver, locked);
      const approval = await this.judging.approvalOf(manager, locked);
      const decision = decideWithdrawal(approval, { approver, groups, how });
      if (decision.changes.length === 0) return decision.refusal;
      // Under the lock: the ending that this brings about is read after it.
      const taken = await this.takeBack(locked, how, sealed);
      if (!taken) return tooLate;
      const means = this.judging.means(at, { actor: approver, reason: sealed, ...taken });
      await carryOut(transaction, locked, decision, means);
      if (taken.endsUntil === undefined) {
        const message =
          how === 'revoke' ? 'The approval of this request was taken back.' : 'An approver stopped this.';
        const ending = { outcome: 'rejected', code: 'approval.rejected', message, reason: sealed } as const;
        transaction.publish(completedEvent(locked, ending, at));
      }
      return undefined;
    });
  }

  /**
   * Keeps a release from running (any further). `endsUntil`: so long the one who runs it ends the request, with what it
   * streamed; nobody else does. Undefined where it is too late.
   */
  private async takeBack(
    row: ApprovalRequest,
    how: 'revoke' | 'stop',
    reason: Uint8Array | undefined,
  ): Promise<{ endsUntil?: number } | undefined> {
    if (how === 'revoke') return (await this.runs.revoke(row)) === 'revoked' ? {} : undefined;
    const stopped = await this.runs.stop(row, reason);
    if (stopped.kind === 'finished') return undefined;
    return stopped.claimedUntil === undefined ? {} : { endsUntil: stopped.claimedUntil + endingMarginMs };
  }

  /** Commits what was decided, then says why something was refused. */
  private async decide(
    row: ApprovalRequest,
    work: (transaction: Transaction) => Promise<Refusal | undefined>,
  ): Promise<void> {
    const refusal = await this.unit.inTransaction(work);
    if (refusal) throw refused(refusal, row);
  }

  private async locked(manager: EntityManager, id: string): Promise<ApprovalRequest> {
    const row = await this.judging.lock(manager, id);
    if (!row) throw notFound(id);
    return row;
  }
}
