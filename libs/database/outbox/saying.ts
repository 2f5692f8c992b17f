import type { BucketName } from '#contracts';
import type { Bus } from '#messaging';
import type { OutboxRow } from './outbox.ts';

/**
 * Publishes one key's rows. An event follows once all before it was taken; entries, and events that only record, travel
 * together with what is before them, for nobody acts on one before an event tells of it. Stops behind the first that is
 * not taken.
 */
export async function sayInOrder(
  bus: Bus,
  rows: readonly OutboxRow[],
): Promise<{ said: number[]; error?: unknown }> {
  const said: number[] = [];
  for (const stage of stagesOf(rows)) {
    const results = await Promise.allSettled(stage.map((row) => say(bus, row)));
    for (const [index, { status }] of results.entries()) {
      if (status === 'fulfilled') said.push(stage[index]?.id ?? 0);
    }
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) return { said, error: failed.reason ?? new Error('not published') };
  }
  return { said };
}

/** Pure: what may be on its way together. Two values of one entry never are. */
export function stagesOf<R extends Pick<OutboxRow, 'kind' | 'target' | 'message_id' | 'alongside'>>(
  rows: readonly R[],
): R[][] {
  const stages: R[][] = [];
  for (const row of rows) {
    const stage = stages.at(-1);
    const isSame = (other: R): boolean =>
      other.kind !== 'event' && other.target === row.target && other.message_id === row.message_id;
    const mayJoin = row.kind !== 'event' || row.alongside;
    if (stage && mayJoin && !stage.some(isSame)) stage.push(row);
    else stages.push([row]);
  }
  return stages;
}

async function say(bus: Bus, row: OutboxRow): Promise<void> {
  if (row.kind === 'event') {
    const headers = row.headers ? { headers: row.headers } : {};
    await bus.publish(row.target, row.payload, { messageId: row.message_id, isUrgent: true, ...headers });
    return;
  }
  const bucket = await bus.bucket(row.target as BucketName);
  if (row.kind === 'put_entry') {
    await bucket.put(row.message_id, row.payload);
    return;
  }
  await bucket.create(row.message_id, row.payload).catch(async (error: unknown) => {
    if ((await bucket.get(row.message_id)) === null) throw error;
  });
}
