import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { AnswerFacts, FindingCount, ProfileReference } from '#contracts';
import type { Bus } from '#messaging';
import { metrics, traceHeaders, tracing } from '#telemetry';
import type { Ending } from '../completions.ts';
import type { Consulting } from '../consulting/consulting.ts';
import { MaskBlockedError, MaskingPass, placeholderScope, Tally } from '../masking-pass.ts';
import type { Profiles } from '../profiles.ts';
import type { Vault } from '../restoring/vault.ts';
import type { Release } from '../running/release.ts';
import { RefusedReleaseError } from '../running/verify-release.ts';
import type { AbortReason, CallEnd, FailureCode, UpstreamCall } from '../upstream/call.ts';
import type { Credentials, OpenedCredential } from '../upstream/credentials.ts';
import { requestHeaders, targetPath } from '../upstream/target.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { AnswerReader } from './answer-reader.ts';
import type { Bodies } from './body.ts';
import { abortedEnding, BlockedRequest, blockedEnding, failedEnding, refusedUnasked } from './endings.ts';
import { FrameWriter } from './frames.ts';
import { prepareRequest } from './prepare.ts';
import { isStreamType, MaskedRelay, PlainRelay, type Relay } from './relay.ts';
import type { RequestSealer } from './request-sealer.ts';
import type { Usage } from './usage.ts';
import { contentTypeOf, InvalidAnswerError, maskHeaders, maskWhole, recordedUsage } from './whole-answer.ts';

/** What calling a model takes besides the release. */
export interface ModelTools {
  bus: Bus;
  sealer: RequestSealer;
  bodies: Bodies;
  profiles: Profiles;
  credentials: Credentials;
  placeholderKey: Uint8Array;
  vault: Vault;
  consulting: Consulting;
}

/** What came of a call: an ending, or a masked answer that people look at first. */
export type Asked =
  | { readonly kind: 'ending'; readonly ending: Ending }
  | { readonly kind: 'held'; readonly answer: Buffer; readonly facts: AnswerFacts };

/** The call ended without an ending of its request: another replica, or a later delivery, goes on. */
export class CallAbandonedError extends Error {
  override readonly name = 'CallAbandonedError';
}

/** One call of a model for one release: masks what goes in, passes on what comes back. */
export class ModelAsk {
  private readonly tally = new Tally();
  private readonly held: string[] | undefined;
  private frames: FrameWriter | undefined;
  private reader!: AnswerReader;
  private answerPass: MaskingPass | undefined;
  private answersJson = false;
  private restorable = false;
  private sentDigest: string | undefined;
  private startedAt = 0;

  constructor(
    private readonly tools: ModelTools,
    private readonly release: Release,
    private readonly upstream: Upstream,
    private readonly attempt: number,
  ) {
    this.held = release.head.terms.obligations.review === undefined ? undefined : [];
  }

  /**
   * Runs the call. Throws what stands in its way before anything was sent, and `CallAbandonedError` where this replica
   * must not end the request.
   */
  async run(call: UpstreamCall): Promise<Asked> {
    const request = await this.prepare(call);
    this.startedAt = Date.now();
    const end = await this.upstream.run(call, request, this.reader).catch((error: unknown) => error as Error);
    this.reader.close();
    metrics.modelDuration.observe({ connection: this.upstream.name }, (Date.now() - this.startedAt) / 1000);
    const asked = await this.conclude(end);
    const result = asked.kind === 'held' ? 'held' : asked.ending.outcome;
    metrics.modelCalls.inc({ connection: this.upstream.name, result });
    return asked;
  }

  private async prepare(call: UpstreamCall) {
    const { release, tools, upstream } = this;
    const { method, path, headers, terms } = release.head;
    const body = await tools.bodies.open(release);
    const { maskRequest, maskAnswer } = terms.obligations;
    const requestPass = maskRequest && (await this.openPass(maskRequest, 'request', { body }));
    this.answerPass = maskAnswer && (await this.openPass(maskAnswer, 'answer', { prompt: requestPass }));
    const prepared = this.guardRequest(() => prepareRequest(release, body, requestPass));
    this.answersJson = prepared.answersJson;
    this.sentDigest = prepared.sentDigest;
    if (requestPass)
      this.restorable = await tools.vault.keep(release.head, requestPass, prepared.answersJson);
    const credential = await tools.credentials.open(upstream.connection.credential, Date.now());
    const target = targetPath(upstream.connection.baseUrl, path);
    if (target === undefined) throw new RefusedReleaseError('route', true);
    this.reader = this.openReader(call, credential);
    const { firstByteMs, idleMs, totalMs } = upstream.timeouts;
    return {
      firstByteMs,
      idleMs,
      totalMs,
      method,
      path: target,
      headers: requestHeaders(tracing ? { ...headers, ...traceHeaders() } : headers, credential.header),
      body: prepared.body.length === 0 ? null : prepared.body,
    };
  }

  /** A request that is blocked ends before any call; the tally goes with the error. */
  private guardRequest<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      if (error instanceof MaskBlockedError) throw new BlockedRequest(this.blocked());
      throw error;
    }
  }

  /** With the body of a request, the profile's detectors elsewhere are asked about it. */
  private async openPass(
    reference: ProfileReference,
    where: FindingCount['where'],
    { body, prompt }: { readonly body?: Buffer; readonly prompt?: MaskingPass | undefined },
  ): Promise<MaskingPass> {
    const { tools, release, tally, attempt } = this;
    const profile = await tools.profiles.get(reference);
    const scope = placeholderScope(profile, release.head);
    const given =
      body && (await tools.consulting.find(profile, release, body).catch(refusedUnasked(attempt)));
    // What the model repeats of its prompt's pseudonyms has to come back as it was for the values to be restored.
    const passing = prompt?.issued;
    return new MaskingPass(profile, tools.placeholderKey, scope, where, tally, {
      ...(given && { given }),
      ...(passing && { passing }),
    });
  }

  private openReader(call: UpstreamCall, credential: OpenedCredential): AnswerReader {
    return new AnswerReader({
      openRelay: (status, headers) => this.openRelay(status, headers),
      relayed: (bytes) => this.relayed(bytes),
      onOver: () => call.abort('over'),
      secrets: credential.secrets,
    });
  }

  private openRelay(status: number, headers: IncomingHttpHeaders): Relay | undefined {
    const { head, protocol, route } = this.release;
    if (!head.stream || status >= 300 || !isStreamType(headers['content-type'])) return undefined;
    if (!this.held) {
      this.frames = new FrameWriter(this.tools.bus, this.tools.sealer, head, this.attempt, this.restorable);
    }
    return this.answerPass
      ? new MaskedRelay(protocol, route, this.answerPass, this.answersJson)
      : new PlainRelay(protocol, route, contentTypeOf(headers));
  }

  private relayed(bytes: Uint8Array): void {
    if (this.held) this.held.push(Buffer.from(bytes).toString('utf8'));
    else this.frames?.push(bytes);
  }

  private async conclude(end: CallEnd | Error): Promise<Asked> {
    if (end instanceof Error) return this.concludeThrown(end);
    const { relay } = this.reader;
    if (relay !== undefined) return this.concludeStream(relay, end);
    if (end.kind === 'failed') return this.ended(await this.failed(end.code));
    if (end.kind === 'aborted') return this.ended(await this.aborted(end.reason));
    try {
      return this.concludeWhole();
    } catch (error) {
      return this.concludeThrown(error as Error);
    }
  }

  private async concludeThrown(error: Error): Promise<Asked> {
    if (error instanceof MaskBlockedError) return this.ended(await this.withFrames(this.blocked()));
    if (error instanceof InvalidAnswerError) return this.ended(await this.failed('upstream.invalid_answer'));
    throw error;
  }

  private concludeWhole(): Asked {
    const { status, headers, collected } = this.reader;
    const { protocol, route } = this.release;
    const by = { protocol, route, contentIsJson: this.answersJson };
    const whole = maskWhole({ bytes: collected, status, headers }, by, this.answerPass);
    const { bytes, contentType, usage } = whole;
    if (this.held && status < 300) return this.hold(Buffer.from(bytes), contentType, usage, false);
    // Written out, not spread: this runs for every request.
    return this.ended({
      outcome: 'answered',
      status,
      content: { kind: 'body', bytes },
      contentType,
      headers: maskHeaders(headers, this.answerPass),
      stream: false,
      frames: 0,
      attempt: this.attempt,
      restorable: this.restorable,
      sentDigest: this.sentDigest,
      answerDigest: hash('sha256', bytes, 'hex'),
      usage,
      findings: this.tally.counts,
      modelStartedAt: this.startedAt,
      firstByteAt: this.reader.firstByteAt,
    });
  }

  private async concludeStream(relay: Relay, end: CallEnd): Promise<Asked> {
    let ended: ReturnType<AnswerReader['endRelay']>;
    try {
      ended = this.reader.endRelay(relay);
    } catch (error) {
      return this.concludeThrown(error as Error);
    }
    const isComplete = ended.ending === 'finished' || ended.ending === 'upstream_error';
    if (!isComplete) {
      if (end.kind === 'aborted' && end.reason !== 'over') return this.ended(await this.aborted(end.reason));
      const isCut = ended.ending === 'truncated';
      const code = isCut ? 'upstream.interrupted' : 'upstream.invalid_answer';
      return this.ended(await this.failed(end.kind === 'failed' ? end.code : code));
    }
    const contentType = contentTypeOf(this.reader.headers);
    const usage = recordedUsage(ended.usage);
    if (this.held) return this.hold(Buffer.from(this.held.join('')), contentType, usage, true);
    const facts = this.facts(contentType, usage, true);
    return this.ended(await this.withFrames({ ...facts, outcome: 'answered', frames: 0 }));
  }

  private hold(answer: Buffer, contentType: string, usage: Usage | undefined, stream: boolean): Asked {
    return { kind: 'held', answer, facts: this.facts(contentType, usage, stream) };
  }

  private facts(contentType: string, usage: Usage | undefined, stream: boolean) {
    const { status, headers, firstByteAt } = this.reader;
    const passed = maskHeaders(headers, this.answerPass);
    return {
      status,
      contentType,
      ...(passed && { headers: passed }),
      stream,
      attempt: this.attempt,
      ...(this.restorable && { restorable: true }),
      ...(this.sentDigest !== undefined && { sentDigest: this.sentDigest }),
      ...(usage && { usage }),
      findings: this.tally.counts,
      modelStartedAt: this.startedAt,
      ...(firstByteAt !== undefined && { firstByteAt }),
    };
  }

  private ended(ending: Ending): Asked {
    return { kind: 'ending', ending };
  }

  private failed(code: FailureCode): Promise<Ending> {
    return this.withFrames(failedEnding(code, this.attempt));
  }

  private blocked(): Ending {
    return blockedEnding(this.tally, this.attempt);
  }

  private async aborted(reason: AbortReason): Promise<Ending> {
    const isStreamed = (this.frames?.count ?? 0) > 0;
    if (reason === 'lease_lost' || (reason === 'shutdown' && !isStreamed))
      throw new CallAbandonedError(reason);
    return this.withFrames(abortedEnding(reason, this.attempt));
  }

  /** Adds what was streamed so far, and what is known of the call. */
  private async withFrames(ending: Ending): Promise<Ending> {
    const { firstByteAt } = this.reader;
    const known = {
      ...ending,
      findings: this.tally.counts,
      restorable: this.restorable,
      sentDigest: this.sentDigest,
      modelStartedAt: this.startedAt,
      firstByteAt,
    };
    await this.frames?.end();
    if (!this.frames || this.frames.count === 0) return known;
    const { count, digest } = this.frames;
    const content = { kind: 'transcript' as const, bytes: this.frames.transcript() };
    return { ...known, stream: true, frames: count, content, answerDigest: digest };
  }
}
