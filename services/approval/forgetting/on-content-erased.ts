import { Injectable } from '@nestjs/common';
import { contentErased } from '#contracts';
import { UnitOfWork } from '#database';
import { consumers, type EventMessage, OnEvent } from '#messaging';
import { Clearing } from './clearing.ts';
import { EndingOwn } from './ending-own.ts';
import { Erased } from './erased.ts';
import { People } from './people.ts';

/**
 * A person was erased: what waits of them ends, and what names them goes. Every step is a page of rows in its own
 * transaction and leaves nothing to do for a second time, so a redelivery goes on where the last one stopped.
 */
@Injectable()
export class OnContentErased {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly erased: Erased,
    private readonly people: People,
    private readonly ending: EndingOwn,
    private readonly clearing: Clearing,
  ) {}

  @OnEvent(contentErased, { consumer: consumers.approvalErased, slots: 1 })
  async handle({ head: { subjectKey, at } }: EventMessage<typeof contentErased>): Promise<void> {
    const since = new Date(at);
    await this.unit.inTransaction(({ manager }) => this.erased.remember(manager, subjectKey, since));
    const accounts = await this.unit.read((manager) => this.people.accountsOf(manager, subjectKey));
    const person = { subjectKey, accounts, at: since };
    await this.ending.end(person);
    await this.clearing.clear(person);
    // Last: it needs the broker, and what it ends is read by nobody meanwhile.
    await this.ending.takeBack(person);
  }
}
