import { type PersonView, Principal, type SessionSummary, writtenAddress } from '#contracts';
import type { Fact } from '../entries/facts.ts';
import type { SessionRow } from './session-row.ts';

export type Json = Record<string, unknown>;

export const object = (value: unknown): Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : {};
export const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
export const number = (value: unknown, otherwise = 0): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
export const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** What a caller wrote into the address of a request, by its recorded context; empty where that was nothing or is erased. */
export function addressOf({ protocol, path }: Json): string {
  return typeof protocol === 'string' && typeof path === 'string' ? writtenAddress({ protocol, path }) : '';
}

/** A person as others see them; null where they were erased or never named. */
export function personOf(value: unknown): PersonView | null {
  const { issuer, subject, name, email, person } = object(value);
  if (typeof issuer !== 'string' || typeof subject !== 'string') return null;
  return {
    issuer,
    subject,
    ...(typeof name === 'string' && { name }),
    ...(typeof email === 'string' && { email }),
    ...(typeof person === 'string' && { person }),
  };
}

/** The requester that an event names. */
function requesterOf(fact: Fact | undefined): SessionSummary['requester'] {
  const principal = object(object(fact?.head).context).principal ?? object(fact?.head).principal;
  const parsed = Principal.safeParse(principal);
  if (!parsed.success) return null;
  const person = personOf(parsed.data);
  return person && { ...person, kind: parsed.data.kind, groups: parsed.data.groups };
}

/** A session as a list shows it. `first` is its first event. */
export function summaryOf(row: SessionRow, first: Fact | undefined): SessionSummary {
  return {
    ...{ id: row.id, requester: requesterOf(first), client: row.client, operation: row.operation },
    ...{ connection: row.connection, model: row.model, rules: row.rules, revision: row.revision },
    ...{ outcome: row.outcome as SessionSummary['outcome'], status: row.status, code: row.code },
    ...{ held: row.held, edited: row.edited, conversation: row.conversation },
    ...{ receivedAt: row.received_at, completedAt: row.completed_at },
    ...{ promptTokens: row.prompt_tokens, completionTokens: row.completion_tokens },
  };
}
