import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '#boot';
import { type ApprovalRequested, approvalRequested, type HeldEntry } from '#contracts';
import { consumers, type EventMessage, OnEvent } from '#messaging';
import type { Logger } from '#telemetry';
import { HeldIndex } from './held-index.ts';

/** A request is parked: its client may come back for it. */
@Injectable()
export class OnApprovalRequested {
  constructor(
    private readonly held: HeldIndex,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @OnEvent(approvalRequested, { consumer: consumers.ingressApprovalRequested })
  async handle({ head, sequence }: EventMessage<typeof approvalRequested>): Promise<void> {
    if (head.gate === 'change') return;
    const { requestId, context } = head;
    const parked: HeldEntry = {
      requestId,
      fingerprint: context.fingerprint,
      state: 'parked',
      issuer: context.principal.issuer,
      subject: context.principal.subject,
      subjectKey: context.subjectKey,
      protocol: context.protocol,
      instance: context.instance,
      live: context.wait === 'open',
      stream: head.stream,
      bodyDigest: head.body.digest,
      destination: 'parked',
      rules: head.rules,
      groups: head.requirement.groups.map(({ group }) => group),
      receivedAt: context.receivedAt,
      expiresAt: head.expiresAt,
      sinceSequence: sequence,
      ...(head.gate === 'prompt' && head.version === 1 && { askedSequence: sequence }),
      ...(isEditToShow(head) && { edited: { version: head.version, sequence } }),
    };
    // An edit asks again with another digest: the client still holds the body it sent.
    await this.held.write(requestId, (now) => {
      if (now?.state === 'completed') return undefined;
      if (!now) return parked;
      const { instance, live, bodyDigest, askedSequence, edited } = now;
      return {
        ...(askedSequence && { askedSequence }),
        ...(edited && { edited }),
        ...parked,
        instance,
        live,
        bodyDigest,
      };
    });
    this.logger.debug({ requestId }, 'parked');
  }
}

/** An edit of the request itself; what people took out of an answer is for nobody else to see. Pure. */
function isEditToShow({ gate, version, requirement }: ApprovalRequested): boolean {
  return gate === 'prompt' && version > 1 && requirement.editShown !== false;
}
