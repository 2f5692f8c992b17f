/** Every error code a caller can meet, with its HTTP status. Adding one is free; a code's meaning never changes. */
export const errorStatus = {
  'request.invalid_json': 400,
  'request.invalid_utf8': 400,
  'request.ambiguous_key': 400,
  'request.number_out_of_range': 400,
  'request.too_deep': 400,
  'request.invalid': 400,
  'request.remote_url': 400,
  'request.timeout': 408,
  'request.too_large': 413,
  'request.not_found': 404,
  'request.already_completed': 409,
  'request.unsupported_media_type': 415,
  'request.idempotency_mismatch': 422,
  'request.too_many': 429,
  'route.not_found': 404,
  'token.missing': 401,
  'token.invalid': 401,
  'token.expired': 401,
  'token.expired_while_pending': 401,
  'key.disabled': 403,
  'key.not_found': 404,
  'key.life_too_long': 400,
  'key.connection': 403,
  'access.forbidden': 403,
  'policy.denied': 403,
  'policy.model_not_listed': 403,
  'policy.connection_disabled': 403,
  'policy.frozen': 403,
  'policy.unavailable': 503,
  'approval.pending': 503,
  'approval.rejected': 403,
  'approval.expired': 403,
  'approval.cancelled': 403,
  'approval.not_found': 404,
  'approval.already_decided': 409,
  'approval.outdated': 409,
  'approval.rechecking': 409,
  'approval.editor_excluded': 409,
  'approval.requester_excluded': 403,
  'approval.not_in_group': 403,
  'approval.reason_required': 400,
  'approval.people_only': 403,
  'approval.reviewer_excluded': 403,
  'approval.not_decided': 409,
  'approval.not_editable': 409,
  'approval.edit_empty': 400,
  'approval.invalid_edit': 400,
  'approval.too_many_pending': 429,
  'notification.not_found': 404,
  'approval.not_grantable': 409,
  'grant.not_found': 404,
  'masking.blocked': 403,
  'upstream.unavailable': 502,
  'upstream.interrupted': 502,
  'upstream.timeout': 504,
  'upstream.error': 502,
  'upstream.invalid_answer': 502,
  'release.invalid': 500,
  'content.erased': 410,
  'config.invalid': 422,
  'config.not_found': 404,
  'config.outdated': 409,
  'freeze.not_found': 404,
  'freeze.second_person': 403,
  'audit.behind': 503,
  'audit.legal_hold': 409,
  'erasure.no_approvers': 409,
  'hold.not_found': 404,
  'service.overloaded': 503,
  'service.unavailable': 503,
  'internal.error': 500,
} as const;
export type ErrorCode = keyof typeof errorStatus;

/**
 * An error with a stable code and a text that a caller may see. What went wrong inside goes into `cause`, which
 * is logged and never sent.
 */
export class CodedError extends Error {
  override readonly name: string = 'CodedError';
  readonly status: number;
  constructor(
    readonly code: ErrorCode,
    message: string,
    options: ErrorOptions & { readonly details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options);
    this.status = errorStatus[code];
    this.details = options.details;
  }
  /** Public facts that go with the code, e.g. `{approval_id}`. */
  readonly details: Readonly<Record<string, unknown>> | undefined;
}
