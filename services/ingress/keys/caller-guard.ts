import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DeniedRecorder } from '#boot';
import { CodedError, type Principal } from '#contracts';
import { Callers } from '../callers.ts';

type AskedRequest = FastifyRequest & { caller?: Principal };

/** Lets callers to their own requests by the credential they asked with, gateway keys included. */
@Injectable()
export class CallerGuard implements CanActivate {
  constructor(
    private readonly callers: Callers,
    private readonly denied: DeniedRecorder,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AskedRequest>();
    try {
      request.caller = (await this.callers.authenticate(request.headers)).principal;
      return true;
    } catch (error) {
      if (error instanceof CodedError) this.denied.refused(error.code, undefined, request);
      throw error;
    }
  }
}

/** Whom `CallerGuard` let in. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { caller } = context.switchToHttp().getRequest<AskedRequest>();
  if (!caller) throw new CodedError('token.missing', 'Send an access token: Authorization: Bearer …');
  return caller;
});
