import { z } from 'zod';
import { EpochMs, Sha256, SubjectToken } from './names.ts';
import { Principal } from './principal.ts';

/** `key-` and 16 hex digits: names a gateway key everywhere it is recorded. */
export const GatewayKeyId = z.string().regex(/^key-[0-9a-f]{16}$/, 'must be key- and 16 hex digits');

/** KV `config`, key `configKeys.gatewayKey(…)`: a key's digest and what it is good for. Written by policy only. */
export const GatewayKeyEntry = z.object({
  id: GatewayKeyId,
  /** SHA-256 of the whole key; the key itself is stored nowhere. */
  digest: Sha256,
  /** Whose requests it makes. `kind` is `key`, `client` its id: it holds no role and can decide nothing. */
  principal: Principal,
  /** The only connections it reaches. */
  connections: z.array(SubjectToken).min(1).max(100),
  /** Names the data key of the person who made it. */
  by: z.string().max(64),
  createdAt: EpochMs,
  expiresAt: EpochMs,
});
export type GatewayKeyEntry = z.infer<typeof GatewayKeyEntry>;
