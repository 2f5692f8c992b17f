import { type Ending, endingOf } from '../completions.ts';
import { DetectorError } from '../consulting/analyzer.ts';
import type { Tally } from '../masking-pass.ts';
import type { AbortReason, FailureCode } from '../upstream/call.ts';

const failureTexts: Record<FailureCode, string> = {
  'upstream.unavailable': "The model's server can not be reached.",
  'upstream.timeout': "The model's server did not answer in time.",
  'upstream.interrupted': "The answer of the model's server was interrupted.",
  'upstream.invalid_answer': "The model's server gave an answer that can not be passed on.",
};

/** Status for a caller who is no longer there (as nginx logs it). */
const clientGoneStatus = 499;

/** The ending of a request whose requester cancelled it, or went away. */
export function cancelledEnding(attempt: number): Ending {
  const message = 'The request was cancelled.';
  return {
    ...{ outcome: 'cancelled', status: clientGoneStatus, message, stream: false, frames: 0, attempt },
    findings: [],
  };
}

/** The ending of a call whose model's server did not answer as it should. */
export function failedEnding(code: FailureCode, attempt: number): Ending {
  return endingOf('failed', code, failureTexts[code], attempt);
}

/** The ending of a call that a `block` of the masking profile ends: types and counts, no values. */
export function blockedEnding(tally: Tally, attempt: number): Ending {
  const found = tally.describe();
  const text = found === '' ? 'Masking refused this text.' : `Masking refused this text: ${found}.`;
  return { ...endingOf('blocked', 'masking.blocked', text, attempt), findings: tally.counts };
}

/** The ending of a call that this replica hung up on; of one whose lease was lost another replica says it. */
export function abortedEnding(reason: Exclude<AbortReason, 'lease_lost'>, attempt: number): Ending {
  switch (reason) {
    case 'shutdown':
      return failedEnding('upstream.interrupted', attempt);
    case 'revoked':
      return endingOf('rejected', 'approval.rejected', 'An approver stopped this.', attempt);
    case 'frozen': {
      const text = 'Requests of this caller or connection are frozen.';
      return endingOf('denied', 'policy.frozen', text, attempt);
    }
    default:
      return cancelledEnding(attempt);
  }
}

/** The request is blocked; no call was made. */
export class BlockedRequest extends Error {
  override readonly name = 'BlockedRequest';
  constructor(readonly ending: Ending) {
    super('masking blocks the request');
  }
}

/** A detector that the profile names could not be asked, and the profile says to refuse then. */
export function refusedUnasked(attempt: number): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof DetectorError)) throw error;
    const text = 'Masking refused this text: a detector that it needs can not be asked.';
    throw new BlockedRequest(endingOf('blocked', 'masking.blocked', text, attempt));
  };
}
