import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { v7 } from 'uuid';
import { ActiveConfig, LOGGER } from '#boot';
import {
  type ApprovalRequested,
  type ApprovalRequirement,
  approvalRequested,
  CodedError,
  changeRequested,
  decodeEnvelope,
  encodeEnvelope,
  type PolicyDocument,
  type Principal,
  type ProposedChange,
  proposedChangeBytes,
  requirementOf,
} from '#contracts';
import { Bus } from '#messaging';
import { contentLabel, QuestionSigner, Sealer } from '#sealing';
import type { Logger } from '#telemetry';
import { Owners } from '../personal/owners.ts';
import { type ErasureRequest, ErasureStore } from './erasure-store.ts';

/** Who is to be forgotten, and what is known of how much that is. */
export interface Forgotten {
  issuer: string;
  subject: string;
  subjectKey: string;
  requests: number;
  reason: string;
}

/** Nobody is to be named where the question is kept: who asked stands in the ledger, sealed. */
const nobody: Principal = { kind: 'person', issuer: '', subject: '', groups: [] };

/**
 * Asks people before a person is erased. What they are shown is sealed with the key of the person it is about, so it
 * goes with the rest. A question that a crash cut off is asked again at start.
 */
@Injectable()
export class ErasureQuestions {
  constructor(
    private readonly bus: Bus,
    private readonly store: ErasureStore,
    private readonly sealer: Sealer,
    private readonly config: ActiveConfig,
    private readonly owners: Owners,
    private readonly signer: QuestionSigner,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The same question is not asked twice while it is open. Throws `CodedError` where nobody could answer. */
  async ask(about: Forgotten, asker: Principal, nowMs: number): Promise<ErasureRequest> {
    const active = this.config.current;
    const requirement = active && requirementForErasures(active.document);
    if (!active || !requirement) {
      const message = 'Nobody could agree to it: sallyport.yaml names no approval group.';
      throw new CodedError('erasure.no_approvers', message);
    }
    const id = `req-${v7().replaceAll('-', '')}`;
    const content = proposedChangeBytes(proposedErasure(about));
    const requested = changeRequested({
      requestId: id,
      kind: 'content.erasure',
      digest: createHash('sha256').update(content).digest('hex'),
      bytes: content.length,
      principal: asker,
      subjectKey: about.subjectKey,
      service: 'audit',
      requirement,
      rule: 'approvals.erasures',
      revision: active.revision,
      nowMs,
    });
    const tail = await this.sealer.seal(about.subjectKey, contentLabel(id, 'body:1'), content);
    const askerKey = this.owners.of(asker);
    const payload = Buffer.from(encodeEnvelope(requested, tail));
    const kept = await this.store.keep({
      ...{ id, subjectKey: about.subjectKey, terms: withoutAsker(requested), askerKey, state: 'asking' },
      question: await this.sealer.seal(askerKey, contentLabel(id, 'question'), payload),
      askedAt: nowMs,
    });
    await this.publish(kept);
    return kept;
  }

  /** Asks what was kept and, for all this service knows, never asked. */
  async askAgain(): Promise<void> {
    for (const request of await this.store.unasked()) await this.publish(request);
  }

  /** Who asked; undefined where they were erased since. */
  async askerOf({ id, askerKey, question }: ErasureRequest): Promise<Principal | undefined> {
    if (question === null) return undefined;
    const opened = await this.sealer.open(askerKey, contentLabel(id, 'question'), question).catch(() => null);
    if (opened === null) return undefined;
    const length = opened.readUInt32LE(0);
    const { context } = JSON.parse(opened.toString('utf8', 4, 4 + length)) as ApprovalRequested;
    return context.principal;
  }

  /** Approval takes in a request once, however often it is asked. */
  private async publish({ id, askerKey, question, state }: ErasureRequest): Promise<void> {
    if (state !== 'asking' || question === null) return;
    const { head, tail } = decodeEnvelope(
      await this.sealer.open(askerKey, contentLabel(id, 'question'), question),
    );
    const payload = encodeEnvelope(this.signer.sign(head as ApprovalRequested), tail);
    const messageId = this.signer.messageId(`${id}:1:held`);
    await this.bus.publish(approvalRequested.subject(), payload, { messageId });
    await this.store.asked(id);
    this.logger.info({ approval: id }, 'an erasure waits for approval');
  }
}

const withoutAsker = (requested: ApprovalRequested): ApprovalRequested => ({
  ...requested,
  context: { ...requested.context, principal: nobody },
});

/**
 * Who must agree before a person is erased: what the document says of erasures, else of changes, else one member of any
 * approval group. Undefined where there is none. Pure.
 */
export function requirementForErasures({ approvals }: PolicyDocument): ApprovalRequirement | undefined {
  const named = approvals.erasures ?? approvals.changes;
  if (named !== undefined) return requirementOf(named, approvals);
  const groups = Object.keys(approvals.groups).map((group): [string, number] => [group, 1]);
  return groups.length === 0 ? undefined : requirementOf({ any: Object.fromEntries(groups) }, approvals);
}

/** What approvers see of an erasure. Pure. */
export function proposedErasure({
  issuer,
  subject,
  subjectKey,
  requests,
  reason,
}: Forgotten): ProposedChange {
  return {
    kind: 'content.erasure',
    subject: subjectKey,
    digest: createHash('sha256').update(subjectKey).digest('hex'),
    summary: `Erase everything that ${subject} wrote, was answered and can be known by. This can't be undone.`,
    message: reason,
    differences: [],
    facts: { person: subject.slice(0, 500), issuer: issuer.slice(0, 500), requests },
  };
}
