import { Injectable } from '@nestjs/common';
import { type EntityManager, In, type SelectQueryBuilder } from 'typeorm';
import { z } from 'zod';
import {
  type ApprovalList,
  type ApprovalSummary,
  CodedError,
  type ListApprovalsQuery,
  type PersonView,
  type Principal,
} from '#contracts';
import { UnitOfWork } from '#database';
import { ApprovalRequest } from '../approval-request.entity.ts';
import { ApprovalVote } from '../deciding/approval-vote.entity.ts';
import { escalatedTo } from '../deciding/decision/eligible.ts';
import { progressOf } from '../deciding/decision/quorum.ts';
import { Judging } from '../deciding/judging.ts';
import type { Facts } from '../deciding/look.ts';
import { type Reader, readsAll } from './access.ts';

const Cursor = z.tuple([z.number().int(), z.string().max(100)]);
const orders = {
  oldest: { column: 'requestedAt', direction: 'ASC', beyond: '>' },
  newest: { column: 'requestedAt', direction: 'DESC', beyond: '<' },
  expiring: { column: 'expiresAt', direction: 'ASC', beyond: '>' },
} as const;

/** What a summary is made of: rows are wide, and a list shows many. */
const summarized = [
  ...(['id', 'requestId', 'gate', 'state', 'version', 'digest', 'connection', 'model', 'rules'] as const),
  ...(['revision', 'requirement', 'groups', 'context', 'editor', 'cardOf'] as const),
  ...(['requestedAt', 'expiresAt', 'decidedAt'] as const),
];
const shownFound = 5;
type Summarized = Pick<ApprovalRequest, (typeof summarized)[number]>;

/** What narrows a set of approval requests. */
export type Filter = Pick<ListApprovalsQuery, 'group' | 'connection' | 'rule' | 'gate' | 'requester'>;

/** Lists approval requests page by page, in an order that stays put while new ones come in. */
@Injectable()
export class Listing {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly judging: Judging,
  ) {}

  async page(query: ListApprovalsQuery, reader: Reader): Promise<ApprovalList> {
    const { column, direction, beyond } = orders[query.sort];
    return this.unit.read(async (manager) => {
      const select = manager
        .createQueryBuilder(ApprovalRequest, 'request')
        .select(summarized.map((name) => `request.${name}`))
        .orderBy(`request.${column}`, direction)
        .addOrderBy('request.id', direction)
        .limit(query.limit + 1);
      narrow(select, query, reader);
      narrowToState(select, query.state);
      if (query.cursor !== undefined) {
        const [at, id] = readCursor(query.cursor);
        select.andWhere(`(request.${column}, request.id) ${beyond} (:at, :id)`, { at: new Date(at), id });
      }
      const rows = await select.getMany();
      const shown = rows.slice(0, query.limit);
      const last = shown.at(-1);
      const more = rows.length > query.limit && last;
      return {
        items: await this.summaries(manager, shown),
        ...(more && { next: writeCursor(last[column], last.id) }),
      };
    });
  }

  /** Ids of the open requests that fit, oldest first, at most `limit`. */
  async openIds(filter: Filter, reader: Reader, limit: number): Promise<string[]> {
    return this.unit.read(async (manager) => {
      const select = manager.createQueryBuilder(ApprovalRequest, 'request').select('request.id', 'id');
      narrow(select, filter, { ...reader, roles: [] });
      narrowToState(select, 'open');
      const rows = await select.orderBy('request.requestedAt').limit(limit).getRawMany<{ id: string }>();
      return rows.map(({ id }) => id);
    });
  }

  /** Summaries with how far each vote is and how many identical requests are on the card. */
  async summaries(manager: EntityManager, rows: readonly Summarized[]): Promise<ApprovalSummary[]> {
    if (rows.length === 0) return [];
    const ids = rows.map(({ id }) => id);
    const [votes, counts, found] = await Promise.all([
      manager.findBy(ApprovalVote, { approvalId: In(ids) }),
      manager.query<{ lead: string; count: number }[]>(
        `select card_of as lead, count(*)::int as count from approval_request
         where card_of = any($1) and state in ('pending', 'rechecking') group by card_of`,
        [ids],
      ),
      foundIn(manager, ids),
    ]);
    const countOf = new Map(counts.map(({ lead, count }) => [lead, count]));
    return rows.map((row) => {
      const own = votes.filter(({ approvalId, version }) => approvalId === row.id && version === row.version);
      const summary = summaryOf(row, this.judging, own, 1 + (countOf.get(row.id) ?? 0));
      const words = found.get(row.id);
      return words ? { ...summary, found: words } : summary;
    });
  }
}

/** What rules found in one of them, in the rules' own words; nothing of the content. Undefined where nothing. */
export function foundOf({ matches }: Pick<ApprovalRequest, 'matches'>): string[] | undefined {
  if (matches.length === 0) return undefined;
  return [...new Set(matches.map(({ condition }) => condition))].slice(0, shownFound);
}

/** The same of each of many, whose matches aren't read. */
async function foundIn(manager: EntityManager, ids: readonly string[]): Promise<Map<string, string[]>> {
  const rows: { id: string; found: string[] }[] = await manager.query(
    `select request.id, array(
       select found->>'condition' from jsonb_array_elements(request.matches) with ordinality as each(found, place)
       group by found->>'condition' order by min(place) limit ${shownFound}) as found
     from approval_request request where id = any($1) and jsonb_array_length(matches) > 0`,
    [ids],
  );
  return new Map(rows.map(({ id, found }) => [id, found]));
}

/** One request in short. `votes`: those on the version in hand; `count`: requests on its card that wait, itself one of them. */
export function summaryOf(
  row: Summarized,
  judging: Judging,
  votes: Facts['votes'],
  count: number,
): ApprovalSummary {
  const { id, requestId, gate, state, version, digest, connection, model, rules, revision } = row;
  const { requirement, votes: counted } = judging.withVotes(row, votes);
  const others = escalatedTo(row.groups, requirement);
  return {
    ...{ id, requestId, gate, state, version, digest, connection, model, rules, revision, count },
    requester: personView(row.context.principal),
    operation: row.context.operation,
    mode: requirement.mode,
    groups: progressOf(requirement, counted),
    edited: row.editor !== null,
    ...(others.length > 0 && { escalatedTo: others }),
    requestedAt: row.requestedAt.getTime(),
    expiresAt: row.expiresAt.getTime(),
    ...(row.decidedAt && { decidedAt: row.decidedAt.getTime() }),
  };
}

/** A person as others see them. */
export function personView({ issuer, subject, name, email, person }: Principal): PersonView {
  return {
    ...{ issuer, subject },
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    ...(person !== undefined && { person }),
  };
}

function narrow(select: SelectQueryBuilder<ApprovalRequest>, filter: Filter, reader: Reader): void {
  if (!readsAll(reader)) {
    select.andWhere('request.groups && :own', { own: [...reader.groups] });
  }
  const { group, connection, rule, gate, requester } = filter;
  if (group !== undefined) select.andWhere('request.groups && :group', { group: [group] });
  if (connection !== undefined) select.andWhere('request.connection = :connection', { connection });
  if (rule !== undefined) select.andWhere('request.rules @> :rules', { rules: [rule] });
  if (gate !== undefined) select.andWhere('request.gate = :gate', { gate });
  if (requester !== undefined) {
    select.andWhere(`request.context->'principal'->>'subject' = :requester`, { requester });
  }
}

function narrowToState(
  select: SelectQueryBuilder<ApprovalRequest>,
  state: ListApprovalsQuery['state'],
): void {
  if (state === 'all') return;
  if (state === 'open') {
    // Written out, so that the partial indexes of open requests apply.
    select.andWhere(`request.state in ('pending', 'rechecking')`).andWhere('request.card_of is null');
    return;
  }
  select.andWhere('request.state = :state', { state });
}

/** Where a page ended. */
export function writeCursor(at: Date, id: string): string {
  return Buffer.from(JSON.stringify([at.getTime(), id]), 'utf8').toString('base64url');
}

/** Throws `request.invalid` for what `writeCursor` didn't write. */
export function readCursor(cursor: string): [number, string] {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new CodedError('request.invalid', 'cursor: not one of ours', { cause });
  }
}
