import { accessDenied } from './access-denied.ts';
import {
  configActivated,
  contentDropped,
  contentErased,
  contentHeld,
  contentRead,
  contentRevealed,
  grantUsed,
  principalFrozen,
} from './administration.ts';
import { answerRestored } from './answer-restored.ts';
import { approvalDecided } from './approval-decided.ts';
import { approvalEdited } from './approval-edited.ts';
import { approvalRequested } from './approval-requested.ts';
import { gatewayKeyChanged } from './gateway-key-changed.ts';
import { requestCancelled } from './request-cancelled.ts';
import { requestCompleted } from './request-completed.ts';
import { requestAttached, requestJustified, requestNudged, responseDeleted } from './request-notes.ts';
import { requestReceived } from './request-received.ts';
import { requestReleased } from './request-released.ts';

export * from './access-denied.ts';
export * from './administration.ts';
export * from './answer-facts.ts';
export * from './answer-restored.ts';
export * from './approval-decided.ts';
export * from './approval-edited.ts';
export * from './approval-requested.ts';
export * from './gateway-key-changed.ts';
export * from './request-cancelled.ts';
export * from './request-completed.ts';
export * from './request-notes.ts';
export * from './request-received.ts';
export * from './request-released.ts';

/** Every event of the flow, in the order a request meets them. */
export const events = [
  requestReceived,
  requestReleased,
  approvalRequested,
  approvalEdited,
  approvalDecided,
  requestCompleted,
  requestCancelled,
  answerRestored,
  requestJustified,
  requestNudged,
  requestAttached,
  responseDeleted,
  configActivated,
  accessDenied,
  grantUsed,
  contentRevealed,
  contentRead,
  contentErased,
  contentHeld,
  contentDropped,
  principalFrozen,
  gatewayKeyChanged,
] as const;
