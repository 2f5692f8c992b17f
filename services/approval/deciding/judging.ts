import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ActiveConfig } from '#boot';
import { type ApprovalGroup, durationMs, type Principal } from '#contracts';
import { ApprovalRequest } from '../approval-request.entity.ts';
import { ApprovalSettings } from '../config.ts';
import { People } from '../forgetting/people.ts';
import { ApprovalVote } from './approval-vote.entity.ts';
import type { Means } from './carry-out.ts';
import { eligibleGroups, escalatedTo, groupsOf } from './decision/eligible.ts';
import type { Approval } from './decision/state.ts';
import type { Facts } from './look.ts';

const defaultConversationMs = 8 * 3_600_000;

/** What of a request a decision depends on. */
type Judged = Pick<
  ApprovalRequest,
  'state' | 'gate' | 'version' | 'digest' | 'requirement' | 'groups' | 'context' | 'editor' | 'expiresAt'
>;

/** Puts together what the pure decisions take: the row, its counted votes, the groups of the revision in force. */
@Injectable()
export class Judging {
  constructor(
    private readonly config: ActiveConfig,
    private readonly settings: ApprovalSettings,
    private readonly people: People,
  ) {}

  /** Locks a request for this transaction. Null where there is none. */
  async lock(manager: EntityManager, id: string): Promise<ApprovalRequest | null> {
    return manager.findOne(ApprovalRequest, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** The request itself and those that are open on the same card, locked in one order for everybody. */
  async lockCard(manager: EntityManager, row: ApprovalRequest): Promise<ApprovalRequest[]> {
    const { id, subjectKey, card, version, digest } = row;
    return manager
      .createQueryBuilder(ApprovalRequest, 'request')
      .setLock('pessimistic_write')
      .where('request.id = :id', { id })
      .orWhere(
        `(request.subjectKey = :subjectKey and request.card = :card and request.state = 'pending'
          and request.version = :version and request.digest = :digest)`,
        { subjectKey, card, version, digest },
      )
      .orderBy('request.id')
      .getMany();
  }

  /** Reads a request without locking it. */
  read(manager: EntityManager, id: string): Promise<ApprovalRequest | null> {
    return manager.findOneBy(ApprovalRequest, { id });
  }

  /** Locks every gate of a request, in one order for everybody. */
  async lockAll(manager: EntityManager, requestId: string): Promise<ApprovalRequest[]> {
    return manager.find(ApprovalRequest, {
      where: { requestId },
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
  }

  /** The request as decisions see it: votes on the version in hand count for groups their authors are in now. */
  async approvalOf(manager: EntityManager, row: ApprovalRequest): Promise<Approval> {
    const votes = await manager.findBy(ApprovalVote, { approvalId: row.id, version: row.version });
    return this.withVotes(row, votes);
  }

  /** `by`: who is about to decide; what they wrote before they were erased stays their own. */
  withVotes(row: Judged, votes: Facts['votes'], by?: Principal): Approval {
    const { state, gate, version, digest, requirement } = row;
    return {
      ...{ state, gate, version, digest, requirement },
      requester: row.context.principal,
      editor: this.editorOf(row, by ? [by] : []),
      expiresAt: row.expiresAt.getTime(),
      votes: votes.map(({ approver, vote }) => ({ approver, vote, groups: this.groupsFor(approver, row) })),
    };
  }

  /** Who wrote the version in hand: where they were erased and came back, as the one of `people` that they are. */
  editorOf({ editor }: Pick<ApprovalRequest, 'editor'>, people: readonly Principal[]): Principal | undefined {
    return this.people.again(editor ?? undefined, people);
  }

  /** Those of the requirement's groups that a person may speak for. */
  groupsFor(
    person: Principal,
    { requirement, groups }: Pick<ApprovalRequest, 'requirement' | 'groups'>,
  ): string[] {
    return eligibleGroups(person, requirement, this.groups(), escalatedTo(groups, requirement));
  }

  /** Groups a request was escalated to, through which a person speaks for others. */
  throughFor(person: Principal, row: Pick<ApprovalRequest, 'requirement' | 'groups'>): string[] {
    const own = this.groupsOf(person);
    if (this.namedGroupsFor(person, row).length === row.requirement.groups.length) return [];
    return escalatedTo(row.groups, row.requirement).filter((group) => own.includes(group));
  }

  /** The same, without those they speak for only because it was escalated to them. */
  namedGroupsFor(person: Principal, { requirement }: Pick<ApprovalRequest, 'requirement'>): string[] {
    return eligibleGroups(person, requirement, this.groups());
  }

  /** All approval groups that a person is in. */
  groupsOf(person: Principal): string[] {
    return groupsOf(person, this.groups());
  }

  /** Who may approve alone, and whether this person may; undefined where nobody may. */
  breakGlassRule(person: Principal): { group: string; reviewers: number; isMember: boolean } | undefined {
    const rule = this.config.current?.document.approvals.breakGlass;
    return rule && { ...rule, isMember: this.groupsOf(person).includes(rule.group) };
  }

  /** Most requests of one person that may wait at once. */
  get maxPendingPerPrincipal(): number {
    return this.config.current?.document.approvals.maxPendingPerPrincipal ?? 20;
  }

  means(at: number, rest: Partial<Means> = {}): Means {
    const { signer, releaseValidMs } = this.settings;
    const conversation = this.config.current?.document.approvals.conversation;
    const conversationMs = conversation ? durationMs(conversation) : defaultConversationMs;
    return { signer, releaseValidMs, conversationMs, at, ...rest };
  }

  private groups(): Readonly<Record<string, ApprovalGroup>> {
    return this.config.current?.document.approvals.groups ?? {};
  }
}
