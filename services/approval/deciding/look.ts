import type { EntityManager } from 'typeorm';
import { carriedBodyLimitBytes } from '#contracts';
import type { UnitOfWork } from '#database';
import { ApprovalRequest } from '../approval-request.entity.ts';
import type { ApprovalVote } from './approval-vote.entity.ts';

/** What is needed besides a request in order to decide about it. */
export interface Facts {
  votes: readonly Pick<ApprovalVote, 'approver' | 'vote'>[];
  /** The sealed content of the version in hand where a release may carry it. */
  content: Buffer | null;
  /** Somebody asked that an approval covers more, or it does. */
  hasGrant: boolean;
}

/** A request as it was at one moment, unlocked. */
export interface Look {
  row: ApprovalRequest;
  facts: Facts;
  /** The row's `xmin`: another one once anybody voted, asked for a grant, joined its card or changed it in any way. */
  seen: string;
  /** No other request waits on its card. */
  isAlone: boolean;
}

const factsOfRequest = `
  granted.id is not null as "hasGrant",
    case when version.bytes <= ${carriedBodyLimitBytes} then version.sealed end as content,
    (select coalesce(jsonb_agg(jsonb_build_object('approver', vote.approver, 'vote', vote.vote)), '[]')
     from approval_vote vote where vote.approval_id = request.id and vote.version = request.version) as votes
  from approval_request request
  left join approval_version version on version.approval_id = request.id and version.version = request.version
  left join approval_grant granted on granted.approval_id = request.id and granted.version = request.version
    and granted.state <> 'ended'`;

const factsQuery = `select request.id, ${factsOfRequest} where request.id = any($1)`;

/** What a vote on locked requests depends on besides them, by id: what others committed is seen, in one round trip. */
export async function factsOf(
  manager: EntityManager,
  rows: readonly ApprovalRequest[],
): Promise<Map<string, Facts>> {
  const found: (Facts & { id: string })[] = await manager.query(factsQuery, [rows.map(({ id }) => id)]);
  return new Map(found.map(({ id, ...facts }) => [id, facts]));
}

const isAlone = `not exists (select 1 from approval_request other
    where other.subject_key = request.subject_key and other.card = request.card and other.state = 'pending'
      and other.id <> request.id) as "isAlone"`;

/** Reads a request and all that a vote on it depends on, in one round trip. Null where there is none. */
export async function lookAt(unit: UnitOfWork, id: string): Promise<Look | null> {
  const { columns } = unit.tableOf(ApprovalRequest);
  const names = columns.map(({ name }) => `request.${name}`).join(', ');
  const query = `select ${names}, request.xmin::text as seen, ${isAlone}, ${factsOfRequest} where request.id = $1`;
  const [found] = await unit.look(query, [id]);
  if (!found) return null;
  const row = Object.assign(
    new ApprovalRequest(),
    Object.fromEntries(columns.map(({ name, property }) => [property, found[name]])),
  );
  const {
    votes,
    content,
    hasGrant,
    seen,
    isAlone: alone,
  } = found as unknown as Facts & { seen: string; isAlone: boolean };
  return { row, facts: { votes, content, hasGrant }, seen, isAlone: alone };
}
