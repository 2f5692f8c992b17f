import type pg from 'pg';
import { streams } from '#contracts';
import { type Bus, MissingDependencyError } from '#messaging';
import { EntryReader } from '../entries/entry-reader.ts';
import type { LogStatus } from '../receiving/event-log.ts';
import type { LedgerState } from '../writing/ledger-state.ts';

/** The log is purged when it is fuller than this; the rest is for endings and for what isn't read yet. */
const fullShare = 0.6;
const timeoutMs = 5000;

interface ConsumerInfo {
  name: string;
  ack_floor: { stream_seq: number };
  num_pending: number;
  num_ack_pending: number;
}

interface ConsumerList {
  error?: { description: string };
  total: number;
  consumers: ConsumerInfo[] | null;
}

/** True where the log is full enough to be purged. */
export function isFull({ bytes, maxBytes }: Pick<LogStatus, 'bytes' | 'maxBytes'>): boolean {
  return maxBytes > 0 && bytes > maxBytes * fullShare;
}

/** The first sequence that must stay: a purge removes undelivered messages too, so everybody's floor counts. */
export function keepFrom(
  recorded: readonly number[],
  consumers: readonly Pick<ConsumerInfo, 'ack_floor' | 'num_pending' | 'num_ack_pending'>[],
): number {
  const floors = consumers
    .filter(({ num_pending, num_ack_pending }) => num_pending > 0 || num_ack_pending > 0)
    .map(({ ack_floor }) => ack_floor.stream_seq + 1);
  return Math.min(...recorded, ...floors);
}

/**
 * Purges what is recorded, signed, handled by every consumer, out of the pick-up window and of no open request.
 * Gives the first sequence that is kept, or null where nothing could go.
 */
export async function purge(
  client: pg.ClientBase,
  bus: Bus,
  state: LedgerState,
  status: LogStatus,
  pickUpSinceMs: number,
): Promise<number | null> {
  // The floors are read first: what is published meanwhile has a higher sequence.
  const consumers = await listConsumers(bus);
  const recorded = await recordedFloors(client, state, pickUpSinceMs);
  const keep = keepFrom(recorded, consumers);
  if (!(keep > status.firstSequence)) return null;
  const order = JSON.stringify({ seq: keep });
  const subject = `$JS.API.STREAM.PURGE.${streams.events}`;
  const reply = await bus.nc.request(subject, order, { timeout: timeoutMs }).catch(away);
  const { error } = reply.json<{ error?: { description: string } }>();
  if (error) throw new MissingDependencyError(`purge: ${error.description}`);
  return keep;
}

async function listConsumers(bus: Bus): Promise<ConsumerInfo[]> {
  const found: ConsumerInfo[] = [];
  for (;;) {
    const subject = `$JS.API.CONSUMER.LIST.${streams.events}`;
    const order = JSON.stringify({ offset: found.length });
    const reply = await bus.nc.request(subject, order, { timeout: timeoutMs }).catch(away);
    const { error, total, consumers } = reply.json<ConsumerList>();
    if (error) throw new MissingDependencyError(`consumers: ${error.description}`);
    found.push(...(consumers ?? []));
    if (found.length >= total || !consumers?.length) return found;
  }
}

/** First sequences that are not signed, not old enough, or of a request that is under way. */
async function recordedFloors(
  client: pg.ClientBase,
  state: LedgerState,
  pickUpSinceMs: number,
): Promise<number[]> {
  const entries = new EntryReader({
    query: async (sql, values) => (await client.query(sql, values)).rows,
  });
  const open = await client.query<{ first: string | null }>(
    'select min(indexes[1]) as first from session where outcome is null',
  );
  const first = open.rows[0]?.first ?? null;
  const indexes = [
    state.checkpointed,
    await entries.firstSince(pickUpSinceMs, state.range.size),
    ...(first === null ? [] : [Number(first)]),
  ];
  const lowest = Math.min(...indexes);
  if (lowest >= state.range.size) return [state.sequence + 1];
  const [entry] = await entries.at([lowest]);
  // Of an earlier log: nothing of this one may go.
  return entry === undefined || entry.log !== state.log?.id ? [0] : [entry.entry.sequence];
}

function away(cause: unknown): never {
  throw new MissingDependencyError('the log can not be purged now', { cause });
}
