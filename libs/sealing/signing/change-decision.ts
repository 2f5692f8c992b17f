import { type ApprovalRequested, changeTerms, type DecidedOutcome } from '#contracts';
import type { PeopleReleaseVerifier } from './release-signing.ts';

/** What a service makes of a decision about the change it asked for; only `approved` allows anything. */
export type ChangeVerdict = 'approved' | 'rejected' | 'expired' | 'cancelled' | 'forged';

/**
 * Judges `approval.decided` (kind `outcome`) by the request as its service kept it. `forged`: another version or digest
 * than was asked for, or an approval that approval's key did not sign.
 */
export function verdictOnChange(
  requested: ApprovalRequested,
  decided: DecidedOutcome,
  verifier: PeopleReleaseVerifier,
): ChangeVerdict {
  const { requestId, version, gate, digest, outcome, signature, at } = decided;
  const isOther = requestId !== requested.requestId || version !== requested.version || gate !== 'change';
  if (isOther || digest !== requested.body.digest) return 'forged';
  if (outcome !== 'approved') return outcome;
  if (!signature || !verifier.verify(changeTerms(requested, at), signature)) return 'forged';
  return at >= requested.expiresAt ? 'expired' : 'approved';
}
