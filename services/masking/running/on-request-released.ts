import type { requestReleased } from '#contracts';
import type { EventMessage } from '#messaging';
import { httpProtocolOf } from '#protocols';
import { RedactionError } from '#redaction';
import { ContentErasedError } from '#sealing';
import type { Logger } from '#telemetry';
import { type Asked, ModelAsk, type ModelTools } from '../asking/ask-model.ts';
import { BlockedRequest } from '../asking/endings.ts';
import { type Completions, type Ending, endingOf } from '../completions.ts';
import { ProfileError } from '../profiles.ts';
import { factsOf, type ReviewedAnswers, type Reviews } from '../reviewing/review.ts';
import { reviewMatches } from '../reviewing/review-conditions.ts';
import { UpstreamCall } from '../upstream/call.ts';
import { CredentialError } from '../upstream/credential-error.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Admission, Listening } from './admit.ts';
import type { Cancellations, RunningCall } from './cancellations.ts';
import type { Release } from './release.ts';
import type { Claim } from './runs.ts';
import { type ReleaseKeys, verifyRelease } from './verify-release.ts';

/** A server with a protocol of its own is read as its connection says. */
function asSpoken(release: Release, { connection }: Upstream): Release {
  if (release.protocol.name !== 'http' || !connection.http) return release;
  return { ...release, protocol: httpProtocolOf(connection.http) };
}

/** A call that approval stopped ends with the approver's reason, unless there is what was streamed to keep. */
function withReason(asked: Asked, reason: Uint8Array | undefined): Asked {
  if (!reason || asked.kind !== 'ending') return asked;
  const { ending } = asked;
  return ending.outcome === 'rejected' && !ending.content
    ? { kind: 'ending', ending: { ...ending, reason } }
    : asked;
}

/** Everything a release passes on its way to its ending. */
export interface ReleaseDesk {
  keys: ReleaseKeys;
  admission: Admission;
  tools: ModelTools;
  reviewed: ReviewedAnswers;
  reviews: Reviews;
  completions: Completions;
  cancellations: Cancellations;
  logger: Logger;
}

const leaseWatchMs = 500;

/** The ending of a request whose content can't be sealed or opened any more; that the model was called stays known. */
function erasedEnding({
  attempt,
  modelStartedAt,
}: Pick<Ending, 'attempt'> & Pick<Partial<Ending>, 'modelStartedAt'>): Ending {
  const ending = endingOf('failed', 'content.erased', 'The content of this request was erased.', attempt);
  return { ...ending, ...(modelStartedAt !== undefined && { modelStartedAt }) };
}

/** Runs releases: the only road to a model. */
export class OnRequestReleased {
  constructor(private readonly desk: ReleaseDesk) {}

  /** Ends with the request's ending in the log, or throws what settlement decides on. */
  async handle(message: EventMessage<typeof requestReleased>, listening: Listening): Promise<void> {
    const release = verifyRelease(message, this.desk.keys);
    // Its key may have to be fetched, while the claim is on its way.
    if (release.by === 'people' && message.deliveries === 1) this.desk.tools.bodies.begin(release);
    const admitted = await this.desk.admission.admit(release, listening, Date.now());
    if (admitted.kind === 'stop') return;
    const { claim } = admitted;
    try {
      const asked: Asked =
        admitted.kind === 'end'
          ? { kind: 'ending', ending: admitted.ending }
          : await this.run(release, listening, admitted.attempt, claim);
      await this.publishOrForget(release, withReason(asked, claim?.reason));
      await claim?.finish();
    } catch (error) {
      await claim?.release();
      throw error;
    }
  }

  /** What was asked by someone who was erased while it ran ends without what came of it. */
  private async publishOrForget(release: Release, asked: Asked): Promise<void> {
    try {
      await this.publish(release, asked);
    } catch (error) {
      if (!(error instanceof ContentErasedError)) throw error;
      const ending = erasedEnding(asked.kind === 'ending' ? asked.ending : asked.facts);
      await this.desk.completions.publish(release.head, ending, release.message);
    }
  }

  private async publish(release: Release, asked: Asked): Promise<void> {
    const { head, message } = release;
    const { completions, reviews, reviewed, tools } = this.desk;
    if (asked.kind === 'ending') return completions.publish(head, asked.ending, message);
    const { answer, facts } = asked;
    const { maskAnswer } = head.terms.obligations;
    const profiles = maskAnswer ? [await tools.profiles.get(maskAnswer)] : [];
    const matches = reviewMatches(release, answer, facts, profiles, Date.now());
    if (matches) return reviews.ask(head, answer, facts, matches, message);
    const ending = await reviewed.finish(release, answer, facts, Date.now());
    await completions.publish(head, ending, message);
  }

  private async run(
    release: Release,
    { upstream }: Listening,
    attempt: number,
    claim: Claim | undefined,
  ): Promise<Asked> {
    try {
      if (release.head.terms.gate === 'response') return await this.finishReviewed(release);
      if (!upstream) throw new TypeError('admitted without a connection');
      const ask = new ModelAsk(this.desk.tools, asSpoken(release, upstream), upstream, attempt);
      return await this.watched(release, claim, (call) => ask.run(call));
    } catch (error) {
      return { kind: 'ending', ending: this.endingOfError(error, release, attempt) };
    }
  }

  private async finishReviewed(release: Release): Promise<Asked> {
    const answer = await this.desk.tools.bodies.open(release);
    return {
      kind: 'ending',
      ending: await this.desk.reviewed.finish(release, answer, factsOf(release), Date.now()),
    };
  }

  /** Runs a call that a cancellation, a lost lease or a revoked claim ends. */
  private async watched<T>(
    { head, message }: Release,
    claim: Claim | undefined,
    work: (call: UpstreamCall) => Promise<T>,
  ): Promise<T> {
    const { cancellations } = this.desk;
    const { requestId } = head.terms;
    const call = new UpstreamCall();
    const running: RunningCall = {
      head,
      parked: head.destination === 'parked',
      abort: (reason) => call.abort(reason),
    };
    const onLeaseLost = (): void => call.abort('lease_lost');
    // A lease lasts longer than this, and most calls end before it: they need no signal.
    const watch = setTimeout(() => {
      if (message.lease.aborted) onLeaseLost();
      message.lease.addEventListener('abort', onLeaseLost, { once: true });
    }, leaseWatchMs);
    claim?.whenLost((why) => call.abort(why));
    cancellations.enter(requestId, running);
    try {
      return await work(call);
    } finally {
      cancellations.leave(requestId, running);
      clearTimeout(watch);
    }
  }

  /** The ending of a request that can't be run. What settlement has to decide on is thrown again. */
  private endingOfError(error: unknown, { head }: Release, attempt: number): Ending {
    if (error instanceof BlockedRequest) return error.ending;
    if (error instanceof ContentErasedError) {
      return erasedEnding({ attempt });
    }
    const { requestId, connection } = head.terms;
    if (error instanceof CredentialError) {
      this.desk.logger.error({ err: error, requestId, connection }, "a connection's credential is missing");
      const text = "The gateway has no credential for the model's server.";
      return endingOf('failed', 'upstream.unavailable', text, attempt);
    }
    if (error instanceof ProfileError || error instanceof RedactionError) {
      this.desk.logger.error({ err: error, requestId, connection }, 'a masking profile can not be used');
      const text = 'The masking that this request needs can not be done.';
      return endingOf('failed', 'internal.error', text, attempt);
    }
    throw error;
  }
}
