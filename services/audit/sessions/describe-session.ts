import {
  approvalRequested,
  type Gate,
  type RecordedContent,
  type RecordedDecision,
  type RecordedStep,
  type RecordedVersion,
  type RecordedVote,
  RuleMatch,
  requestCompleted,
  type SessionDetail,
  type SessionSummary,
} from '#contracts';
import type { Fact } from '../entries/facts.ts';
import type { OpenedContents } from './content-opener.ts';
import type { RecordedFact } from './session-store.ts';
import { addressOf, type Json, number, object, personOf, text, texts } from './views.ts';

const gateOf = (value: unknown): Gate => (value === 'response' || value === 'change' ? value : 'prompt');
const of = (facts: readonly RecordedFact[], name: string): Fact[] =>
  facts.map(({ fact }) => fact).filter((fact) => fact.name === name);
const headOf = (fact: Fact | undefined): Json => object(fact?.head);

/**
 * Everything that is recorded of a request, in the words of the API. Pure: what it needs was read and opened before.
 * A head that breaks its contract shows what can be read of it.
 */
export function describeSession(
  summary: SessionSummary,
  facts: readonly RecordedFact[],
  contents: OpenedContents,
  proof: SessionDetail['proof'],
): SessionDetail {
  const received = headOf(of(facts, 'request.received')[0]);
  const completed = of(facts, 'request.completed')[0];
  const justified = of(facts, 'request.justified').at(-1);
  const justification = justified && contents.get(justified.index);
  return {
    ...summary,
    protocol: text(object(received.context).protocol),
    namedConnection: text(object(received.context).connection),
    ...givenOf(object(received.context), contents),
    versions: versionsOf(facts, contents),
    decisions: decisionsOf(facts),
    votes: votesOf(facts, contents),
    answer: completed ? answerOf(completed, contents.get(completed.index)) : null,
    ...(justification && { justification: inner(justification, 'justification') }),
    digests: {
      received: text(object(received.body).digest),
      sent: text(headOf(completed).sentDigest),
      answer: text(headOf(completed).answerDigest),
    },
    timings: timingsOf(completed),
    steps: facts.map(stepOf),
    proof,
  };
}

/** Claims say who somebody is, an address what they wrote: they are shown to those who are shown the content. */
function givenOf(context: Json, contents: OpenedContents): Pick<SessionDetail, 'claims' | 'address'> {
  if ([...contents.values()].some(({ state }) => state === 'withheld')) return {};
  const claims = object(context.claims);
  const address = addressOf(context);
  return { ...(Object.keys(claims).length > 0 && { claims }), ...(address !== '' && { address }) };
}

function timingsOf(completed: Fact | undefined): Record<string, number> {
  const timings = Object.entries(object(headOf(completed).timings));
  return Object.fromEntries(
    timings.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

/** A text inside of sealed JSON, e.g. `{"reason": "…"}`. */
function inner(content: RecordedContent, key: string): RecordedContent {
  if (content.text === undefined) return content;
  try {
    return { state: content.state, text: text(object(JSON.parse(content.text))[key]) ?? '' };
  } catch {
    return content;
  }
}

const notRecorded: RecordedContent = { state: 'expired' };

function versionsOf(facts: readonly RecordedFact[], contents: OpenedContents): RecordedVersion[] {
  return facts.flatMap(({ fact }) => {
    const head = headOf(fact);
    const body = object(head.body);
    const isOther = fact.name === 'approval.requested' && head.gate === 'response';
    if (fact.name !== 'request.received' && fact.name !== 'approval.edited' && !isOther) return [];
    const by = fact.name === 'approval.edited' ? head.editor : object(head.context).principal;
    return {
      version: number(head.version, 1),
      gate: gateOf(head.gate),
      by: isOther ? null : personOf(by),
      // An edit comes before the vote that its editor casts with it, whenever either was stored.
      at: number(head.editedAt, fact.atMs),
      digest: text(body.digest) ?? '',
      bytes: number(body.bytes),
      content: contents.get(fact.index) ?? notRecorded,
    };
  });
}

function decisionsOf(facts: readonly RecordedFact[]): RecordedDecision[] {
  return facts.flatMap(({ fact }) => {
    const head = headOf(fact);
    if (fact.name === 'request.completed' && head.outcome === 'denied') return denialOf(fact, head);
    if (fact.name !== 'approval.requested' && fact.name !== 'request.released') return [];
    const terms = object(head.terms);
    const isHold = fact.name === 'approval.requested';
    const by = fact.subject.includes('.v1.people.') ? 'people' : 'rule';
    const requirement = approvalRequested.schema.shape.requirement.safeParse(head.requirement);
    return {
      gate: gateOf(isHold ? head.gate : terms.gate),
      version: number(isHold ? head.version : terms.version, 1),
      effect: isHold ? ('held' as const) : (`released by ${by}` as const),
      rules: texts(head.rules),
      revision: text(head.revision) ?? '',
      matches: matchesOf(head),
      ...(requirement.success && { requirement: requirement.data }),
      obligations: isHold ? head.obligations : terms.obligations,
      at: fact.atMs,
    };
  });
}

function denialOf(fact: Fact, head: Json): RecordedDecision {
  return {
    ...{ gate: 'prompt', version: number(head.version, 1), effect: 'denied', rules: texts(head.rules) },
    ...{ revision: text(head.revision) ?? '', matches: matchesOf(head), at: fact.atMs },
  };
}

function matchesOf(head: Json): RuleMatch[] {
  const matches = RuleMatch.array().safeParse(head.matches ?? []);
  return matches.success ? matches.data : [];
}

function votesOf(facts: readonly RecordedFact[], contents: OpenedContents): RecordedVote[] {
  return of(facts, 'approval.decided').flatMap((fact) => {
    const head = headOf(fact);
    if (head.kind !== 'vote') return [];
    const reason = contents.get(fact.index);
    return {
      approver: personOf(head.approver),
      vote: head.vote === 'approve' ? ('approve' as const) : ('reject' as const),
      gate: gateOf(head.gate),
      version: number(head.version, 1),
      at: number(head.at, fact.atMs),
      ...(reason && { reason: inner(reason, 'reason') }),
    };
  });
}

function answerOf(fact: Fact, content: RecordedContent | undefined): SessionDetail['answer'] {
  const head = headOf(fact);
  const kind = requestCompleted.schema.shape.tail.safeParse(head.tail);
  const findings = requestCompleted.schema.shape.findings.safeParse(head.findings);
  const shown = content ?? notRecorded;
  return {
    content:
      head.tail === 'reason'
        ? inner(shown, 'reason')
        : head.tail === 'none'
          ? { state: 'shown', text: '' }
          : shown,
    kind: kind.success ? kind.data : 'none',
    message: text(head.message),
    contentType: text(head.contentType),
    frames: number(head.frames),
    findings: findings.success ? findings.data : [],
  };
}

function stepOf({ fact, stored }: RecordedFact): RecordedStep {
  const by = personOf(actorOf(fact));
  return {
    ...{ at: fact.atMs, event: fact.name ?? fact.subject, what: whatOf(fact), by },
    ...{ index: fact.index, logId: stored.entry.logId, sequence: fact.sequence },
  };
}

/** Whose doing an event is. Who asked stands in what services say of a request too, and did none of that. */
function actorOf(fact: Fact): unknown {
  const head = headOf(fact);
  if (fact.name === 'approval.requested' || fact.name === 'request.released') return undefined;
  const { approver, reviewer, by, authors, editor, reader, principal, context } = head;
  const acting = approver ?? reviewer ?? by ?? firstOf(authors) ?? editor ?? reader ?? principal;
  return acting ?? object(context).principal;
}

/** One line about an event. */
function whatOf(fact: Fact): string {
  const head = headOf(fact);
  const rules = texts(head.rules).join(', ');
  switch (fact.name) {
    case 'request.received':
      return `received, ${number(object(head.body).bytes)} bytes`;
    case 'request.released':
      return fact.subject.includes('.v1.people.') ? 'released by people' : `released by rule ${rules}`;
    case 'approval.requested':
      return `held at gate ${gateOf(head.gate)} by ${rules}`;
    case 'approval.edited':
      return `edited: version ${number(head.version)}`;
    case 'approval.decided':
      return decidedText(head);
    case 'grant.used':
      return `released on ${text(head.grant)}, use ${number(head.use, 1)}`;
    case 'request.completed':
      return `completed: ${head.outcome}${head.code === undefined ? '' : ` (${head.code})`}`;
    case 'request.cancelled':
      return `cancelled: ${head.reason}`;
    case 'answer.restored':
      return `answer given with its values: ${number(head.bytes)} bytes, SHA-256 ${text(head.digest)}`;
    case 'request.attached':
      return `client came back: ${head.how}`;
    case 'request.justified':
      return 'said why it is needed';
    case 'request.nudged':
      return 'asked for a decision';
    case 'content.read':
      return 'content was read';
    case 'content.revealed':
      return 'masked content was shown in clear';
    default:
      return fact.name ?? 'unknown event';
  }
}

const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : undefined);

function decidedText(head: Json): string {
  switch (head.kind) {
    case 'vote':
      return `vote: ${head.vote}`;
    case 'grant':
      return `${text(head.grant)} ${head.change}${head.ending === undefined ? '' : ` (${head.ending})`}`;
    case 'escalated':
      return `escalated to ${text(head.to)}`;
    case 'review':
      return 'reviewed afterwards';
    default:
      return `outcome: ${head.outcome}`;
  }
}
