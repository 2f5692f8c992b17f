import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import type { ApprovalRequest } from '../approval-request.entity.ts';
import { approvalStates } from '../deciding/state.ts';

/** The Postgres channel on which changes of approval requests are announced. */
export const feedChannel = 'approval_changes';

/** What is said of a change: enough to know whether to look. */
export const Announcement = z.object({
  id: z.string(),
  state: z.enum(approvalStates),
  version: z.number().int(),
  groups: z.array(z.string()),
});
export type Announcement = z.infer<typeof Announcement>;

/** Tells every replica of a change, once the transaction is committed. */
export function announce(manager: EntityManager, row: ApprovalRequest): Promise<void> {
  return announceAll(manager, [row]);
}

/** Tells of many at once. */
export async function announceAll(manager: EntityManager, rows: readonly ApprovalRequest[]): Promise<void> {
  const said = rows.map(({ id, state, version, groups }) =>
    // A notification holds at most 8,000 bytes.
    JSON.stringify({ id, state, version, groups: groups.slice(0, 50) }),
  );
  await manager.query('select pg_notify($1, said) from unnest($2::text[]) as said', [feedChannel, said]);
}
