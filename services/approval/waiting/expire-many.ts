import type { Transaction } from '#database';
import { ApprovalRequest } from '../approval-request.entity.ts';
import { note } from '../deciding/carry-out.ts';
import { decideExpiry } from '../deciding/decision/decide.ts';
import { completedEvent, expiredEnding, outcomeEvent } from '../deciding/events.ts';
import type { Judging } from '../deciding/judging.ts';
import { announce } from '../listing/feed.ts';

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
  const due = await transaction.manager
    .createQueryBuilder(ApprovalRequest, 'request')
    .setLock('pessimistic_write')
    .setOnLocked('skip_locked')
    .where(`request.state in ('pending', 'rechecking') and request.expiresAt <= :at`, { at: new Date(at) })
    .orderBy('request.expiresAt')
    .addOrderBy('request.id')
    .limit(limit)
    .getMany();
  const rows = due.filter((row) => decideExpiry(judging.withVotes(row, []), at).changes.length > 0);
  if (rows.length === 0) return due.length;
  const ids = rows.map(({ id }) => id);
  transaction.write(
    `update approval_request set state = 'expired', decided_at = $2, card_of = null where id = any($1)`,
    [ids, new Date(at)],
  );
  passOnCards(transaction, ids);
  for (const row of rows) {
    Object.assign(row, { state: 'expired', decidedAt: new Date(at), cardOf: null });
    note(transaction, row, 'ended', { at }, 'expired');
    transaction.publish(outcomeEvent(row, 'expired', at));
    if (row.gate !== 'change') transaction.publish(completedEvent(row, expiredEnding, at));
    announce(transaction, row);
  }
  return due.length;
}

/** Where one of them headed a card, the oldest of the others on it does from now on. */
function passOnCards(transaction: Transaction, ids: readonly string[]): void {
  transaction.write(
    `with others as (
       select id, first_value(id) over (partition by card_of order by requested_at, id) as lead
       from approval_request
       where card_of = any($1) and state in ('pending', 'rechecking') and id <> all($1)
     )
     update approval_request set card_of = nullif(others.lead, approval_request.id)
     from others where approval_request.id = others.id`,
    [ids],
  );
}
