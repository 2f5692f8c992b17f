/** Every way a masking profile can be refused, or masking can fail. */
export type RedactionErrorCode =
  | 'redaction.pattern_syntax'
  | 'redaction.pattern_unsupported'
  | 'redaction.pattern_too_large'
  | 'redaction.pattern_matches_empty'
  | 'redaction.example_failed'
  | 'redaction.too_slow'
  | 'redaction.bad_cidr'
  | 'redaction.bad_key'
  | 'redaction.stream_ended';

/** A refused profile or a failed call; `message` is safe to show, it never holds text that was to be masked. */
export class RedactionError extends Error {
  readonly code: RedactionErrorCode;

  constructor(code: RedactionErrorCode, message: string) {
    super(message);
    this.name = 'RedactionError';
    this.code = code;
  }
}
