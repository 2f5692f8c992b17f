import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import type { AuthenticatedRequest } from '#auth';
import { DeniedRecorder } from '#boot';
import { CodedError } from '#contracts';

/** Refusals that say something about who tried what; a mistyped body doesn't. */
const recordedStatus = new Set([403, 404, 409]);

/** Records who was refused a decision, and why. */
@Injectable()
export class RecordRefusals implements NestInterceptor {
  constructor(private readonly denied: DeniedRecorder) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    return next.handle().pipe(
      catchError((error: unknown) => {
        if (error instanceof CodedError && recordedStatus.has(error.status)) {
          this.denied.refused(error.code, request.user?.principal, request);
        }
        return throwError(() => error);
      }),
    );
  }
}
