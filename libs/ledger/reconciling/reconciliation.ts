import type { ApprovalRequirement } from '#contracts';

/** What the ledger should hold and doesn't. */
export interface Finding {
  code:
    | 'request.without_completed'
    | 'completed.without_received'
    | 'event.without_received'
    | 'call.without_release'
    | 'answer.without_transcript'
    | 'answer.without_release'
    | 'release.without_votes'
    | 'release.despite_hold'
    | 'vote.without_hold'
    | 'vote.by_requester';
  requestId: string;
  /** Stream sequence of the event that showed it; of an overdue request, 0. */
  sequence: number;
}

/** A request between `received` and `completed`. */
export interface OpenRequest {
  receivedAtMs: number | null;
  /** When the last hold expires. */
  expiresAtMs: number | null;
  requester: string | null;
  /** Where a grant or break-glass stands in for votes. */
  waived: { gate: string; version: number }[];
  holds: {
    gate: string;
    version: number;
    requirement: ApprovalRequirement;
    approvals: { approver: string; version: number; groups: string[] }[];
  }[];
  releases: { gate: string; version: number }[];
  /** Approvals of an edited version that is not held yet: its editor votes as they edit, before policy looks at it. */
  early: { approver: string; version: number; groups: string[] }[];
}

/** What the reconciler remembers: open requests, and completed ones for an hour. */
export interface Reconciliation {
  open: Map<string, OpenRequest>;
  /** Request id to when it was completed, oldest first. */
  closed: Map<string, number>;
}

/** A reconciler that has seen nothing. */
export function startReconciliation(): Reconciliation {
  return { open: new Map(), closed: new Map() };
}

/** Requests that should be completed by now: `callMs` after they came, or `graceMs` after their last hold expired. */
export function overdueRequests(
  state: Reconciliation,
  nowMs: number,
  limits: { callMs: number; graceMs: number },
): Finding[] {
  const findings: Finding[] = [];
  for (const [requestId, { receivedAtMs, expiresAtMs }] of state.open) {
    if (receivedAtMs === null) continue;
    const dueMs = Math.max(receivedAtMs + limits.callMs, (expiresAtMs ?? 0) + limits.graceMs);
    if (dueMs <= nowMs) findings.push({ code: 'request.without_completed', requestId, sequence: 0 });
  }
  return findings;
}

/** The state as JSON text, to be stored with the ledger position it belongs to. */
export function encodeReconciliation(state: Reconciliation): string {
  return JSON.stringify({ open: [...state.open], closed: [...state.closed] });
}

/** Reads what `encodeReconciliation` wrote. Throws `SyntaxError` where the text is something else. */
export function decodeReconciliation(text: string): Reconciliation {
  const value = JSON.parse(text);
  if (!Array.isArray(value?.open) || !Array.isArray(value?.closed))
    throw new SyntaxError('not a reconciliation');
  const open = (value.open as [string, OpenRequest][]).map(([id, request]): [string, OpenRequest] => [
    id,
    { ...request, waived: request.waived ?? [], early: request.early ?? [] },
  ]);
  return { open: new Map(open), closed: new Map(value.closed) };
}
