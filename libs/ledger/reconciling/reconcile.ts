import type { ApprovalRequirement, Gate, Outcome } from '#contracts';
import type { Finding, OpenRequest, Reconciliation } from './reconciliation.ts';

/** What the reconciler needs of an event; one of these per ledger entry, in the ledger's order. */
export type ReconcileEvent = { requestId: string; sequence: number; atMs: number } & (
  | { type: 'received'; requester: string }
  /** `approval.requested`: the request waits at a gate. */
  | { type: 'held'; gate: Gate; version: number; requirement: ApprovalRequirement; expiresAtMs: number }
  /** One person's vote. `approver` and `requester` are the same string where they are the same account. */
  | {
      type: 'voted';
      gate: Gate;
      version: number;
      approver: string;
      groups: readonly string[];
      vote: 'approve' | 'reject';
    }
  /** A live grant or break-glass stands in for votes at one gate. `approver`: who broke the glass. */
  | { type: 'waived'; by: 'grant' | 'break_glass'; gate: Gate; version: number; approver?: string }
  | { type: 'released'; by: 'rule' | 'people'; gate: Gate; version: number }
  | { type: 'completed'; version: number; outcome: Outcome; calledModel: boolean; hasTranscript: boolean }
);

/** How long a completed request is remembered, so that a second `completed` isn't taken for a stray one. */
const closedKeptMs = 60 * 60 * 1000;

/**
 * Takes the next event into the state and returns what it shows to be missing: completeness, where the tree shows
 * integrity. The state is changed in place and belongs to the caller. Changes of the policy (gate `change`) are no
 * requests and are passed over.
 */
export function reconcile(state: Reconciliation, event: ReconcileEvent): Finding[] {
  forgetClosed(state, event.atMs);
  if (state.closed.has(event.requestId) || ('gate' in event && event.gate === 'change')) return [];
  const known = state.open.get(event.requestId);
  const request = known ?? openRequest(state, event.requestId);
  const codes = [...judge(request, event)];
  const isStray = known === undefined && event.type !== 'received';
  if (isStray)
    codes.push(event.type === 'completed' ? 'completed.without_received' : 'event.without_received');
  if (event.type === 'completed') {
    state.open.delete(event.requestId);
    state.closed.set(event.requestId, event.atMs);
  }
  const { requestId, sequence } = event;
  return codes.map((code) => ({ code, requestId, sequence }));
}

function openRequest(state: Reconciliation, requestId: string): OpenRequest {
  const request: OpenRequest = {
    receivedAtMs: null,
    expiresAtMs: null,
    requester: null,
    waived: [],
    holds: [],
    releases: [],
    early: [],
  };
  state.open.set(requestId, request);
  return request;
}

function forgetClosed(state: Reconciliation, nowMs: number): void {
  for (const [requestId, closedAtMs] of state.closed) {
    if (closedAtMs + closedKeptMs > nowMs) return;
    state.closed.delete(requestId);
  }
}

function judge(request: OpenRequest, event: ReconcileEvent): Finding['code'][] {
  switch (event.type) {
    case 'received':
      request.receivedAtMs = event.atMs;
      request.requester = event.requester;
      return [];
    case 'held':
      return onHeld(request, event);
    case 'voted':
      return onVoted(request, event);
    case 'waived':
      return onWaived(request, event);
    case 'released':
      return onReleased(request, event);
    case 'completed':
      return onCompleted(request, event);
    default:
      return event satisfies never;
  }
}

type Event<T extends ReconcileEvent['type']> = Extract<ReconcileEvent, { type: T }>;

function onHeld(request: OpenRequest, event: Event<'held'>): Finding['code'][] {
  const { gate, version, requirement } = event;
  request.expiresAtMs = Math.max(request.expiresAtMs ?? 0, event.expiresAtMs);
  const approvals = gate === 'prompt' ? request.early.filter((vote) => vote.version === version) : [];
  request.holds.push({ gate, version, requirement, approvals });
  return gate === 'response' && !wasCallReleased(request, version) ? ['call.without_release'] : [];
}

function onVoted(request: OpenRequest, event: Event<'voted'>): Finding['code'][] {
  const { gate, version, approver, groups, vote } = event;
  const hold = holdOf(request, gate, version);
  const isEarly =
    gate === 'prompt' && request.holds.some((one) => one.gate === gate && one.version < version);
  if (hold === undefined && !isEarly) return ['vote.without_hold'];
  if (approver === request.requester) return ['vote.by_requester'];
  const approvals = hold?.approvals ?? request.early;
  const isSecond = approvals.some((a) => a.approver === approver && a.version === version);
  if (vote === 'approve' && !isSecond) approvals.push({ approver, version, groups: [...groups] });
  return [];
}

function onWaived(request: OpenRequest, event: Event<'waived'>): Finding['code'][] {
  const { gate, version, approver } = event;
  if (holdOf(request, gate, version) === undefined) return ['vote.without_hold'];
  if (approver !== undefined && approver === request.requester) return ['vote.by_requester'];
  request.waived.push({ gate, version });
  return [];
}

function onReleased(request: OpenRequest, event: Event<'released'>): Finding['code'][] {
  const { gate, version, by } = event;
  request.releases.push({ gate, version });
  const hold = holdOf(request, gate, version);
  if (by === 'rule') return hold === undefined ? [] : ['release.despite_hold'];
  if (request.waived.some((waiver) => waiver.gate === gate && waiver.version === version)) return [];
  const approvals = hold?.approvals.filter((approval) => approval.version === version) ?? [];
  return hold !== undefined && isSatisfied(hold.requirement, approvals) ? [] : ['release.without_votes'];
}

/** The hold that a vote or release is about; an edited answer keeps the hold of the version before. */
function holdOf(request: OpenRequest, gate: Gate, version: number): OpenRequest['holds'][number] | undefined {
  return request.holds.findLast((hold) => {
    return (
      hold.gate === gate && (hold.version === version || (gate === 'response' && hold.version < version))
    );
  });
}

function isSatisfied(requirement: ApprovalRequirement, approvals: { groups: string[] }[]): boolean {
  const reached = requirement.groups.map(
    ({ group, quorum }) => approvals.filter((approval) => approval.groups.includes(group)).length >= quorum,
  );
  return requirement.mode === 'all' ? reached.every(Boolean) : reached.some(Boolean);
}

function onCompleted(request: OpenRequest, event: Event<'completed'>): Finding['code'][] {
  const codes: Finding['code'][] = [];
  const isAnswered = event.outcome === 'answered';
  if ((event.calledModel || isAnswered) && !wasCallReleased(request, event.version))
    codes.push('call.without_release');
  if (isAnswered && !event.hasTranscript) codes.push('answer.without_transcript');
  const held = request.holds.filter((hold) => hold.gate === 'response').at(-1);
  const isReleased =
    held === undefined ||
    request.releases.some(({ gate, version }) => gate === 'response' && version >= held.version);
  if (isAnswered && !isReleased) codes.push('answer.without_release');
  return codes;
}

/** An edit of the answer raises the version without another call, so an earlier release counts. */
function wasCallReleased(request: OpenRequest, atVersion: number): boolean {
  return request.releases.some(({ gate, version }) => gate === 'prompt' && version <= atVersion);
}
