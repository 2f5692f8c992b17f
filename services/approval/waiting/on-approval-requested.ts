import { Injectable } from '@nestjs/common';
import { approvalRequested } from '#contracts';
import { consumers, type EventMessage, OnEvent } from '#messaging';
import { Content } from '../showing/content.ts';
import { Intake } from './intake.ts';
import { Questions } from './questions.ts';

/** Something waits for people. */
@Injectable()
export class OnApprovalRequested {
  constructor(
    private readonly content: Content,
    private readonly intake: Intake,
    private readonly questions: Questions,
  ) {}

  @OnEvent(approvalRequested, { consumer: consumers.approvalRequested, slots: 20 })
  async handle(message: EventMessage<typeof approvalRequested>): Promise<void> {
    await this.questions.verify(message);
    const content = await this.content.fetch(message.head.body, message);
    if (content) await this.intake.take(message.head, content, Date.now());
    else await this.intake.giveUp(message.head, Date.now());
  }
}
