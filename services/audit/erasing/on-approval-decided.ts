import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { LOGGER } from '#boot';
import { approvalDecided, contentErased, encodeEnvelope } from '#contracts';
import { Bus, consumers, type EventMessage, OnEvent, PoisonError } from '#messaging';
import { PeopleReleaseVerifier, verdictOnChange } from '#sealing';
import type { Logger } from '#telemetry';
import { ErasureQuestions } from './erasure-questions.ts';
import { ErasureStore } from './erasure-store.ts';

/**
 * People decided whether a person is erased. An approval is recorded as `content.erased`, and the writer carries it out
 * behind that event, once for each approval. Votes, other gates and other services' changes pass by.
 */
@Injectable()
export class OnApprovalDecided implements OnApplicationBootstrap {
  constructor(
    private readonly store: ErasureStore,
    private readonly questions: ErasureQuestions,
    private readonly verifier: PeopleReleaseVerifier,
    private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.questions.askAgain().catch((err: unknown) => {
      this.logger.warn({ err }, 'an erasure is not asked yet');
    });
  }

  @OnEvent(approvalDecided, { consumer: consumers.auditDecided })
  async handle({ head }: EventMessage<typeof approvalDecided>): Promise<void> {
    if (head.gate !== 'change' || head.kind !== 'outcome') return;
    const record = await this.store.find(head.requestId);
    if (record === null) return;
    const { request, index } = record;
    const verdict = verdictOnChange(request.terms, head, this.verifier);
    if (verdict === 'forged')
      throw new PoisonError(`${head.requestId}: a decision that approval did not make`);
    const isOpen = request.state === 'asking' || request.state === 'waiting';
    if (verdict !== 'approved') {
      if (isOpen) await this.store.ended(request.id, verdict, Date.now());
      return;
    }
    // Recorded in the ledger already: this is a redelivery.
    if (index !== null || (!isOpen && request.state !== 'approved')) return;
    await this.store.ended(request.id, 'approved', Date.now());
    const requestedBy = await this.questions.askerOf(request);
    const erased = { subjectKey: request.subjectKey, approval: request.id, at: Date.now() };
    const payload = encodeEnvelope({ ...erased, ...(requestedBy && { requestedBy }) });
    await this.bus.publish(contentErased.subject(), payload, { messageId: `${request.id}:erased` });
    this.logger.info({ approval: request.id }, 'an erasure was approved');
  }
}
