import type { Fact } from '../entries/facts.ts';
import type { Owners } from '../personal/owners.ts';
import { type FacetKind, facetOf } from './facets.ts';
import type { SessionRow } from './session-row.ts';

type Json = Record<string, unknown>;
type GroupNames = Pick<Owners, 'ofGroup'>;

const text = (value: unknown): string | null => (typeof value === 'string' ? storable(value) : null);
const number = (value: unknown): number | null => (Number.isSafeInteger(value) ? (value as number) : null);
const object = (value: unknown): Json => (value !== null && typeof value === 'object' ? (value as Json) : {});
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string').map(storable) : [];

/** Text as Postgres can hold it: without NUL and without halves of surrogate pairs. */
function storable(value: string): string {
  return /[\0\ud800-\udfff]/.test(value) ? value.replace(/[\0\p{Surrogate}]/gu, '\uFFFD') : value;
}

/** A number that a column of 32 bits can hold. */
function small(value: unknown): number | null {
  const found = number(value);
  return found !== null && Math.abs(found) < 2 ** 31 ? found : null;
}

/**
 * Adds a recorded event to what is known of its request. Reads by shape: a head that breaks its contract adds what
 * can be read of it. Adding an event twice changes nothing.
 */
export function project(row: SessionRow, fact: Fact, owners: GroupNames): void {
  if (row.indexes.includes(fact.index)) return;
  row.indexes.push(fact.index);
  const head = fact.head ?? {};
  switch (fact.name) {
    case 'request.received':
      onReceived(row, head, object(head.context), owners);
      break;
    case 'request.released':
      onDecided(row, head, object(head.terms).connection);
      break;
    case 'approval.requested':
      onContext(row, object(head.context), owners);
      row.held = true;
      row.conversation = text(object(head.conversation).id) ?? row.conversation;
      add(row, 'conversation', row.conversation);
      onDecided(row, head, head.connection);
      break;
    case 'approval.edited':
      row.edited = true;
      onContext(row, object(head.context), owners);
      break;
    case 'approval.decided':
      row.subject_key ??= text(head.subjectKey);
      add(row, 'approver', fact.owners.get('/approver') ?? null);
      break;
    case 'request.completed':
      onCompleted(row, head);
      break;
    default:
      row.subject_key ??= text(head.subjectKey);
  }
}

function add(row: SessionRow, kind: FacetKind, value: string | null): void {
  if (value === null) return;
  const facet = facetOf(kind, value);
  if (!row.facets.includes(facet)) row.facets.push(facet);
}

function onReceived(row: SessionRow, head: Json, context: Json, owners: GroupNames): void {
  onContext(row, context, owners);
  row.received_at = number(context.receivedAt);
  row.subject_key ??= text(head.subjectKey);
}

function onContext(row: SessionRow, context: Json, owners: GroupNames): void {
  row.subject_key = text(context.subjectKey) ?? row.subject_key;
  row.received_at ??= number(context.receivedAt);
  row.operation ??= text(context.operation);
  row.conversation ??= text(context.conversation);
  const principal = object(context.principal);
  row.client ??= text(principal.client) ?? text(object(context.client).family);
  add(row, 'user', row.subject_key);
  add(row, 'client', row.client);
  add(row, 'conversation', row.conversation);
  for (const group of texts(principal.groups)) add(row, 'group', owners.ofGroup(group));
}

function onDecided(row: SessionRow, head: Json, connection: unknown): void {
  row.connection = text(connection) ?? row.connection;
  row.model = text(head.model) ?? row.model;
  row.revision = text(head.revision) ?? row.revision;
  row.conversation ??= text(head.conversation);
  row.subject_key ??= text(head.subjectKey);
  add(row, 'connection', row.connection);
  add(row, 'model', row.model);
  add(row, 'conversation', row.conversation);
  for (const rule of texts(head.rules)) {
    if (!row.rules.includes(rule)) row.rules.push(rule);
    add(row, 'rule', rule);
  }
}

function onCompleted(row: SessionRow, head: Json): void {
  // The first in stream order counts.
  if (row.outcome !== null) return;
  onDecided(row, head, head.connection);
  const timings = object(head.timings);
  const usage = object(head.usage);
  row.outcome = text(head.outcome) ?? 'failed';
  row.status = small(head.status);
  row.code = text(head.code);
  row.received_at ??= number(timings.receivedAt);
  row.completed_at = number(timings.completedAt);
  row.edited ||= head.edited === true;
  row.prompt_tokens = small(usage.promptTokens);
  row.completion_tokens = small(usage.completionTokens);
  add(row, 'outcome', row.outcome);
  const findings = Array.isArray(head.findings) ? head.findings : [];
  for (const finding of findings) add(row, 'entity', text(object(finding).entity));
}
