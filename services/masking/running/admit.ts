import type { BlockList } from '#boot';
import { type RequestReleased, runKey } from '#contracts';
import { cancelledEnding } from '../asking/endings.ts';
import { type Ending, endingOf } from '../completions.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Cancellations } from './cancellations.ts';
import type { Redeliveries } from './redeliveries.ts';
import type { Release } from './release.ts';
import type { Claim, Runs } from './runs.ts';

/** A rule's release is run at most so often; the second time only where nothing reached the client. */
const mostAttempts = 2;

/** Whether a release is run now. */
export type Admitted =
  | { readonly kind: 'run'; readonly attempt: number; readonly claim: Claim | undefined }
  /** Its ending is in the log, or somebody else's task. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'end'; readonly ending: Ending; readonly claim: Claim | undefined };

/** How a connection is listened to. */
export interface Listening {
  /** Undefined where the connection left `sallyport.yaml`. */
  readonly upstream: Upstream | undefined;
  /** What the stream stored before this may have been run through an earlier consumer of the same name. */
  readonly sinceMs: number;
}

const end = (ending: Ending, claim?: Claim): Admitted => ({ kind: 'end', ending, claim });
const lost = (attempt: number): Ending =>
  endingOf('failed', 'upstream.interrupted', "The answer of the model's server was interrupted.", attempt);

/** Whether a request may no longer run. */
export function isFrozen(frozen: BlockList, head: RequestReleased): boolean {
  if (frozen.isEmpty) return false;
  const groups = head.groups ?? head.context?.principal.groups ?? [];
  return frozen.covers({ subjectKey: head.subjectKey, groups, connection: head.terms.connection });
}

/** Decides, in order, what keeps a verified release from being run. */
export class Admission {
  constructor(
    private readonly redeliveries: Redeliveries,
    private readonly runs: Runs,
    private readonly frozen: BlockList,
    private readonly cancellations: Cancellations,
  ) {}

  async admit(release: Release, listening: Listening, nowMs: number): Promise<Admitted> {
    const { message, head, by } = release;
    const isRepeated = message.deliveries > 1 || message.timeMs < listening.sinceMs;
    const trace = isRepeated ? await this.redeliveries.traceOf(release) : 'nothing';
    if (trace === 'ended') return { kind: 'stop' };
    const refusal = this.refuse(release, listening, nowMs);
    if (by === 'people') return this.claim(release, trace === 'frames', refusal);
    const attempt = Math.min(message.deliveries, mostAttempts);
    if (trace === 'frames' || message.deliveries > mostAttempts) return end(lost(attempt));
    if (refusal) return end(refusal);
    if (this.cancellations.wasCancelled(head.terms.requestId, head.destination === 'parked')) {
      return end(cancelledEnding(0));
    }
    return { kind: 'run', attempt, claim: undefined };
  }

  /** What overrides a release at the moment it would be run. */
  private refuse({ head, by }: Release, { upstream }: Listening, nowMs: number): Ending | undefined {
    if (head.terms.notAfter <= nowMs) return expired(by);
    if (isFrozen(this.frozen, head)) {
      return endingOf('denied', 'policy.frozen', 'Requests of this caller or connection are frozen.');
    }
    // An answer that people let through needs no model any more.
    if (head.terms.gate === 'response') return undefined;
    if (!upstream?.connection.enabled) {
      return endingOf('denied', 'policy.connection_disabled', 'The connection is disabled.');
    }
    if (head.terms.obligations.review && !head.context) {
      return endingOf('failed', 'release.invalid', 'The release lacks what a review of its answer needs.');
    }
    return undefined;
  }

  private async claim(release: Release, hasFrames: boolean, refusal: Ending | undefined): Promise<Admitted> {
    const { head, message } = release;
    const claimed = await this.runs.claim(runKey(head.terms), message.lease);
    switch (claimed.kind) {
      case 'stop':
        return { kind: 'stop' };
      case 'end':
        return end(unclaimed(claimed.why));
      case 'run': {
        const { attempt, claim } = claimed;
        if (hasFrames) return end(lost(attempt), claim);
        if (refusal) return end(refusal, claim);
        return { kind: 'run', attempt, claim };
      }
      default:
        return claimed satisfies never;
    }
  }
}

function expired(by: Release['by']): Ending {
  return by === 'people'
    ? endingOf('expired', 'approval.expired', 'The approval was not used in time.')
    : endingOf('failed', 'service.unavailable', 'The request could not be run in time. Try again.');
}

function unclaimed(why: 'expired' | 'not_opened' | 'lost'): Ending {
  switch (why) {
    case 'expired':
      return expired('people');
    case 'not_opened':
      return endingOf('failed', 'release.invalid', 'Approval opened no run for this release.');
    case 'lost':
      return lost(2);
    default:
      return why satisfies never;
  }
}
