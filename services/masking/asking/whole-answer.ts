import type { IncomingHttpHeaders } from 'node:http';
import type { Protocol, Route, TokenUsage } from '#protocols';
import type { MaskingPass } from '../masking-pass.ts';
import { answerHeaders } from '../upstream/target.ts';
import { findUsage, type Usage, usageOf } from './usage.ts';

/** The model's server answered with something that can't be passed on. */
export class InvalidAnswerError extends Error {
  override readonly name = 'InvalidAnswerError';
}

/** An answer in one piece, as the client gets it. */
export interface WholeAnswer {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly usage: Usage | undefined;
}

const printable = /^[\x20-\x7e]{1,255}$/;
const defaultType = 'application/json';

/** A content type that can be passed on. */
export function contentTypeOf(headers: IncomingHttpHeaders): string {
  const given = headers['content-type'];
  return given !== undefined && printable.test(given) ? given : defaultType;
}

/** Usage as a protocol read it, for `completed`. */
export function recordedUsage(usage: TokenUsage | undefined): Usage | undefined {
  return usage && usageOf(usage.inputTokens, usage.outputTokens ?? 0);
}

/**
 * Masks an answer in one piece. Without a pass its bytes go on as they came, unread but for the token counts. Throws
 * `InvalidAnswerError` where it should be masked and can't be read.
 */
export function maskWhole(
  answer: { readonly bytes: Buffer; readonly status: number; readonly headers: IncomingHttpHeaders },
  by: { readonly protocol: Protocol; readonly route: Route; readonly contentIsJson: boolean },
  pass: MaskingPass | undefined,
): WholeAnswer {
  const { bytes, status, headers } = answer;
  const contentType = contentTypeOf(headers);
  if (pass === undefined || bytes.length === 0) return { bytes, contentType, usage: findUsage(bytes) };
  const { openMask, openJsonMask, openFieldMask, numbersStay } = pass;
  const masks = { openMask, openJsonMask, openFieldMask, numbersStay, contentIsJson: by.contentIsJson };
  const masked = by.protocol.maskAnswer(bytes, by.route, masks);
  if (masked.kind === 'masked') {
    return { bytes: masked.bytes, contentType, usage: recordedUsage(masked.record.usage) };
  }
  if (status < 400) throw new InvalidAnswerError('the answer is not JSON');
  // A proxy's error page: text like any other.
  const text = pass.text(bytes.toString('utf8'));
  return { bytes: Buffer.from(text), contentType: 'text/plain; charset=utf-8', usage: undefined };
}

/** The headers that a client gets of an answer, masked as the answer is. */
export function maskHeaders(
  headers: IncomingHttpHeaders,
  pass: MaskingPass | undefined,
): Record<string, string> | undefined {
  const passed = answerHeaders(headers);
  if (!passed || !pass) return passed;
  return Object.fromEntries(Object.entries(passed).map(([name, value]) => [name, pass.text(value)]));
}
