import type { ChangedRequest, Principal, RecordedRequest, Simulation } from '#contracts';
import type { CompiledPolicy } from './compiling/policy.ts';
import { textOfAddress } from './deciding/address.ts';
import type { EvaluationInput } from './deciding/decision.ts';
import { evaluate } from './deciding/evaluate.ts';

/** Reads a body as its client protocol says (`libs/protocols`); a sentence where it can't. */
export type BodyReader = (
  protocol: string,
  operation: string,
  body: Uint8Array,
) => Pick<EvaluationInput, 'model' | 'texts' | 'unreadable' | 'remoteUrls'> | string;

type Asked = Pick<
  RecordedRequest,
  | 'requester'
  | 'client'
  | 'operation'
  | 'receivedAt'
  | 'protocol'
  | 'namedConnection'
  | 'claims'
  | 'address'
  | 'content'
>;

/** What rules looked at when a recorded request came; a sentence where that can't be told any more. Pure. */
export function recordedInput(request: Asked, read: BodyReader): EvaluationInput | string {
  const { requester, protocol, operation, receivedAt, client, claims, address, content, namedConnection } =
    request;
  if (!requester || protocol === null || operation === null || receivedAt === null)
    return 'its sender was erased';
  if (content.text === undefined) return `its content is ${content.state}`;
  const body = read(protocol, operation, Buffer.from(content.text));
  if (typeof body === 'string') return body;
  const { kind, issuer, subject, groups, name, email, person } = requester;
  return {
    principal: {
      ...{ kind: kind as Principal['kind'], issuer, subject, groups },
      ...(name !== undefined && { name }),
      ...(email !== undefined && { email }),
      ...(person !== undefined && { person }),
    },
    ...(claims && { claims }),
    ...(client !== null && { client }),
    ...(namedConnection !== null && { connection: namedConnection }),
    ...{ protocol, operation, now: receivedAt },
    ...body,
    texts: address === undefined ? body.texts : [textOfAddress(address), ...body.texts],
  };
}

type Effect = 'allow' | 'hold' | 'deny';

/** What rules made of a recorded request; undefined where something else ended it first. */
export function recordedEffect({
  held,
  outcome,
  code,
}: Pick<RecordedRequest, 'held' | 'outcome' | 'code'>): Effect | undefined {
  if (held) return 'hold';
  if (outcome === null || code === 'policy.frozen') return undefined;
  if (outcome !== 'denied') return 'allow';
  return code?.startsWith('policy.') ? 'deny' : undefined;
}

const examplesKept = 10;
const decisionsKept = 100_000;

/**
 * Judges recorded requests by a draft, one at a time, and keeps only what would change. Memory doesn't grow with the
 * requests but for their conversations' names.
 */
export class Simulator {
  private readonly newly = { allow: fresh(), hold: fresh(), deny: fresh() };
  private readonly skipped: Record<string, number> = {};
  private readonly conversations = new Set<string>();
  private readonly decisionMs: number[] = [];
  private requests = 0;

  constructor(
    private readonly draft: CompiledPolicy,
    private readonly read: BodyReader,
  ) {}

  add(request: RecordedRequest): void {
    this.requests++;
    const { decisionMs } = request;
    if (decisionMs !== null && this.decisionMs.length < decisionsKept) this.decisionMs.push(decisionMs);
    const before = recordedEffect(request);
    const input = before === undefined ? 'no rule decided about it' : recordedInput(request, this.read);
    if (before === undefined || typeof input === 'string') {
      this.skipped[String(input)] = (this.skipped[String(input)] ?? 0) + 1;
      return;
    }
    const { effect: after, rules } = evaluate(this.draft, input);
    if (after === before) return;
    const found = this.newly[after];
    found.count++;
    if (after === 'hold') this.conversations.add(request.conversation ?? request.id);
    if (found.examples.length >= examplesKept) return;
    const names = rules.filter(({ mode }) => mode === 'enforce').map(({ name }) => name);
    found.examples.push({ id: request.id, user: input.principal.subject, before, after, rules: names });
  }

  result(): Simulation {
    const sorted = this.decisionMs.sort((a, b) => a - b);
    return {
      requests: this.requests,
      skipped: this.skipped,
      newly: this.newly,
      decisions: this.conversations.size,
      medianDecisionMs: sorted[Math.floor(sorted.length / 2)] ?? null,
    };
  }
}

const fresh = (): { count: number; examples: ChangedRequest[] } => ({ count: 0, examples: [] });
