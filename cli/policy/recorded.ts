import type { Command } from 'commander';
import {
  PolicyDocument,
  RecordedLine,
  type RecordedRequest,
  RevisionDetail,
  SessionDetail,
} from '#contracts';
import { readRecordedBody } from '#protocols';
import { type CompiledPolicy, compilePolicy, type EvaluationInput, recordedInput } from '#rules';
import { addressOf } from '../addresses.ts';
import { CallError, Caller, type CallerFlags, withCaller } from '../caller.ts';
import { policyUrl } from './config-revisions.ts';

const auditUrl = addressOf('audit');

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

/** Requests since a moment, newest first, with their content, as far as the reader may see them; audit records the reading. */
export async function* readSince(caller: Caller, fromMs: number): AsyncGenerator<RecordedRequest> {
  for await (const line of linesOf(await caller.stream(`/v1/recorded?from=${fromMs}`))) {
    const parsed = RecordedLine.parse(JSON.parse(line));
    if ('end' in parsed) return;
    yield parsed.request;
  }
  throw brokenOff();
}

const brokenOff = (cause?: unknown): Error =>
  Object.assign(
    new CallError('service.unavailable', 'Audit broke off; nothing can be said from a part.', 0),
    { cause },
  );

/** Whole lines of a body. A caller who stops early ends the request. Throws `CallError` where it breaks off. */
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((cause: unknown) => {
        throw brokenOff(cause);
      });
      if (done) return;
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** What a policy looked at when a recorded request came; a sentence where that can't be told any more. Pure. */
export function sessionInput(session: SessionDetail): EvaluationInput | string {
  const first = session.versions.find(({ version, gate }) => version === 1 && gate === 'prompt');
  return recordedInput({ ...session, content: first?.content ?? { state: 'expired' } }, readRecordedBody);
}
