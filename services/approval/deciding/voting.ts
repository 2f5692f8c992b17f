import { Injectable } from '@nestjs/common';
import { type BodyReference, CodedError, type GrantAsked, type Principal, type Vote } from '#contracts';
import { type Transaction, UnitOfWork } from '#database';
import { ApprovalRequest } from '../approval-request.entity.ts';
import { Grants } from '../granting/grants.ts';
import { ApprovalVersion } from '../showing/approval-version.entity.ts';
import { Content, isFresh } from '../showing/content.ts';
import { carryOut, type Means } from './carry-out.ts';
import { decideBreakGlass, decideVote, type VoteCommand } from './decision/decide.ts';
import { type Decision, type Refusal, refuse } from './decision/decision.ts';
import { Judging } from './judging.ts';
import { type Facts, factsOf, type Look } from './look.ts';
import { notFound, refused } from './refused.ts';

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

/** A ballot with all that it takes to count it. */
interface Cast {
  ballot: Ballot;
  command: Omit<VoteCommand, 'groups'>;
  /** Of the request voted on; sealed. */
  reason: Uint8Array | undefined;
  /** Where bodies are that had to be moved, by request. */
  lasting: ReadonlyMap<string, BodyReference>;
}

/** What people vote: each vote in one transaction with its events. Refusals are `CodedError`s. */
@Injectable()
export class Voting {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
    private readonly content: Content,
    private readonly grants: Grants,
  ) {}

  /** Votes on a request, and on the identical live ones on its card. Returns the request as it was committed. */
  async vote(look: Look, approver: Principal, ballot: Ballot, at: number): Promise<ApprovalRequest> {
    checkGrantBallot(ballot);
    const { row } = look;
    const reason = await this.content.sealReason(row, ballot.reason);
    const { vote, version, digest } = ballot;
    const lasting = vote === 'approve' ? await this.lastingBodies(row, at) : new Map<string, BodyReference>();
    const command = { approver, vote, version, digest, hasReason: reason !== undefined, at };
    const cast = { ballot, command, reason, lasting };
    return (await this.voteAtOnce(look, cast)) ?? (await this.voteLocked(row.id, row, cast));
  }

  /**
   * Decides by what was looked at, and writes it in one statement, unless anything changed since: then, and for what
   * takes more than that, the request has to be locked first (undefined).
   */
  private async voteAtOnce(
    { row, facts, seen, isAlone }: Look,
    cast: Cast,
  ): Promise<ApprovalRequest | undefined> {
    const { ballot, command } = cast;
    if (!isAlone || row.cardOf !== null || facts.hasGrant || ballot.grant || ballot.breakGlass)
      return undefined;
    const voted = Object.assign(new ApprovalRequest(), row);
    const decision = this.judge(voted, facts, command, false);
    const means = this.meansOf(voted, facts, cast, cast.reason);
    const isWritten = await this.unit.atOnce((transaction) =>
      carryOut(transaction, voted, decision, { ...means, seen }),
    );
    if (!isWritten) return undefined;
    if (decision.refusal) throw refused(decision.refusal, row);
    return voted;
  }

  private async voteLocked(id: string, row: ApprovalRequest, cast: Cast): Promise<ApprovalRequest> {
    const { ballot, command } = cast;
    let voted: ApprovalRequest | undefined;
    const refusal = await this.unit.inTransaction(async (transaction) => {
      const { manager } = transaction;
      const members = await this.judging.lockCard(manager, row);
      const known = await factsOf(manager, members);
      voted = members.find((member) => member.id === id);
      if (!voted) throw notFound(id);
      let own: Refusal | undefined;
      for (const member of members) {
        const facts = known.get(member.id) ?? { votes: [], content: null, hasGrant: false };
        const decision = this.judge(member, facts, command, ballot.breakGlass === true);
        if (member.id === id) own = decision.refusal;
        else if (decision.refusal) continue;
        // A reason is sealed for the one request it goes with.
        const reason = member.id === id ? cast.reason : await this.content.sealReason(member, ballot.reason);
        // Who headed a card passed it on to those that follow.
        await transaction.flush();
        await carryOut(transaction, member, decision, this.meansOf(member, facts, cast, reason));
        if (member.id === id && !own && (facts.hasGrant || ballot.grant))
          await this.followGrant(transaction, member, cast);
      }
      return own;
    });
    if (refusal) throw refused(refusal, row);
    return voted ?? row;
  }

  private meansOf(
    row: ApprovalRequest,
    { content }: Facts,
    { command: { approver, at }, lasting }: Cast,
    reason: Uint8Array | undefined,
  ): Means {
    const body = lasting.get(row.id);
    const through = this.judging.throughFor(approver, row);
    return this.judging.means(at, { actor: approver, reason, through, content, ...(body && { body }) });
  }

  /** What a vote says about covering the same shape, once it was carried out. */
  private async followGrant(
    transaction: Transaction,
    row: ApprovalRequest,
    { ballot: { vote, grant: asked }, command: { approver: author, at } }: Cast,
  ): Promise<void> {
    if (asked) await this.grants.ask(transaction, row, { author, asked, at });
    else if (vote === 'reject') await this.grants.withdraw(transaction, row, author);
    await this.grants.settle(transaction, row, at);
  }

  private judge(
    row: ApprovalRequest,
    { votes }: Pick<Facts, 'votes'>,
    command: Omit<VoteCommand, 'groups'>,
    breakGlass: boolean,
  ): Decision {
    const { approver } = command;
    const approval = this.judging.withVotes(row, votes, approver);
    if (!breakGlass)
      return decideVote(approval, { ...command, groups: this.judging.groupsFor(approver, row) });
    if (command.vote !== 'approve')
      return refuse('request.invalid', 'The glass is broken to approve, not to reject.');
    return decideBreakGlass(approval, { ...command, rule: this.judging.breakGlassRule(approver) });
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
}

function checkGrantBallot({ vote, grant, breakGlass }: Ballot): void {
  if (grant === undefined) return;
  if (vote !== 'approve') throw new CodedError('request.invalid', 'grant: goes with an approval only.');
  if (breakGlass === true) {
    throw new CodedError('request.invalid', 'grant: who approves alone approves one request.');
  }
}
