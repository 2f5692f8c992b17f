import { CodedError } from '#contracts';
import type { ApprovalRequest } from '../approval-request.entity.ts';
import type { Refusal } from './decision/decision.ts';

/** A refusal as the API tells it. */
export function refused({ code, message }: Refusal, { id }: ApprovalRequest): CodedError {
  return new CodedError(code, message, { details: { approval_id: id } });
}

/** There is no such approval request, or none that this person may know of. */
export function notFound(id: string): CodedError {
  return new CodedError('approval.not_found', 'There is no such approval request, or none for you to see.', {
    details: { approval_id: id },
  });
}
