import type pg from 'pg';
import type { LedgerState } from '../writing/ledger-state.ts';
import type { EventLog } from './event-log.ts';
import { type Incoming, isSame } from './incoming.ts';

type Identity = Pick<Incoming, 'messageId' | 'atMs' | 'subject'>;

interface IdentityRow {
  sequence: string;
  message_id: string;
  at: string;
  subject: string;
}

/** A search for where two histories part goes back at most so far. */
const maxSteps = 20_000;

/** What is stored of a log's sequences `[from, to]`, gaps left out. */
async function storedIdentities(
  client: pg.ClientBase,
  state: LedgerState,
  from: number,
  to: number,
): Promise<Map<number, Identity>> {
  // An entry covers at least one sequence, so so many entries back is far enough.
  const lowest = Math.max(0, state.range.size - 1 - (state.sequence - from));
  const { rows } = await client.query<IdentityRow>(
    `select sequence, message_id, at, subject from entry
     where index >= $1 and log = $2 and kind = 0 and sequence between $3 and $4`,
    [lowest, state.log?.id, from, to],
  );
  return new Map(
    rows.map((row) => [
      Number(row.sequence),
      { messageId: row.message_id, atMs: Number(row.at), subject: row.subject },
    ]),
  );
}

/** True where a repeated event is another one than the one that is stored under its sequence. */
export async function showsFork(
  client: pg.ClientBase,
  state: LedgerState,
  repeated: readonly Incoming[],
): Promise<boolean> {
  if (repeated.length === 0 || state.log === null) return false;
  const sequences = repeated.map(({ sequence }) => sequence);
  const from = sequences.reduce((low, sequence) => Math.min(low, sequence));
  const to = sequences.reduce((high, sequence) => Math.max(high, sequence));
  const stored = await storedIdentities(client, state, from, to);
  return repeated.some((event) => {
    const known = stored.get(event.sequence);
    return known !== undefined && !isSame(known, event);
  });
}

/** The last sequence that the stream and the ledger have in common; 0 where they have none. */
export async function lastCommon(
  client: pg.ClientBase,
  state: LedgerState,
  log: EventLog,
  streamLast: number,
): Promise<number> {
  const top = Math.min(state.sequence, streamLast);
  const bottom = Math.max(1, top - maxSteps);
  const stored = await storedIdentities(client, state, bottom, top);
  for (let sequence = top; sequence >= bottom; sequence -= 1) {
    const known = stored.get(sequence);
    const present = known === undefined ? null : await log.at(sequence);
    if (known !== undefined && present !== null && isSame(known, present)) return sequence;
  }
  return 0;
}

/** The name of the log that begins where a stream parted from what is recorded of it. */
export function forkName(current: string, streamId: string): string {
  if (!current.startsWith(streamId)) return streamId;
  const number = Number(/#(\d+)$/.exec(current)?.[1] ?? '1');
  return `${streamId}#${number + 1}`;
}

/** True where a log is this stream's, forks of it included. */
export function isOfStream(logName: string, streamId: string): boolean {
  return logName === streamId || logName.startsWith(`${streamId}#`);
}
