import { Column, Entity, PrimaryColumn } from 'typeorm';
import type {
  AnswerFacts,
  ApprovalRequested,
  ApprovalRequirement,
  BodyReference,
  Gate,
  Obligations,
  Principal,
  RequestContext,
  RequestShape,
  RuleMatch,
} from '#contracts';
import type { ApprovalState } from './deciding/decision/state.ts';

/** A request, answer or change that waits, or waited, for people. */
@Entity({ name: 'approval_request' })
export class ApprovalRequest {
  /** The request id; `<request id>.<gate>` for gates other than `prompt`. */
  @PrimaryColumn('text')
  id!: string;
  @Column('text', { name: 'request_id' })
  requestId!: string;
  @Column('text')
  gate!: Gate;
  @Column('text')
  state!: ApprovalState;
  @Column('int')
  version!: number;
  @Column('text')
  digest!: string;
  @Column('text', { name: 'subject_key' })
  subjectKey!: string;
  @Column('jsonb')
  context!: RequestContext;
  /** The version in hand; its location is where a release's reader finds it. */
  @Column('jsonb')
  body!: BodyReference;
  @Column('text')
  connection!: string;
  @Column('text', { name: 'upstream_model', nullable: true })
  upstreamModel!: string | null;
  @Column('text', { nullable: true })
  model!: string | null;
  @Column('boolean')
  stream!: boolean;
  @Column('jsonb')
  obligations!: Obligations;
  @Column('jsonb')
  requirement!: ApprovalRequirement;
  /** The requirement's groups and those it was escalated to, for looking up. */
  @Column('text', { array: true })
  groups!: string[];
  @Column('jsonb')
  matches!: RuleMatch[];
  @Column('text', { array: true })
  rules!: string[];
  @Column('text')
  revision!: string;
  @Column('jsonb')
  conversation!: ApprovalRequested['conversation'];
  /** What a grant for the same shape compares; null where none can cover it. */
  @Column('jsonb', { nullable: true })
  shape!: RequestShape | null;
  /** The grant that stood in for votes on it. */
  @Column('text', { name: 'grant_id', nullable: true })
  grantId!: string | null;
  /** Facts of an answer that its release carries back; null at other gates. */
  @Column('jsonb', { nullable: true })
  answer!: AnswerFacts | null;
  @Column('jsonb', { nullable: true })
  editor!: Principal | null;
  /** Same for identical requests of one requester; see `cardOf`. */
  @Column('text')
  card!: string;
  /** The identical live request on whose card this one is counted. */
  @Column('text', { name: 'card_of', nullable: true })
  cardOf!: string | null;
  @Column('timestamptz', { name: 'requested_at' })
  requestedAt!: Date;
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
  @Column('timestamptz', { name: 'decided_at', nullable: true })
  decidedAt!: Date | null;
  /** A release is not run after this. */
  @Column('timestamptz', { name: 'not_after', nullable: true })
  notAfter!: Date | null;
}

/** The approval id of a request at a gate. */
export function approvalIdOf({ requestId, gate }: { requestId: string; gate: Gate }): string {
  return gate === 'prompt' ? requestId : `${requestId}.${gate}`;
}
