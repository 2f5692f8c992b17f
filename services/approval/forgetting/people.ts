import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts';
import { SubjectNames } from '#sealing';
import { actorHash } from './create-erased.migration.ts';
import { erasedIssuer } from './stand-in.ts';

/** An account as tables name it. */
export type Account = Pick<Principal, 'issuer' | 'subject'>;

/** Tells whose data key a person's is, and finds those who go by a key. */
@Injectable()
export class People {
  constructor(private readonly names: SubjectNames) {}

  /** The name of a person's data key. */
  keyOf(person: Account): string {
    return this.names.of(person);
  }

  /**
   * The one of `people` that an erased person is, where they came back; else what is stored. Rules about one's own
   * doings hold for them as before.
   */
  again<P extends Principal | undefined>(stored: P, people: readonly Principal[]): P | Principal {
    if (stored?.issuer !== erasedIssuer) return stored;
    return people.find((one) => this.keyOf(one) === stored.subject) ?? stored;
  }

  /** The accounts that a key names, as far as these tables know any. One look at an index for each person there is. */
  async accountsOf(manager: EntityManager, subjectKey: string): Promise<Account[]> {
    const requesters: Account[] = await manager.query(
      `select distinct context->'principal'->>'issuer' as issuer, context->'principal'->>'subject' as subject
       from approval_request where subject_key = $1 and gate <> 'change'`,
      [subjectKey],
    );
    const proposers: Account[] = await manager.query(
      `select distinct context->'principal'->>'issuer' as issuer, context->'principal'->>'subject' as subject
       from approval_request where gate = 'change'`,
    );
    const actors: Account[] = await manager.query(actorsQuery);
    const known = [...proposers, ...actors].filter((account) => this.keyOf(account) === subjectKey);
    const all = [...requesters, ...known].filter(({ issuer }) => issuer !== erasedIssuer);
    return [...new Map(all.map((account) => [`${account.issuer}\n${account.subject}`, account])).values()];
  }
}

const first = (after: string): string => `select ${actorHash('line.actor')} as hash, line.actor
  from approval_note line where line.actor is not null ${after} order by 1 limit 1`;

const actorsQuery = `with recursive person as (
    (${first('')})
    union all
    select next.hash, next.actor from person
    cross join lateral (${first(`and ${actorHash('line.actor')} > person.hash`)}) next
  ) select actor->>'issuer' as issuer, actor->>'subject' as subject from person`;
