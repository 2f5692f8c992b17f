import type { Json } from '../json/json.ts';

/** An error as any part of Sallyport means it, before a client's protocol gives it a shape. */
export interface WireError {
  /** HTTP status, 400–599. */
  readonly status: number;
  /** Stable code, such as `approval.rejected`. */
  readonly code: string;
  /** Text for the person at the client. */
  readonly message: string;
  readonly requestId: string;
  /** The field at fault, in the client's words. */
  readonly param?: string;
  /** The client's SDK should send the request again after this time (capped at 30 s). Absent: it should not. */
  readonly retryAfterMs?: number;
  /** More members for the error object: `approval_id`, `status_url`, `expires_at`, … */
  readonly details?: Readonly<Record<string, Json>>;
}

/** A complete HTTP answer. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Some clients sleep through any wait they are told. */
const longestRetryAfterMs = 30_000;

/** The headers every error carries, whatever the protocol. SDKs obey `x-should-retry` over the status. */
export function errorHeaders(error: WireError): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json; charset=utf-8',
    'x-request-id': error.requestId,
    'x-sallyport-request-id': error.requestId,
    'x-should-retry': String(error.retryAfterMs !== undefined),
  };
  if (error.retryAfterMs !== undefined) {
    const waitMs = Math.min(longestRetryAfterMs, Math.max(0, Math.round(error.retryAfterMs)));
    headers['retry-after-ms'] = String(waitMs);
  }
  return headers;
}

/** Error types that OpenAI's and Anthropic's clients know, by status. */
export function errorType(status: number): string {
  switch (status) {
    case 400:
    case 422:
      return 'invalid_request_error';
    case 401:
      return 'authentication_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 429:
      return 'rate_limit_error';
    default:
      return status >= 500 ? 'server_error' : 'invalid_request_error';
  }
}
