import {
  type ApprovalRequirement,
  approvalDecided,
  approvalRequested,
  type Gate,
  type Outcome,
} from '#contracts';
import type { ReconcileEvent } from '#ledger';
import type { Fact } from '../entries/facts.ts';

type Json = Record<string, unknown>;
const object = (value: unknown): Json => (value !== null && typeof value === 'object' ? (value as Json) : {});

/**
 * What the reconciler needs of a recorded event; null where it needs nothing. People are known by the names of their
 * data keys. Holds and votes are few and are read by their contracts; the hot path is read by shape.
 */
export function reconcileEventOf(fact: Fact): ReconcileEvent | null {
  const { requestId, sequence, atMs } = fact;
  if (requestId === null || fact.head === null) return null;
  switch (fact.name) {
    case 'request.received': {
      const requester = String(object(fact.head.context).subjectKey);
      return { requestId, sequence, atMs, type: 'received', requester };
    }
    case 'request.released': {
      const by = fact.subject.includes('.v1.people.') ? 'people' : 'rule';
      const terms = object(fact.head.terms);
      const version = Number(terms.version);
      return { requestId, sequence, atMs, type: 'released', by, gate: terms.gate as Gate, version };
    }
    case 'request.completed': {
      const { head } = fact;
      const version = Number(head.version);
      const outcome = head.outcome as Outcome;
      const calledModel = object(head.timings).modelStartedAt !== undefined;
      const hasTranscript = head.tail === 'body' || head.tail === 'transcript';
      return { requestId, sequence, atMs, type: 'completed', version, outcome, calledModel, hasTranscript };
    }
    case 'approval.requested':
      return held({ requestId, sequence, atMs }, fact.head);
    case 'approval.decided':
      return voted({ requestId, sequence, atMs }, fact);
    case 'grant.used':
      // A grant is used once, when the request is taken in: on what the requester sent.
      return { requestId, sequence, atMs, type: 'waived', by: 'grant', gate: 'prompt', version: 1 };
    default:
      return null;
  }
}

type About = Pick<ReconcileEvent, 'requestId' | 'sequence' | 'atMs'>;

function held(about: About, head: Json): ReconcileEvent | null {
  const shape = approvalRequested.schema.shape;
  const gate = shape.gate.safeParse(head.gate);
  const requirement = shape.requirement.safeParse(head.requirement);
  if (!gate.success || !requirement.success) return null;
  const version = Number(head.version);
  const needed: ApprovalRequirement = requirement.data;
  const expiresAtMs = Number(head.expiresAt);
  return { ...about, type: 'held', gate: gate.data, version, requirement: needed, expiresAtMs };
}

function voted(about: About, fact: Fact): ReconcileEvent | null {
  const parsed = approvalDecided.schema.safeParse(fact.head);
  if (!parsed.success || parsed.data.kind !== 'vote') return null;
  const { gate, version, approver, vote, breakGlass } = parsed.data;
  const name = fact.owners.get('/approver') ?? `${approver.issuer}\n${approver.subject}`;
  // Who breaks the glass approves alone: others look at it afterwards, as reviews.
  if (breakGlass === true && vote === 'approve') {
    return { ...about, type: 'waived', by: 'break_glass', gate, version, approver: name };
  }
  return {
    ...about,
    type: 'voted',
    gate,
    version,
    approver: name,
    groups: parsed.data.groups ?? approver.groups,
    vote,
  };
}
