import { In } from 'typeorm';
import type { Transaction } from '#database';
import { ApprovalRequest } from '../approval-request.entity.ts';
import { decideExpiry } from '../deciding/decide.ts';
import { completedEvent, expiredEnding, outcomeEvent } from '../deciding/events.ts';
import type { Judging } from '../deciding/judging.ts';
import { announceAll } from '../listing/feed.ts';

/** So many at once: few enough that a vote never waits long behind them. */
export const deadlineBatch = 50;

/**
 * Expires at most `limit` requests whose time is over, with a handful of statements however many they are. Replicas pass
 * over what another one has in hand. Says how many there were.
 */
export async function expireMany(
  transaction: Transaction,
  judging: Pick<Judging, 'withVotes'>,
  { at, limit }: { at: number; limit: number },
): Promise<number> {
  const { manager } = transaction;
  const due: { id: string }[] = await manager.query(
    `select id from approval_request where state in ('pending', 'rechecking') and expires_at <= $1
     order by expires_at, id limit $2 for update skip locked`,
    [new Date(at), limit],
  );
  if (due.length === 0) return 0;
  const found = await manager.findBy(ApprovalRequest, { id: In(due.map(({ id }) => id)) });
  const rows = found.filter((row) => decideExpiry(judging.withVotes(row, []), at).changes.length > 0);
  const ids = rows.map(({ id }) => id);
  await manager.query(
    `update approval_request set state = 'expired', decided_at = $2, card_of = null where id = any($1)`,
    [ids, new Date(at)],
  );
  await passOnCards(transaction, ids);
  await manager.query(
    `insert into approval_note (approval_id, kind, version, what, at)
     select id, 'ended', version, 'expired', $2 from approval_request where id = any($1) order by expires_at, id`,
    [ids, new Date(at)],
  );
  for (const row of rows) {
    Object.assign(row, { state: 'expired', decidedAt: new Date(at), cardOf: null });
    transaction.publish(outcomeEvent(row, 'expired', at));
    if (row.gate !== 'change') transaction.publish(completedEvent(row, expiredEnding, at));
  }
  await announceAll(manager, rows);
  return due.length;
}

/** Where one of them headed a card, the oldest of the others on it does from now on. */
async function passOnCards({ manager }: Transaction, ids: readonly string[]): Promise<void> {
  await manager.query(
    `with others as (
       select id, first_value(id) over (partition by card_of order by requested_at, id) as lead
       from approval_request where card_of = any($1) and state in ('pending', 'rechecking')
     )
     update approval_request set card_of = nullif(others.lead, approval_request.id)
     from others where approval_request.id = others.id`,
    [ids],
  );
}
