import { type ErrorCode, errorStatus, type RequestContext, type RequestShape } from '#contracts';
import {
  httpProtocolOf,
  type Protocol,
  type ProtocolName,
  protocolOf,
  type Refusal,
  type RequestReading,
  type Route,
} from '#protocols';
import { addressText, type CompiledPolicy, type Decision, evaluate } from '#rules';
import { approvedKey, conversationId, prefixDigests } from './conversation.ts';
import { shapeOf } from './shape.ts';

/** A request as policy sees it. */
export interface Question {
  context: RequestContext;
  body: Uint8Array;
  nowMs: number;
  /** Whether a KV `approved` key stands; false where the person has none. */
  isApproved: ((key: string) => boolean) | undefined;
}

/** What policy makes of a request. */
export type Verdict =
  | {
      kind: 'refused';
      status: number;
      code: string;
      message: string;
      rules: string[];
      model: string | null;
      /** Where it would have gone, and what the rules found; absent where no rule looked at it. */
      connection?: string;
      matches?: Decision['rules'][number]['matches'];
    }
  | { kind: 'allowed'; decision: Placed; model: string | null; stream: boolean; background: boolean }
  | {
      kind: 'held';
      decision: Placed;
      model: string | null;
      stream: boolean;
      background: boolean;
      conversation: { id: string; newSinceTurn: number; approves: string[] };
      /** Absent where nothing may stand in for a decision of its own. */
      shape?: RequestShape;
    };

/** A decision that found its connection. */
export type Placed = Decision & { connection: string };

const maxMatches = 1000;

/** Reads a body and decides. Pure: time and what was approved are given. */
export function judge(policy: CompiledPolicy, question: Question): Verdict {
  const { context, body } = question;
  const protocol = protocolFor(policy, context);
  const route = protocol?.routes.find(
    ({ operation, method }) => operation === context.operation && method === context.method,
  );
  if (!protocol || !route) return refused('route.not_found', 'There is no such operation.', null);
  const reading = protocol.readRequest(body, route);
  return reading.kind === 'refusal' ? refusedUnread(reading) : decide(policy, question, reading, route);
}

/** A server with a protocol of its own is read as its connection says. */
function protocolFor({ connections }: CompiledPolicy, { protocol, connection }: RequestContext): Protocol {
  if (protocol !== 'http') return protocolOf(protocol as ProtocolName);
  return httpProtocolOf(connection === undefined ? undefined : connections.get(connection)?.http);
}

function decide(policy: CompiledPolicy, question: Question, reading: RequestReading, route: Route): Verdict {
  const { context, nowMs, isApproved } = question;
  const unreadable = [...reading.unreadable, ...earlierAnswers(reading)];
  const model = reading.model ?? null;
  let digests: string[] | undefined;
  const address = addressText(context.protocol, context.path);
  const prefixes = () => (digests ??= prefixDigests(reading, address?.text));
  const { person } = context.principal;
  const whose = person === undefined ? {} : { person };
  const lastApprovedTurn = (connection: string, rule: string, contentDigest: string): number => {
    if (!isApproved) return -1;
    const key = (prefix: string) =>
      approvedKey(context.subjectKey, { connection, rule, contentDigest, prefix, ...whose });
    return prefixes().findLastIndex((prefix) => isApproved(key(prefix)));
  };
  const named = context.connection;
  const ask = (connection: string | undefined) =>
    evaluate(policy, {
      principal: context.principal,
      ...(context.claims && { claims: context.claims }),
      connection: named,
      protocol: context.protocol,
      model,
      operation: route.operation,
      texts: address === undefined ? reading.strings : [address, ...reading.strings],
      unreadable: unreadable.map((part) => ({ ...part, ...turnOf(reading, part.pointer) })),
      remoteUrls: reading.remoteUrls,
      now: nowMs,
      ...(connection !== undefined && {
        approvedThroughTurn: (rule, contentDigest) => lastApprovedTurn(connection, rule, contentDigest),
      }),
    });
  let decision = ask(undefined);
  // Only what would be held looks at what people approved before: nothing else can change by it.
  if (decision.effect === 'hold' && isApproved && decision.connection !== null)
    decision = ask(decision.connection);
  const { connection, requirement } = decision;
  if (decision.effect === 'deny' || connection === null) {
    const rules = enforced(decision).map(({ name }) => name);
    const matches = matchesOf(decision);
    return {
      ...refused(decision.code ?? 'policy.denied', decision.reasons.join(' '), model, rules),
      ...(connection !== null && { connection }),
      ...(matches.length > 0 && { matches }),
    };
  }
  const placed = decision as Placed;
  const { stream, background } = reading;
  // Written out, not spread: this runs for every request.
  if (decision.effect === 'allow' || !requirement) {
    return { kind: 'allowed', decision: placed, model, stream, background };
  }
  const last = prefixes().at(-1) ?? '';
  const holding = enforced(decision).filter(({ effect }) => effect === 'hold');
  const approves = holding.map(({ name: rule, contentDigest }) =>
    approvedKey(context.subjectKey, { connection, rule, contentDigest, prefix: last, ...whose }),
  );
  const id = conversationId(context, reading, prefixes());
  const conversation = { id, newSinceTurn: decision.newSince, approves };
  const shape = shapeOf(reading, {
    context,
    upstreamModel: placed.upstreamModel,
    rules: holding.map(({ name, contentDigest }) => ({ name, contentDigest })),
    newSince: decision.newSince,
    matched: holding.flatMap(({ matches }) => matches.map(({ pointer }) => pointer)),
  });
  const isGrantable = requirement.grants !== false;
  return {
    ...{ kind: 'held', decision: placed, model, stream, background, conversation },
    ...(isGrantable && { shape }),
  };
}

/** The rules that decided; those in shadow did not. */
export function enforced(decision: Decision): Decision['rules'] {
  return decision.rules.filter(({ mode }) => mode === 'enforce');
}

/** Every match of the deciding rules, bounded. */
export function matchesOf(decision: Decision): Decision['rules'][number]['matches'] {
  return enforced(decision)
    .flatMap(({ matches }) => matches)
    .slice(0, maxMatches);
}

/** What the model's server would add from its own memory: nothing of it passed this gateway's rules with this request. */
function earlierAnswers({ continuation }: RequestReading): { pointer: string; kind: string }[] {
  const { previousResponse, conversation } = continuation;
  return [
    ...(previousResponse === undefined ? [] : [{ pointer: '/previous_response_id', kind: 'earlier_answer' }]),
    ...(conversation === undefined ? [] : [{ pointer: '/conversation', kind: 'earlier_answer' }]),
  ];
}

function turnOf(reading: RequestReading, pointer: string): { turn: number } | undefined {
  const turn = reading.turns.findLast(
    ({ pointer: at }) => at !== '' && (pointer === at || pointer.startsWith(`${at}/`)),
  );
  return turn && { turn: turn.index };
}

type Refused = Extract<Verdict, { kind: 'refused' }>;

function refused(code: ErrorCode, message: string, model: string | null, rules: string[] = []): Refused {
  return { kind: 'refused', status: errorStatus[code], code, message: message.slice(0, 2000), rules, model };
}

function refusedUnread({ status, code, message }: Refusal): Verdict {
  return { kind: 'refused', status, code, message, rules: [], model: null };
}
