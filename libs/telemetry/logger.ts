import { type Logger as PinoLogger, pino } from 'pino';

/** The one logger of a process. Log lines carry ids, codes and counts; never a prompt, an answer or a token. */
export type Logger = PinoLogger;

/** Fields that must never be written, whatever object they come in. */
const redacted = [
  'authorization',
  'cookie',
  'password',
  'token',
  'access_token',
  'body',
  'prompt',
  'content',
  'text',
];

/** A JSON logger on standard output. `level` is one of pino's. */
export function createLogger(service: string, level: string): Logger {
  const paths = redacted.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
  return pino({
    name: service,
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths, censor: '[redacted]' },
    serializers: { err: publicError, error: publicError },
  });
}

/** An error as it is logged: name, code and stack; causes by name and message, never their data. */
function publicError(error: unknown): object {
  if (!(error instanceof Error)) return { message: 'not an Error' };
  const { name, message, stack } = error;
  const code = (error as { code?: unknown }).code;
  const cause =
    error.cause instanceof Error ? { name: error.cause.name, message: error.cause.message } : undefined;
  return { name, message, stack, ...(code !== undefined && { code }), ...(cause && { cause }) };
}
