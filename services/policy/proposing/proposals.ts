import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { v7 } from 'uuid';
import { LOGGER } from '#boot';
import {
  type ApprovalRequirement,
  approvalRequested,
  CodedError,
  changeRequested,
  encodeEnvelope,
  type Principal,
  type ProposalView,
  proposedChangeBytes,
  proposedChangeLimitBytes,
} from '#contracts';
import { Bus } from '#messaging';
import { contentLabel, QuestionSigner, Sealer, SubjectNames } from '#sealing';
import type { Logger } from '#telemetry';
import type { InForce } from '../revising/activation.ts';
import type { StoredRevision } from '../revising/revision-store.ts';
import { type Proposal, ProposalStore } from './proposal-store.ts';
import { proposedActivation } from './propose.ts';

/** Asks people before another revision comes into force. A question that a crash cut off is asked again at start. */
@Injectable()
export class Proposals {
  constructor(
    private readonly bus: Bus,
    private readonly store: ProposalStore,
    private readonly sealer: Sealer,
    private readonly names: SubjectNames,
    private readonly signer: QuestionSigner,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Asks approvers, as the document in force wants it. The same question again is not asked twice. */
  async ask(
    revision: StoredRevision,
    inForce: InForce,
    requirement: ApprovalRequirement,
    { message, author }: { message: string; author: Principal },
  ): Promise<void> {
    const content = proposedChangeBytes(proposedActivation(revision, inForce.active, message));
    if (content.length > proposedChangeLimitBytes) {
      throw new CodedError('config.invalid', 'This changes more than people can be shown; go in steps.');
    }
    const [requestId, nowMs, subjectKey] = [
      `req-${v7().replaceAll('-', '')}`,
      Date.now(),
      this.names.of(author),
    ];
    const requested = changeRequested({
      requestId,
      kind: 'config.activation',
      digest: createHash('sha256').update(content).digest('hex'),
      bytes: content.length,
      principal: author,
      subjectKey,
      service: 'policy',
      requirement,
      rule: 'approvals.changes',
      revision: inForce.active.revision,
      nowMs,
    });
    const sealed = await this.sealer.seal(subjectKey, contentLabel(requestId, 'body:1'), content);
    const { number } = revision;
    const proposal = { id: requestId, number, message, requested, sealed, baseEntry: inForce.entry };
    await this.publish(await this.store.keep({ ...proposal, state: 'asking' }, nowMs));
  }

  /** What people were asked about a revision, newest first. */
  of(number: number): Promise<ProposalView[]> {
    return this.store.ofRevision(number);
  }

  /** Asks what was kept and, for all this service knows, never asked. */
  async askAgain(): Promise<void> {
    for (const proposal of await this.store.unasked()) await this.publish(proposal);
  }

  /** Approval takes in a request once, however often it is asked. */
  private async publish({ id, requested, sealed, state }: Proposal): Promise<void> {
    if (state !== 'asking') return;
    await this.bus.publish(approvalRequested.subject(), encodeEnvelope(this.signer.sign(requested), sealed), {
      messageId: this.signer.messageId(`${id}:1:held`),
    });
    await this.store.asked(id);
    this.logger.info({ approval: id }, 'an activation waits for approval');
  }
}
