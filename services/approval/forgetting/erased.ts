import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ApprovalRequested, Principal } from '#contracts';
import type { Ending } from '../deciding/events.ts';
import { People } from './people.ts';
import { erasedConversation, standInOf, withoutPerson } from './stand-in.ts';

/** What the client of an erased person's request is told. */
export const erasedEnding = {
  outcome: 'failed',
  code: 'content.erased',
  message: 'The content of this request was erased.',
} as const satisfies Ending;

/** Remembers who was erased, so that what comes late doesn't bring them back. */
@Injectable()
export class Erased {
  constructor(private readonly people: People) {}

  /** Remembers it before anything else: what is taken in from now on is taken in without the person. */
  async remember(manager: EntityManager, subjectKey: string, at: Date): Promise<void> {
    await lockSubject(manager, subjectKey);
    await manager.query(
      `insert into erased_person (subject_key, at) values ($1, $2)
       on conflict (subject_key) do update set at = greatest(erased_person.at, excluded.at)`,
      [subjectKey, at],
    );
  }

  /** What is held, without whoever was erased since it came in; null where nobody was. */
  async without(manager: EntityManager, head: ApprovalRequested): Promise<ApprovalRequested | null> {
    const { context, conversation, gate } = head;
    const own = this.people.keyOf(context.principal);
    const erased = await this.among(manager, [context.subjectKey, own], context.receivedAt);
    if (erased.length === 0) return null;
    // A change may be about another person than the one who asks for it.
    const key = erased.includes(own) ? own : gate === 'change' ? undefined : context.subjectKey;
    if (key === undefined) return head;
    return {
      ...head,
      context: withoutPerson(context, key),
      conversation: { ...conversation, id: erasedConversation },
    };
  }

  /** Who did something at a time: their stand-in where they were erased since. */
  async actor(manager: EntityManager, person: Principal, subjectKey: string, at: number): Promise<Principal> {
    const [key] = await this.among(manager, [subjectKey, this.people.keyOf(person)], at);
    return key === undefined ? person : standInOf(key, person.kind);
  }

  private async among(manager: EntityManager, keys: readonly string[], at: number): Promise<string[]> {
    const rows: { key: string }[] = await manager.query(
      'select subject_key as key from erased_person where subject_key = any($1) and at >= $2',
      [keys, new Date(at)],
    );
    return rows.map(({ key }) => key);
  }
}

/** What is taken in of a person, and their erasure, come one after the other. */
export async function lockSubject(manager: EntityManager, subjectKey: string): Promise<void> {
  await manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [subjectKey]);
}
