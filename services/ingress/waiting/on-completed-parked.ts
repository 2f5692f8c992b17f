import { Injectable } from '@nestjs/common';
import { requestCompleted } from '#contracts';
import { consumers, type EventMessage, OnEvent } from '#messaging';
import { HeldIndex } from './held-index.ts';

/** Waited for here, and then by being delivered again. */
const indexedWithinMs = 2000;

/** A parked request ended: the first completion in stream order counts. */
@Injectable()
export class OnCompletedParked {
  constructor(private readonly held: HeldIndex) {}

  @OnEvent(requestCompleted, { consumer: consumers.ingressParked })
  async handle({ head, sequence }: EventMessage<typeof requestCompleted>): Promise<void> {
    const { outcome, connection } = head;
    // The index learns of the request from elsewhere, which may be behind.
    await this.held.wait(head.requestId, indexedWithinMs);
    const { completedAt } = head.timings;
    await this.held.write(head.requestId, (now) => {
      if (!now) throw new Error('not in the index yet');
      if ((now.completedSequence ?? Number.POSITIVE_INFINITY) <= sequence) return undefined;
      const ended = { state: 'completed' as const, completedSequence: sequence, completedAt, outcome };
      return { ...now, ...ended, ...(connection !== undefined && { connection }) };
    });
  }
}
