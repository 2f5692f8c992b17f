import { Injectable } from '@nestjs/common';
import { type ApprovalEdited, approvalEdited } from '#contracts';
import { consumers, type EventMessage, OnEvent } from '#messaging';
import type { Verdict } from './judge.ts';
import { VerdictPublisher } from './verdict-publisher.ts';

/** Judges what people made of a request: an edit can't escape a deny, and people still decide about the rest. */
@Injectable()
export class OnApprovalEdited {
  constructor(private readonly verdicts: VerdictPublisher) {}

  @OnEvent(approvalEdited, { consumer: consumers.policyEdited })
  async handle({ head, tail, sequence, deliveries }: EventMessage<typeof approvalEdited>): Promise<void> {
    if (head.gate === 'response') return;
    const { requestId, version, context, body } = head;
    if (deliveries > 1 && (await this.verdicts.isJudged(requestId, version, sequence))) return;
    const { judged, verdict } = await this.verdicts.decide({
      requestId,
      version,
      context,
      body,
      sequence,
      tail,
    });
    await this.verdicts.publish(judged, stillHeld(verdict, head), tail);
  }
}

/** An edited request goes back to people, also where no rule would hold it any more. Pure. */
export function stillHeld(verdict: Verdict, { requirement, requestId }: ApprovalEdited): Verdict {
  if (verdict.kind !== 'allowed' || !requirement) return verdict;
  const conversation = { id: requestId, newSinceTurn: 0, approves: [] };
  return { ...verdict, kind: 'held', decision: { ...verdict.decision, requirement }, conversation };
}
