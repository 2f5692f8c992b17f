import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CodedError, type ErrorCode, errorStatus } from '#contracts';
import type { Session } from './login/session.ts';

/** One call of the REST API. */
export interface RestCall {
  path: string;
  /** A POST with this body; a GET without. */
  body?: object;
}

const Refusal = z.object({ error: z.looseObject({ code: z.string(), message: z.string() }) });

/**
 * This service's own REST API, called within the process with the person's token. The page has no other way to read or
 * to act, so what it may do is decided, checked and recorded in one place, for every client alike.
 */
@Injectable()
export class Rest {
  constructor(private readonly host: HttpAdapterHost) {}

  /** The answer's body. Throws the `CodedError` that the API refused with; `token.missing` without a session. */
  async call<S extends z.ZodType>(
    schema: S,
    from: FastifyRequest,
    session: Session | undefined,
    { path, body }: RestCall,
  ): Promise<z.infer<S>> {
    const response = await this.fastify.inject({
      ...{ url: path, method: body ? 'POST' : 'GET', remoteAddress: from.ip },
      headers: authorization(session),
      ...(body && { payload: body }),
    });
    if (response.statusCode < 300) return schema.parse(response.json());
    throw refusalOf(response.body);
  }

  /** An answer that goes on, as it comes, until `ended` fires. */
  async stream(
    from: FastifyRequest,
    session: Session | undefined,
    path: string,
    ended: AbortSignal,
  ): Promise<Readable> {
    // No `signal`: light-my-request gives it to a stream that nobody has an error listener on yet, and Node ends a
    // process for an error that nobody listens to.
    const response = await this.fastify.inject({
      ...{ url: path, method: 'GET', remoteAddress: from.ip, headers: authorization(session) },
      payloadAsStream: true,
    });
    const stream = response.stream();
    if (response.statusCode >= 300) throw refusalOf((await stream.toArray()).join(''));
    const close = (): void => {
      // An injected request has no connection whose end would tell the endpoint to stop.
      response.raw.res.req.socket.emit('close');
      stream.destroy();
    };
    if (ended.aborted) close();
    else ended.addEventListener('abort', close, { once: true });
    return stream;
  }

  private get fastify(): FastifyInstance {
    return this.host.httpAdapter.getInstance<FastifyInstance>();
  }
}

function authorization(session: Session | undefined): Record<string, string> {
  return session ? { authorization: `Bearer ${session.token}` } : {};
}

function refusalOf(text: string): CodedError {
  const { code, message, ...details } = Refusal.parse(JSON.parse(text)).error;
  const known: ErrorCode = Object.hasOwn(errorStatus, code) ? (code as ErrorCode) : 'internal.error';
  return new CodedError(known, message, { details });
}
