import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { RequestContext } from '#contracts';
import { UnitOfWork } from '#database';
import { actorHash } from './create-erased.migration.ts';
import { askedByAccount, cameBefore, type ErasedPerson, parametersOf } from './ending-own.ts';
import type { Account } from './people.ts';
import { erasedConversation, erasedIssuer, standInOf, withoutPerson } from './stand-in.ts';

const batchSize = 200;

/** Puts a person's stand-in wherever they are named: as requester, and as one who did something about a request. */
@Injectable()
export class Clearing {
  constructor(private readonly unit: UnitOfWork) {}

  async clear(person: ErasedPerson): Promise<void> {
    while ((await this.page((manager) => clearRequests(manager, person))) === batchSize);
    await this.page((manager) => clearGrants(manager, person));
    // What was published is in the table a while longer, and for nobody.
    await this.unit.read((manager) => manager.query('delete from outbox where sent_at is not null'));
    for (const account of person.accounts) {
      while ((await this.page((manager) => clearActor(manager, person, account))) === batchSize);
    }
  }

  private page(work: (manager: EntityManager) => Promise<number>): Promise<number> {
    return this.unit.inTransaction(({ manager }) => work(manager));
  }
}

async function clearRequests(manager: EntityManager, person: ErasedPerson): Promise<number> {
  const rows: { id: string; context: RequestContext }[] = await manager.query(
    `select id, context from approval_request
     where ((subject_key = $1 and gate <> 'change') or ${askedByAccount}) and ${cameBefore}
       and context->'principal'->>'issuer' <> $5 order by id limit ${batchSize} for update`,
    [...parametersOf(person), erasedIssuer],
  );
  await manager.query(
    `update approval_request request set context = cleared.context,
       conversation = jsonb_set(request.conversation, '{id}', to_jsonb($3::text))
     from unnest($1::text[], $2::jsonb[]) cleared (id, context) where request.id = cleared.id`,
    [
      rows.map(({ id }) => id),
      rows.map(({ context }) => JSON.stringify(withoutPerson(context, person.subjectKey))),
      erasedConversation,
    ],
  );
  return rows.length;
}

async function clearGrants(manager: EntityManager, { subjectKey, at }: ErasedPerson): Promise<number> {
  await manager.query(
    `update approval_grant set requester = ${standIn('requester', '$3')}, conversation = $4
     where subject_key = $1 and asked_at <= $2 and requester->>'issuer' <> $5`,
    [subjectKey, at, standInOf(subjectKey, 'person'), erasedConversation, erasedIssuer],
  );
  return 0;
}

/** Each thing that somebody did about a request is a line of its history, so its lines say where they are named. */
async function clearActor(
  manager: EntityManager,
  { subjectKey, at }: ErasedPerson,
  { issuer, subject }: Account,
): Promise<number> {
  const lines: { id: string; approval: string }[] = await manager.query(
    `select id, approval_id as approval from approval_note
     where actor is not null and ${actorHash('actor')} = hashtextextended($1 || E'\\n' || $2, 0)
       and actor->>'issuer' = $1 and actor->>'subject' = $2 and at <= $3
     order by id limit ${batchSize}`,
    [issuer, subject, at],
  );
  if (lines.length === 0) return 0;
  const ids = [...new Set(lines.map(({ approval }) => approval))].sort();
  await manager.query('select id from approval_request where id = any($1) order by id for update', [ids]);
  const given = [ids, issuer, subject, standInOf(subjectKey, 'person')];
  for (const { sql, untilThen } of doings) await manager.query(sql, untilThen ? [...given, at] : given);
  await manager.query(`update approval_note set actor = ${standIn('actor', '$2')} where id = any($1)`, [
    lines.map(({ id }) => id),
    standInOf(subjectKey, 'person'),
  ]);
  return lines.length;
}

const standIn = (column: string, by: string): string =>
  `${by}::jsonb || jsonb_build_object('kind', ${column}->'kind')`;
const isOne = (column: string): string => `${column}->>'issuer' = $2 and ${column}->>'subject' = $3`;
const everyOne = (column: string): string => `coalesce((
  select jsonb_agg(case when ${isOne('one')} then ${standIn('one', '$4')} else one end order by place)
  from jsonb_array_elements(${column}) with ordinality each (one, place)), '[]')`;
const isIn = (column: string): string =>
  `${column} @> jsonb_build_array(jsonb_build_object('issuer', $2::text, 'subject', $3::text))`;

const inPlaceOf = (table: string, id: string, column: string): string =>
  `update ${table} set ${column} = ${standIn(column, '$4')} where ${id} = any($1) and ${isOne(column)}`;
const inPlaceOfOneOf = (table: string, column: string): string =>
  `update ${table} set ${column} = ${everyOne(column)} where approval_id = any($1) and ${isIn(column)}`;

const castByThem = 'approval_id = any($1) and issuer = $2 and subject = $3 and at <= $5';

/** `$1` the requests, `$2` and `$3` the account, `$4` its stand-in; `$5` the time of the erasure. */
const doings: readonly { sql: string; untilThen?: true }[] = [
  { sql: inPlaceOf('approval_request', 'id', 'editor') },
  { sql: `${inPlaceOf('approval_version', 'approval_id', 'editor')} and at <= $5`, untilThen: true },
  // Who came back, voted anew and is erased again still has one vote.
  {
    sql: `delete from approval_vote old using approval_vote own
      where old.issuer = $4::jsonb->>'issuer' and old.subject = $4::jsonb->>'subject'
        and old.approval_id = own.approval_id and old.version = own.version
        and own.approval_id = any($1) and own.issuer = $2 and own.subject = $3 and own.at <= $5`,
    untilThen: true,
  },
  {
    sql: `update approval_vote set approver = ${standIn('approver', '$4')},
        issuer = $4::jsonb->>'issuer', subject = $4::jsonb->>'subject' where ${castByThem}`,
    untilThen: true,
  },
  { sql: inPlaceOf('review', 'approval_id', 'opened_by') },
  { sql: inPlaceOfOneOf('review', 'closed_by') },
  { sql: inPlaceOf('approval_grant', 'approval_id', 'ended_by') },
  { sql: inPlaceOfOneOf('approval_grant', 'authors') },
];
