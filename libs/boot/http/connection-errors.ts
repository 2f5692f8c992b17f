import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ErrorCode, errorStatus } from '#contracts';

const timeout = { code: 'request.timeout', message: 'The request did not arrive in time.' } as const;
const tooLarge = { code: 'request.too_large', message: 'The headers are too large.' } as const;
const unreadable = { code: 'request.invalid', message: 'This is not a readable HTTP/1.1 request.' } as const;
const headersTooLarge = 431;

const refusals: Readonly<Record<string, { code: ErrorCode; message: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: timeout,
  HPE_HEADER_OVERFLOW: tooLarge,
};

/** Answers what never became a request, in the shape of every other error, and closes the connection. */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const { code, message } = refusals[error.code ?? ''] ?? unreadable;
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? headersTooLarge : errorStatus[code];
  const type = 'invalid_request_error';
  const body = JSON.stringify({ error: { message, type, param: null, code } });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-should-retry: ${code === 'request.timeout'}`,
    'connection: close',
  ];
  if (socket.writable) socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  else socket.destroy();
}
