import { MissingDependencyError } from '#messaging';

/** SQLSTATE classes and codes that mean the server is away, starting, stopping or full (PostgreSQL, appendix A). */
const awayCodes = new Set(['57P01', '57P02', '57P03', '57P05', '53300', '25P03', '58000', '58030']);
const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);
const repeatableCodes = new Set(['40001', '40P01', '55P03']);
const clientMessages =
  /connection terminated|client has encountered a connection error|timeout exceeded when trying to connect|connection ended|not queryable|client was closed|cannot use a pool after calling end|driver not connected|already released/i;

/** The database's own error inside what TypeORM or a caller wrapped around it. */
function innermost(error: unknown): { code?: string; message: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  const inner = (error as { driverError?: unknown }).driverError ?? error.cause;
  if (inner instanceof Error && inner !== error) return innermost(inner);
  return error as Error & { code?: string };
}

/** True where the database could not be reached or went away: nothing is known about the work's outcome. */
export function isConnectionLoss(error: unknown): boolean {
  const { code, message } = innermost(error);
  if (code !== undefined && (awayCodes.has(code) || socketCodes.has(code) || code.startsWith('08')))
    return true;
  return clientMessages.test(message);
}

/** True for a serialization failure, deadlock or lock timeout: the same transaction may be run again. */
export function isRepeatable(error: unknown): boolean {
  return repeatableCodes.has(innermost(error).code ?? '');
}

/** True where a row that had to be as it was seen had changed: `division_by_zero`, see `writeLast`. */
export function isOvertaken(error: unknown): boolean {
  return innermost(error).code === '22012';
}

/** Turns a lost connection into the error on which consumers pause; returns other errors as they are. */
export function asMissingDependency(error: unknown): unknown {
  if (error instanceof MissingDependencyError || !isConnectionLoss(error)) return error;
  return new MissingDependencyError('postgres is away', { cause: error });
}
