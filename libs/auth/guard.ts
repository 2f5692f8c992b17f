import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { CodedError, type Principal, type Role } from '#contracts';
import type { VerifiedToken } from './tokens/token-verifier.ts';

const rolesKey = 'sallyport:roles';
const publicKey = 'sallyport:public';

/** Who may call this endpoint; any one of the roles is enough. Without it, any authenticated caller may. */
export const Roles = (...roles: Role[]) => SetMetadata(rolesKey, roles);
/** No token is asked for. */
export const Public = () => SetMetadata(publicKey, true);
/** A guard of the endpoint's own lets callers in, in place of `TokenGuard`. */
export const OwnGuard = () => SetMetadata(publicKey, 'guarded');

/** The request as the guards leave it. */
export interface AuthenticatedRequest {
  user?: VerifiedToken | undefined;
  roles?: Role[];
}

/** Gives the roles of a principal under the revision in force. */
export abstract class RoleSource {
  abstract rolesOf(principal: Principal): Role[];
}

/** Told of every refusal, so that it is recorded. */
export abstract class RefusalListener {
  abstract refused(code: string, principal: Principal | undefined, request: unknown): void;
}

/** Asks for a valid token on every endpoint that isn't public, then for one of the endpoint's roles. */
@Injectable()
export class TokenGuard extends AuthGuard('sallyport') implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly source: RoleSource,
    private readonly listener: RefusalListener,
  ) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<true | 'guarded' | undefined>(publicKey, targets)) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    try {
      await super.canActivate(context);
      const principal = request.user?.principal;
      if (!principal) throw new CodedError('token.missing', 'Send an access token: Authorization: Bearer …');
      request.roles = this.source.rolesOf(principal);
      this.requireRole(
        request.roles,
        this.reflector.getAllAndOverride<Role[] | undefined>(rolesKey, targets),
      );
      return true;
    } catch (error) {
      if (error instanceof CodedError) this.listener.refused(error.code, request.user?.principal, request);
      throw error;
    }
  }

  /** passport-jwt gives why a token failed as `info`, not as an error. */
  override handleRequest<T>(error: unknown, user: T | false, info?: unknown): T {
    if (error) throw error;
    if (info instanceof CodedError) throw info;
    if (!user) throw new CodedError('token.missing', 'Send an access token: Authorization: Bearer …');
    return user;
  }

  private requireRole(held: Role[], wanted: Role[] | undefined): void {
    if (!wanted || wanted.some((role) => held.includes(role))) return;
    throw new CodedError(
      'access.forbidden',
      `This needs ${wanted.length === 1 ? 'the role' : 'one of the roles'} ${wanted.join(', ')}.`,
    );
  }
}

const userOf = (context: ExecutionContext): VerifiedToken => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!user) throw new CodedError('token.missing', 'Send an access token: Authorization: Bearer …');
  return user;
};

/** The verified caller of a Nest endpoint. */
export const CurrentPrincipal = createParamDecorator(
  (_: unknown, context: ExecutionContext) => userOf(context).principal,
);

/** The caller's roles. */
export const CurrentRoles = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<AuthenticatedRequest>().roles ?? [],
);
