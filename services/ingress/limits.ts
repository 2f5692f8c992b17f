import { durationMs, type PolicyDocument, sizeBytes } from '#contracts';

/** The front door's limits, in numbers. */
export interface Limits {
  maxBodyBytes: number;
  maxOpenRequests: number;
  keepAliveMs: number;
  maxSilentWaitMs: number | undefined;
  pickUpMs: number;
  maxReceiveMs: number;
}

/** Timers of Node that are set for longer go off at once. */
export const longestTimerMs = 2 ** 31 - 1;

/** Never more than this, whatever the configuration says. */
export const bodyCeilingBytes = 32 * 1024 * 1024;

/** The limits of a revision. */
export function limitsOf({ ingress, retention }: PolicyDocument): Limits {
  return {
    maxBodyBytes: Math.min(bodyCeilingBytes, sizeBytes(ingress.maxBody)),
    maxOpenRequests: ingress.maxOpenRequests,
    keepAliveMs: Math.min(longestTimerMs, durationMs(ingress.keepAlive)),
    maxSilentWaitMs: ingress.maxSilentWait === undefined ? undefined : durationMs(ingress.maxSilentWait),
    pickUpMs: durationMs(retention.pickUp),
    maxReceiveMs: durationMs(ingress.maxReceive),
  };
}
