import { createHash } from 'node:crypto';
import {
  type AnswerFacts,
  type ApprovalRequested,
  approvalRequested,
  encodeEnvelope,
  inlineBodyLimitBytes,
  type RequestReleased,
  type RuleMatch,
} from '#contracts';
import type { BodyStore, Bus } from '#messaging';
import type { QuestionSigner } from '#sealing';
import { transcriptOf } from '../asking/frames.ts';
import { MaskedRelay } from '../asking/relay.ts';
import type { RequestSealer } from '../asking/request-sealer.ts';
import { maskWhole } from '../asking/whole-answer.ts';
import { type Ending, endingOf, type Lease, persistently } from '../completions.ts';
import { MaskBlockedError, MaskingPass, placeholderScope, Tally } from '../masking-pass.ts';
import type { Profiles } from '../profiles.ts';
import type { Vault } from '../restoring/vault.ts';
import type { Release } from '../running/release.ts';

/** Asks people to look at a masked answer before its caller gets it. */
export class Reviews {
  constructor(
    private readonly bus: Bus,
    private readonly sealer: RequestSealer,
    private readonly bodies: BodyStore,
    private readonly signer: QuestionSigner,
  ) {}

  /** Publishes `approval.requested` at gate `response`; tries again for as long as the lease lasts. Throws like `Completions`. */
  async ask(
    head: RequestReleased,
    answer: Buffer,
    facts: AnswerFacts,
    matches: readonly RuleMatch[],
    lease: Lease,
  ): Promise<void> {
    const event = this.signer.sign({ ...reviewOf(head, answer, facts, Date.now()), matches: [...matches] });
    await persistently(lease, async () => {
      const sealed = await this.sealer.seal(head, `body:${event.version}`, answer);
      const { location } = event.body;
      if (location.in === 'store') await this.bodies.put(location.name, sealed);
      const payload = encodeEnvelope(event, location.in === 'store' ? undefined : sealed);
      await this.bus.publish(approvalRequested.subject(), payload, {
        messageId: this.signer.messageId(`${event.requestId}:review:${event.version}`),
      });
    });
  }
}

function reviewOf(
  head: RequestReleased,
  answer: Buffer,
  facts: AnswerFacts,
  nowMs: number,
): ApprovalRequested {
  const { terms, context, model, rules, revision } = head;
  const { requestId, version, connection, upstreamModel, obligations } = terms;
  const { review } = obligations;
  if (!review || !context) throw new TypeError('a review needs its requirement and the request context');
  const isLarge = answer.length > inlineBodyLimitBytes;
  return {
    requestId,
    version,
    gate: 'response',
    context,
    body: {
      digest: createHash('sha256').update(answer).digest('hex'),
      bytes: answer.length,
      location: isLarge ? { in: 'store', name: `${requestId}.review.${version}` } : { in: 'tail' },
    },
    connection,
    upstreamModel,
    model,
    stream: head.stream,
    obligations,
    requirement: review.requirement,
    matches: [],
    rules,
    revision,
    conversation: { id: head.conversation ?? requestId, newSinceTurn: 0, approves: [] },
    answer: facts,
    requestedAt: nowMs,
    expiresAt: nowMs + review.requirement.expiresInMs,
  };
}

const factsUnknown: AnswerFacts = { status: 200, stream: false, attempt: 1, findings: [] };

/** What masking noted of an answer when it asked people about it. */
export function factsOf({ head }: Release): AnswerFacts {
  return head.answer ?? { ...factsUnknown, stream: head.stream };
}

/** Ends a request whose answer people let through: masks what they left of it once more. No model is called. */
export class ReviewedAnswers {
  constructor(
    private readonly profiles: Profiles,
    private readonly placeholderKey: Uint8Array,
    private readonly vault: Vault,
  ) {}

  async finish(release: Release, answer: Buffer, facts: AnswerFacts, nowMs: number): Promise<Ending> {
    const { head } = release;
    const tally = new Tally();
    try {
      const pass = await this.openPass(head, tally, facts);
      const ending = facts.stream
        ? this.finishStream(release, answer, facts, pass, nowMs)
        : this.finishWhole(release, answer, facts, pass);
      return { ...ending, findings: facts.findings.length > 0 ? facts.findings : tally.counts };
    } catch (error) {
      if (!(error instanceof MaskBlockedError)) throw error;
      const text = `Masking refused this text: ${tally.describe()}.`;
      return { ...endingOf('blocked', 'masking.blocked', text, facts.attempt), findings: tally.counts };
    }
  }

  private async openPass(
    head: RequestReleased,
    tally: Tally,
    facts: AnswerFacts,
  ): Promise<MaskingPass | undefined> {
    const { maskAnswer } = head.terms.obligations;
    if (!maskAnswer) return undefined;
    const profile = await this.profiles.get(maskAnswer);
    const scope = placeholderScope(profile, head);
    // Pseudonyms of the prompt that the model repeated stay, as they did before people looked at the answer.
    const passing = facts.restorable ? await this.vault.standInsOf(head) : undefined;
    return new MaskingPass(profile, this.placeholderKey, scope, 'answer', tally, passing && { passing });
  }

  private finishWhole(
    { protocol, route }: Release,
    answer: Buffer,
    facts: AnswerFacts,
    pass: MaskingPass | undefined,
  ): Ending {
    const headers = { 'content-type': facts.contentType };
    const by = { protocol, route, contentIsJson: false };
    const { bytes, contentType } = maskWhole({ bytes: answer, status: facts.status, headers }, by, pass);
    return { ...answered(facts), contentType, ...contentOf('body', bytes, bytes) };
  }

  private finishStream(
    { head, protocol, route }: Release,
    answer: Buffer,
    facts: AnswerFacts,
    pass: MaskingPass | undefined,
    nowMs: number,
  ): Ending {
    let text = answer.toString('utf8');
    if (pass) {
      const relay = new MaskedRelay(protocol, route, pass, false);
      const first = relay.push(answer);
      const { bytes, ending } = relay.end();
      if (ending !== 'finished' && ending !== 'upstream_error') {
        return endingOf('failed', 'upstream.invalid_answer', 'The reviewed answer is not a whole stream.');
      }
      text = Buffer.concat([first, bytes]).toString('utf8');
    }
    const transcript = transcriptOf(text, Math.max(0, nowMs - head.receivedAt));
    return { ...answered(facts), ...contentOf('transcript', transcript, Buffer.from(text)) };
  }
}

function answered(facts: AnswerFacts): Ending {
  const { status, contentType, headers, stream, attempt, sentDigest, usage, findings } = facts;
  const { modelStartedAt, firstByteAt, restorable } = facts;
  return {
    outcome: 'answered',
    frames: 0,
    ...{ status, contentType, headers, stream, attempt, sentDigest, usage, findings },
    ...{ modelStartedAt, firstByteAt, restorable },
  };
}

function contentOf(kind: 'body' | 'transcript', bytes: Uint8Array, answer: Uint8Array) {
  return { content: { kind, bytes }, answerDigest: createHash('sha256').update(answer).digest('hex') };
}
