import { Injectable } from '@nestjs/common';
import { requestReceived } from '#contracts';
import { consumers, type EventMessage, OnEvent } from '#messaging';
import { VerdictPublisher } from './verdict-publisher.ts';

/** Judges a new request: released, held, or refused. */
@Injectable()
export class OnRequestReceived {
  constructor(private readonly verdicts: VerdictPublisher) {}

  @OnEvent(requestReceived, { consumer: consumers.policyReceived, slots: 200 })
  async handle({ head, tail, sequence, deliveries }: EventMessage<typeof requestReceived>): Promise<void> {
    const { requestId, context, body } = head;
    if (deliveries > 1 && (await this.verdicts.isJudged(requestId, 1, sequence))) return;
    const { judged, verdict } = await this.verdicts.decide({
      requestId,
      version: 1,
      context,
      body,
      sequence,
      tail,
    });
    await this.verdicts.publish(judged, verdict, tail);
  }
}
