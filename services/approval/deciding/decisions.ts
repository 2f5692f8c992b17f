import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  type BodyReference,
  CodedError,
  type GrantAsked,
  type GrantBody,
  type Principal,
  type Vote,
} from '#contracts';
import { type Transaction, UnitOfWork } from '#database';
import { ApprovalRequest } from '../approval-request.entity.ts';
import { Grants } from '../granting/grants.ts';
import { ApprovalVersion } from '../showing/approval-version.entity.ts';
import { Content, isFresh } from '../showing/content.ts';
import { Runs } from '../waiting/runs.ts';
import { carryOut } from './carry-out.ts';
import { decideBreakGlass, decideEdit, decideVote, decideWithdrawal, type VoteCommand } from './decide.ts';
import { type Decision, type Refusal, refuse } from './decision.ts';
import { completedEvent } from './events.ts';
import { Judging } from './judging.ts';
import type { Approval } from './state.ts';

/** A vote as a person casts it. */
export interface Ballot {
  vote: Vote;
  version: number;
  digest: string;
  reason?: string | undefined;
  /** Approve alone, without the quorum. */
  breakGlass?: boolean;
  /** Cover requests of the same shape as well. */
  grant?: GrantAsked | undefined;
}

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

/** What people do: each in one transaction with its events. Refusals are `CodedError`s. */
@Injectable()
export class Decisions {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
    private readonly content: Content,
    private readonly runs: Runs,
    private readonly grants: Grants,
  ) {}

  /** Votes on a request, and on the identical live ones on its card. Returns the request as it was committed. */
  async vote(
    row: ApprovalRequest,
    approver: Principal,
    ballot: Ballot,
    at: number,
  ): Promise<ApprovalRequest> {
    const reason = await this.content.sealReason(row, ballot.reason);
    const { vote, version, digest } = ballot;
    checkGrantBallot(ballot);
    const lasting = vote === 'approve' ? await this.lastingBodies(row, at) : new Map<string, BodyReference>();
    const command = { approver, vote, version, digest, hasReason: reason !== undefined, at };
    let voted: ApprovalRequest | undefined;
    await this.decide(row, async (transaction) => {
      const { manager } = transaction;
      const members = await this.judging.lockCard(manager, row);
      const known = await this.judging.factsOf(manager, members);
      voted = members.find(({ id }) => id === row.id);
      if (!voted) throw notFound(row.id);
      let refusal: Refusal | undefined;
      for (const member of members) {
        const facts = known.get(member.id) ?? { votes: [], content: null, hasGrant: false };
        const approval = this.judging.withVotes(member, facts.votes);
        const decision = this.judge(approval, member, command, ballot.breakGlass === true);
        if (member.id === row.id) refusal = decision.refusal;
        else if (decision.refusal) continue;
        // A reason is sealed for the one request it goes with.
        const own = member.id === row.id ? reason : await this.content.sealReason(member, ballot.reason);
        const body = lasting.get(member.id);
        const through = this.judging.throughFor(approver, member);
        const means = this.judging.means(at, {
          actor: approver,
          reason: own,
          through,
          content: facts.content,
          ...(body && { body }),
        });
        // Who headed a card passed it on to those that follow.
        await transaction.flush();
        await carryOut(transaction, member, decision, means);
        if (member.id === row.id && !refusal && (facts.hasGrant || ballot.grant))
          await this.followGrant(transaction, member, approver, ballot, at);
      }
      return refusal;
    });
    return voted ?? row;
  }

  /** What a vote says about covering the same shape, once it was carried out. */
  private async followGrant(
    transaction: Transaction,
    row: ApprovalRequest,
    author: Principal,
    { vote, grant: asked }: Ballot,
    at: number,
  ): Promise<void> {
    if (asked) await this.grants.ask(transaction, row, { author, asked, at });
    else if (vote === 'reject') await this.grants.withdraw(transaction, row, author);
    await this.grants.settle(transaction, row, at);
  }

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

  private judge(
    approval: Approval,
    row: ApprovalRequest,
    command: Omit<VoteCommand, 'groups'>,
    breakGlass: boolean,
  ): Decision {
    const { approver } = command;
    if (!breakGlass)
      return decideVote(approval, { ...command, groups: this.judging.groupsFor(approver, row) });
    if (command.vote !== 'approve')
      return refuse('request.invalid', 'The glass is broken to approve, not to reject.');
    return decideBreakGlass(approval, { ...command, rule: this.judging.breakGlassRule(approver) });
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
    const judge = async (manager: EntityManager, current: ApprovalRequest): Promise<Decision> => {
      const groups = this.judging.groupsFor(approver, current);
      return decideWithdrawal(await this.judging.approvalOf(manager, current), { approver, groups, how });
    };
    const first = await this.unit.read((manager) => judge(manager, row));
    if (first.refusal) throw refused(first.refusal, row);
    if (first.changes.length === 0) return;
    const taken = await this.takeBack(row, how, sealed);
    if (!taken) throw refused(tooLate, row);
    await this.decide(row, async (transaction) => {
      const locked = await this.locked(transaction.manager, row.id);
      const decision = await judge(transaction.manager, locked);
      const means = this.judging.means(at, { actor: approver, reason: sealed, ...taken });
      await carryOut(transaction, locked, decision, means);
      if (decision.changes.length > 0 && taken.endsUntil === undefined) {
        const message =
          how === 'revoke' ? 'The approval of this request was taken back.' : 'An approver stopped this.';
        const ending = { outcome: 'rejected', code: 'approval.rejected', message, reason: sealed } as const;
        transaction.publish(completedEvent(locked, ending, at));
      }
      return decision.refusal;
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

  /** Bodies of a card's requests that had to be moved to where they last. */
  private async lastingBodies(row: ApprovalRequest, at: number): Promise<Map<string, BodyReference>> {
    const moved = new Map<string, BodyReference>();
    if (row.body.location.in !== 'stream') return moved;
    // The others on its card came after the one that heads it.
    if (row.cardOf === null && isFresh(row, at)) return moved;
    const where = { subjectKey: row.subjectKey, card: row.card, state: 'pending' as const };
    const members = await this.unit.read((manager) => manager.findBy(ApprovalRequest, where));
    for (const member of members) {
      const { id: approvalId, version } = member;
      const found = await this.unit.read((manager) =>
        manager.findOneBy(ApprovalVersion, { approvalId, version }),
      );
      const body = found && (await this.content.lastingBody(member, found, at));
      if (body && body.location.in !== 'stream') moved.set(member.id, body);
    }
    return moved;
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

function checkGrantBallot({ vote, grant, breakGlass }: Ballot): void {
  if (grant === undefined) return;
  if (vote !== 'approve') throw new CodedError('request.invalid', 'grant: goes with an approval only.');
  if (breakGlass === true) {
    throw new CodedError('request.invalid', 'grant: who approves alone approves one request.');
  }
}

function refused({ code, message }: Refusal, { id }: ApprovalRequest): CodedError {
  return new CodedError(code, message, { details: { approval_id: id } });
}

/** There is no such approval request, or none that this person may know of. */
export function notFound(id: string): CodedError {
  return new CodedError('approval.not_found', 'There is no such approval request, or none for you to see.', {
    details: { approval_id: id },
  });
}
