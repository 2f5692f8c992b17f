import { Injectable } from '@nestjs/common';
import { requestCompleted } from '#contracts';
import { consumers, type EventMessage, OnEvent } from '#messaging';
import { HeldIndex } from './held-index.ts';

/** A parked request ended: the first completion in stream order counts. */
@Injectable()
export class OnCompletedParked {
  constructor(private readonly held: HeldIndex) {}

  @OnEvent(requestCompleted, { consumer: consumers.ingressParked })
  async handle({ head, sequence }: EventMessage<typeof requestCompleted>): Promise<void> {
    const { outcome } = head;
    const { completedAt } = head.timings;
    await this.held.write(head.requestId, (now) => {
      // The index learns of the request from another consumer, which may be behind: this one tries again.
      if (!now) throw new Error('not in the index yet');
      if ((now.completedSequence ?? Number.POSITIVE_INFINITY) <= sequence) return undefined;
      return { ...now, state: 'completed', completedSequence: sequence, completedAt, outcome };
    });
  }
}
