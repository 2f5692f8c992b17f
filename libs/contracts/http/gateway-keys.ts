import { z } from 'zod';
import { Duration } from '../document/scalars.ts';
import { GatewayKeyId } from '../gateway-key.ts';
import { EpochMs, SubjectToken } from '../names.ts';

/** `POST /v1/keys`. */
export const GatewayKeyBody = z.strictObject({
  /** What it is for, as people call it. */
  name: z.string().trim().min(1).max(100),
  connections: z.array(SubjectToken).min(1).max(100),
  /** OIDC subject of its owner; by default the caller. */
  subject: z.string().min(1).max(255).optional(),
  /** The owner's issuer, where several are configured. */
  issuer: z.string().max(512).optional(),
  /** Groups that its requests have; by default the caller's own, for somebody else none. */
  groups: z.array(z.string().min(1).max(255)).max(500).optional(),
  life: Duration.optional(),
});
export type GatewayKeyBody = z.infer<typeof GatewayKeyBody>;

/** A gateway key as it is listed: never the key. */
export const GatewayKeyView = z.object({
  id: GatewayKeyId,
  name: z.string(),
  issuer: z.string(),
  subject: z.string(),
  groups: z.array(z.string()),
  connections: z.array(z.string()),
  createdAt: EpochMs,
  expiresAt: EpochMs,
});
export type GatewayKeyView = z.infer<typeof GatewayKeyView>;

/** The one time that a key is shown. */
export const GatewayKeyCreated = GatewayKeyView.extend({ key: z.string() });
export type GatewayKeyCreated = z.infer<typeof GatewayKeyCreated>;

export const GatewayKeyList = z.object({ items: z.array(GatewayKeyView) });
export type GatewayKeyList = z.infer<typeof GatewayKeyList>;
