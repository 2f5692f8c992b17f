import type { Command } from 'commander';
import { PolicyDocument, type Principal, RevisionDetail, SessionDetail, SessionList } from '#contracts';
import { type ProtocolName, protocolOf } from '#protocols';
import { type CompiledPolicy, compilePolicy, type EvaluationInput, resolveConnection } from '#rules';
import { addressOf } from './addresses.ts';
import { CallError, Caller, type CallerFlags, withCaller } from './caller.ts';
import { policyUrl } from './config-revisions.ts';

const auditUrl = addressOf('audit');
const pageSize = 200;
const atOnce = 8;

export interface RecordedFlags extends CallerFlags {
  policyUrl: string;
}

/** Options of commands that look at recorded requests: as whom, and where audit and policy are. */
export function withRecorded(command: Command): Command {
  return withCaller(command, auditUrl).option('--policy-url <url>', 'the policy service', policyUrl);
}

/** A recorded request with its content, as far as the reader may see it. */
export async function readRecorded(caller: Caller, requestId: string): Promise<SessionDetail> {
  return caller.call('GET', `/v1/sessions/${encodeURIComponent(requestId)}`, SessionDetail);
}

/** The policy that decided about a recorded request. Throws `CallError`. */
export async function policyOf(session: SessionDetail, flags: RecordedFlags): Promise<CompiledPolicy> {
  if (session.revision === null) {
    throw new CallError('request.not_found', 'No decision about this request is recorded.', 404);
  }
  const caller = Caller.of({ ...flags, url: flags.policyUrl });
  const { document } = await caller.call('GET', `/v1/revisions/${session.revision}`, RevisionDetail);
  const compilation = compilePolicy(PolicyDocument.parse(document));
  if (compilation.kind === 'policy') return compilation.policy;
  throw new CallError('config.invalid', `Revision ${session.revision} does not compile here.`, 422);
}

/** Requests since a moment, newest first, with their content; each reading is recorded by audit. */
export async function* readSince(caller: Caller, fromMs: number): AsyncGenerator<SessionDetail> {
  let cursor: string | undefined;
  do {
    const asked = { from: String(fromMs), limit: String(pageSize), ...(cursor !== undefined && { cursor }) };
    const page = await caller.call('GET', `/v1/sessions?${new URLSearchParams(asked)}`, SessionList);
    for (let at = 0; at < page.items.length; at += atOnce) {
      const some = page.items.slice(at, at + atOnce);
      yield* await Promise.all(some.map(({ id }) => readRecorded(caller, id)));
    }
    cursor = page.next;
  } while (cursor !== undefined);
}

/** What a policy looked at when a recorded request came; a sentence where that can't be told any more. Pure. */
export function recordedInput(
  session: SessionDetail,
  policy: Pick<CompiledPolicy, 'connections'>,
): EvaluationInput | string {
  const { requester, protocol: name, operation, receivedAt, client } = session;
  const first = session.versions.find(({ version, gate }) => version === 1 && gate === 'prompt');
  if (!requester || name === null || operation === null || receivedAt === null)
    return 'its sender was erased';
  if (first?.content.text === undefined) return `its content is ${first?.content.state ?? 'not recorded'}`;
  const protocol = protocolOf(name as ProtocolName);
  const route = protocol?.routes.find((one) => one.operation === operation);
  if (!protocol || !route) return `its protocol ${name} is not known here`;
  const reading = protocol.readRequest(Buffer.from(first.content.text), route);
  if (reading.kind === 'refusal') return `its body is refused (${reading.code})`;
  const { previousResponse, conversation } = reading.continuation;
  const earlier = [
    ...(previousResponse === undefined ? [] : [{ pointer: '/previous_response_id', kind: 'earlier_answer' }]),
    ...(conversation === undefined ? [] : [{ pointer: '/conversation', kind: 'earlier_answer' }]),
  ];
  const model = reading.model ?? null;
  return {
    principal: {
      kind: requester.kind as Principal['kind'],
      issuer: requester.issuer,
      subject: requester.subject,
      groups: requester.groups,
      ...(requester.name !== undefined && { name: requester.name }),
      ...(requester.email !== undefined && { email: requester.email }),
    },
    ...(client !== null && { client }),
    connection: namedConnection(session, policy, model, name),
    protocol: name,
    model,
    operation,
    texts: reading.strings,
    unreadable: [...reading.unreadable, ...earlier],
    remoteUrls: reading.remoteUrls,
    now: receivedAt,
  };
}

/** The connection that the caller must have named, where the model alone leads elsewhere. */
function namedConnection(
  { connection }: SessionDetail,
  policy: Pick<CompiledPolicy, 'connections'>,
  model: string | null,
  protocol: string,
): string | undefined {
  if (connection === null) return undefined;
  const chosen = resolveConnection(policy, { model, protocol });
  return chosen.kind === 'resolved' && chosen.connection === connection ? undefined : connection;
}
