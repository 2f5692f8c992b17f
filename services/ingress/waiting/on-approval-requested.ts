import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '#boot';
import { type ApprovalRequested, approvalRequested, type HeldEntry } from '#contracts';
import { consumers, type EventMessage, OnEvent } from '#messaging';
import type { Logger } from '#telemetry';
import { ownerOf } from './belongs-to.ts';
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
      ...ownerOf(context.principal),
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
      ...(head.gate === 'prompt' && { latest: { version: head.version, sequence } }),
      ...(isEditToShow(head) && { edited: { version: head.version, sequence } }),
    };
    // An edit asks again with another digest: the client still holds the body it sent.
    await this.held.write(requestId, (now) => {
      if (now?.state === 'completed') return undefined;
      if (!now) return parked;
      const { instance, live, bodyDigest, askedSequence, edited, latest, deletedAt } = now;
      return {
        ...(askedSequence && { askedSequence }),
        ...(latest && { latest }),
        ...(deletedAt && { deletedAt }),
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
