import {
  type ArgumentsHost,
  BadRequestException,
  Catch,
  type ExceptionFilter,
  HttpException,
  StandardSchemaValidationPipe,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CodedError, type ErrorCode } from '#contracts';
import { MissingDependencyError, NotStoredError } from '#messaging';
import { ContentErasedError } from '#sealing';
import type { Logger } from '#telemetry';

interface PublicError {
  status: number;
  body: { error: Record<string, unknown> & { code: ErrorCode; message: string } };
}

const codeByStatus: Record<number, ErrorCode> = {
  400: 'request.invalid',
  401: 'token.missing',
  403: 'access.forbidden',
  404: 'route.not_found',
  413: 'request.too_large',
  415: 'request.unsupported_media_type',
  429: 'request.too_many',
  503: 'service.unavailable',
};

/** What a caller is told of an error: a stable code and a text; what went wrong inside stays inside. */
export function publicError(error: unknown): PublicError {
  if (error instanceof CodedError) {
    const { status, code, message, details } = error;
    return { status, body: { error: { code, message, ...details } } };
  }
  if (error instanceof MissingDependencyError || error instanceof NotStoredError) {
    const message = 'A part that this needs is away right now. Try again.';
    return { status: 503, body: { error: { code: 'service.unavailable', message } } };
  }
  if (error instanceof ContentErasedError) {
    return { status: 410, body: { error: { code: 'content.erased', message: 'The content was erased.' } } };
  }
  const status = statusOf(error);
  if (status === undefined || status >= 500) {
    const message = 'Something went wrong here. It was logged; try again.';
    return { status: 500, body: { error: { code: 'internal.error', message } } };
  }
  const message = error instanceof Error ? error.message : 'The request was refused.';
  return { status, body: { error: { code: codeByStatus[status] ?? 'request.invalid', message } } };
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

/** Turns every exception of a Nest endpoint into one shape: `{"error": {"code", "message", …}}`. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const { status, body } = publicError(error);
    if (status >= 500) {
      const { method, routeOptions } = http.getRequest<FastifyRequest>();
      this.logger.error({ err: error, method, route: routeOptions?.url }, 'request failed');
    }
    if (reply.sent || reply.raw.headersSent) return;
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    reply.status(status).send(body);
  }
}

interface Issue {
  message: string;
  path?: readonly unknown[] | undefined;
}

const pathOf = (issue: Issue): string =>
  (issue.path ?? [])
    .map((part) => (typeof part === 'object' && part !== null && 'key' in part ? part.key : part))
    .join('.');

/** Validates what a controller declares with a zod schema; a mismatch is `request.invalid` with every issue. */
export function validationPipe(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({
    exceptionFactory: (issues: readonly Issue[]) => {
      const listed = issues.slice(0, 20).map((issue) => ({ path: pathOf(issue), message: issue.message }));
      const text = listed.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
      return new CodedError('request.invalid', text, {
        details: { issues: listed },
        cause: new BadRequestException(),
      });
    },
  });
}
