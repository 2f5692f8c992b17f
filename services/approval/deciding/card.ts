import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { ApprovalRequested } from '#contracts';
import { canonicalJson } from '#contracts';
import type { Transaction } from '#database';
import type { ApprovalRequest } from '../approval-request.entity.ts';

/** Identical live requests of one requester are one card: what they have in common. */
export function cardKey(head: ApprovalRequested): string {
  const { gate, context, body, connection, model, requirement, rules, revision } = head;
  // Answers differ in what led to them, changes in what they are for: each has its own card.
  const own = gate === 'prompt' ? '' : head.requestId;
  const what = { gate, own, body: body.digest, connection, model, requirement, rules, revision };
  const { subjectKey, operation, method, path } = context;
  return createHash('sha256')
    .update(canonicalJson({ ...what, subjectKey, operation, method, path }))
    .digest('hex');
}

/** The live request that heads a card, if there is one; it stays so until this transaction ends, and looks changed. */
export async function leadOfCard(
  manager: EntityManager,
  subjectKey: string,
  card: string,
): Promise<string | null> {
  const rows: { id: string }[] = await manager.query(
    `with lead as (
       update approval_request set state = state where subject_key = $1 and card = $2 and card_of is null
       and state = 'pending' returning id
     ) select id from lead limit 1`,
    [subjectKey, card],
  );
  return rows[0]?.id ?? null;
}

/**
 * A request that ended or was edited is no longer what its card shows. Where it headed the card, the oldest of the
 * others does from now on.
 */
export function leaveCard(
  transaction: Transaction,
  row: ApprovalRequest,
  set: (values: Partial<ApprovalRequest>) => void,
): void {
  if (row.cardOf !== null) {
    set({ cardOf: null });
    return;
  }
  transaction.write(
    `with others as (
       select id from approval_request
       where card_of = $1 and state in ('pending', 'rechecking') order by requested_at, id
     ), lead as (select id from others limit 1)
     update approval_request set card_of = nullif((select id from lead), approval_request.id)
     where id in (select id from others)`,
    [row.id],
  );
}
