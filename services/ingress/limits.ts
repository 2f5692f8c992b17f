import { durationMs, type PolicyDocument, sizeBytes } from '#contracts';

/** Which answers a call that is sent again may get. */
export interface PickUp {
  /** For so long after they came. */
  pickUpMs: number;
  /** Connections whose answers are for the first call alone. */
  withoutPickUp: ReadonlySet<string>;
}

/** The front door's limits, in numbers. */
export interface Limits {
  maxBodyBytes: number;
  maxOpenRequests: number;
  keepAliveMs: number;
  maxSilentWaitMs: number | undefined;
  pickUp: PickUp;
  maxReceiveMs: number;
}

/** Timers of Node that are set for longer go off at once. */
export const longestTimerMs = 2 ** 31 - 1;

/** Never more than this, whatever the configuration says. */
export const bodyCeilingBytes = 32 * 1024 * 1024;

/** The limits of a revision. */
export function limitsOf({ ingress, retention, connections }: PolicyDocument): Limits {
  const withoutPickUp = Object.entries(connections).filter(([, { pickUp }]) => !pickUp);
  return {
    maxBodyBytes: Math.min(bodyCeilingBytes, sizeBytes(ingress.maxBody)),
    maxOpenRequests: ingress.maxOpenRequests,
    keepAliveMs: Math.min(longestTimerMs, durationMs(ingress.keepAlive)),
    maxSilentWaitMs: ingress.maxSilentWait === undefined ? undefined : durationMs(ingress.maxSilentWait),
    pickUp: {
      pickUpMs: durationMs(retention.pickUp),
      withoutPickUp: new Set(withoutPickUp.map(([name]) => name)),
    },
    maxReceiveMs: durationMs(ingress.maxReceive),
  };
}
