import { z } from 'zod';
import { Duration, durationMs } from './scalars.ts';

/** No gateway key lives longer. */
const longestLifeMs = 90 * 24 * 3_600_000;

const Life = Duration.refine((text) => durationMs(text) <= longestLifeMs, 'expected at most 90d');

/** Static keys for clients that can't get a token of an identity provider. Off unless somebody turns them on. */
export const GatewayKeys = z.strictObject({
  enabled: z.boolean().default(false),
  /** Where whoever makes one doesn't say. */
  life: Life.default('24h'),
  /** The longest that can be asked for. */
  maxLife: Life.default('90d'),
});
export type GatewayKeys = z.infer<typeof GatewayKeys>;
