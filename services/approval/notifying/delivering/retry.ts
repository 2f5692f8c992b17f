import { type Delivering, durationMs } from '#contracts';

const jitterShare = 0.2;
const maxAskedMs = 6 * 3_600_000;

/**
 * How long to wait after so many failed attempts, ms; undefined where it is given up. Varied by a fifth in either
 * direction (`random` from 0 to 1), so that receivers that come back aren't met by everything at once. What the
 * receiver asked for (`Retry-After`) counts where it is longer, up to 6 h.
 */
export function retryAfterMs(
  { retry }: Pick<Delivering, 'retry'>,
  attempts: number,
  random: number,
  askedMs = 0,
): number | undefined {
  const pause = retry[attempts - 1];
  if (pause === undefined) return undefined;
  const varied = durationMs(pause) * (1 - jitterShare + 2 * jitterShare * random);
  return Math.round(Math.max(varied, Math.min(askedMs, maxAskedMs)));
}
