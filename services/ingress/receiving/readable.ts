import type { IncomingHttpHeaders } from 'node:http';
import { CodedError } from '#contracts';

/** Throws `request.unsupported_media_type` for a body that rules could not look at as it comes: compressed, or in parts. */
export function requireReadable({ headers }: { headers: IncomingHttpHeaders }): void {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (coding !== '' && coding !== 'identity') {
    const message = `A body in content-encoding ${coding.slice(0, 40)} is not read here. Send it as it is.`;
    throw new CodedError('request.unsupported_media_type', message);
  }
  if (headers['content-type']?.trimStart().toLowerCase().startsWith('multipart/')) {
    const message = 'Multipart bodies are not read here. Send JSON.';
    throw new CodedError('request.unsupported_media_type', message);
  }
}
