import {
  type ApprovalDecided,
  approvalDecided,
  type GrantEnding,
  grantUsed,
  type Principal,
} from '#contracts';
import type { Outgoing } from '#database';
import type { ApprovalRequest } from '../approval-request.entity.ts';
import { event } from '../deciding/events.ts';
import type { ApprovalGrant } from './approval-grant.entity.ts';

type Row = Readonly<Pick<ApprovalRequest, 'id' | 'requestId' | 'version' | 'gate' | 'subjectKey'>>;

/** A grant was asked for, came into force, or ended. */
export function grantEvent(
  row: Row,
  { id, limits }: Pick<ApprovalGrant, 'id' | 'limits'>,
  what: {
    change: 'asked' | 'granted' | 'ended';
    by?: Principal | undefined;
    ending?: GrantEnding;
    at: number;
    reason?: Uint8Array | undefined;
  },
): Outgoing {
  const { change, by, ending, at, reason } = what;
  const { requestId, version, gate, subjectKey } = row;
  const head: ApprovalDecided = {
    ...{ kind: 'grant', requestId, version, gate, grant: id, change, limits, subjectKey, at },
    ...(by && { by }),
    ...(ending && { ending }),
  };
  return event(row, approvalDecided.subject(row.gate), `grant:${id}:${change}:${at}`, head, reason);
}

/** A grant stood in for the votes on a request. */
export function grantUsedEvent(row: Row, { id, authors, used }: ApprovalGrant, at: number): Outgoing {
  const { requestId, subjectKey } = row;
  const head = { requestId, grant: id, authors, use: used, subjectKey, at };
  return event(row, grantUsed.subject(), `grant:${id}:used`, head);
}
