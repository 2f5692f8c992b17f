import type { ListSessionsQuery } from '#contracts';
import type { Owners } from '../personal/owners.ts';
import { facetOf } from './facets.ts';
import { uuidOf } from './session-row.ts';

/** Whose sessions a caller may read: everybody's, or those they asked or decided. */
export type Reach = { all: true } | { all: false; person: string };

/** A condition with its parameters. */
export interface SessionFilter {
  where: string;
  parameters: unknown[];
}

/** The first UUIDv7 (RFC 9562, section 5.7) of a millisecond. */
export function firstUuidOf(ms: number): string {
  return `${Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0').slice(-12)}${'0'.repeat(20)}`;
}

/**
 * The filter of a list. People are named by subject, which several issuers may know: any of `issuers` counts.
 * Request ids are ordered by time, so they are the page's key and its time range too.
 */
export function filterOf(
  query: ListSessionsQuery,
  reach: Reach,
  people: { owners: Owners; issuers: readonly string[] },
): SessionFilter {
  const clauses: string[] = [];
  const parameters: unknown[] = [];
  const add = (clause: string, value: unknown) => {
    parameters.push(value);
    clauses.push(clause.replace('?', `$${parameters.length}`));
  };
  const issuers = query.issuer === undefined ? people.issuers : [query.issuer];
  const anyPerson = (kind: 'user' | 'approver', subject: string) =>
    issuers.map((issuer) => facetOf(kind, people.owners.of({ issuer, subject })));
  const all = facetsOf(query, people.owners);
  if (all.length > 0) add('facets @> ?::bigint[]', all);
  if (query.user !== undefined) add('facets && ?::bigint[]', anyPerson('user', query.user));
  if (query.approver !== undefined) add('facets && ?::bigint[]', anyPerson('approver', query.approver));
  if (!reach.all) {
    add('facets && ?::bigint[]', [facetOf('user', reach.person), facetOf('approver', reach.person)]);
  }
  if (query.outcome === 'open') clauses.push('outcome is null');
  if (query.from !== undefined) add('id >= ?::uuid', firstUuidOf(query.from));
  if (query.to !== undefined) add('id < ?::uuid', firstUuidOf(query.to));
  if (query.cursor !== undefined) add('id < ?::uuid', uuidOf(query.cursor));
  return { where: clauses.length === 0 ? 'true' : clauses.join(' and '), parameters };
}

function facetsOf(query: ListSessionsQuery, owners: Owners): string[] {
  const outcome = query.outcome === 'open' ? undefined : query.outcome;
  const { client, connection, model, rule, entity, conversation } = query;
  const group = query.group === undefined ? undefined : owners.ofGroup(query.group);
  const wanted = { group, client, connection, model, rule, entity, conversation, outcome };
  return Object.entries(wanted).flatMap(([kind, value]) =>
    value === undefined ? [] : [facetOf(kind as 'group', value)],
  );
}
