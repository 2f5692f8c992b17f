import { z } from 'zod';
import { defineEvent } from '../envelope/event.ts';
import { GatewayKeyId } from '../gateway-key.ts';
import { EpochMs, SubjectToken } from '../names.ts';
import { Principal } from '../principal.ts';

/** A gateway key was made or revoked. It is named by its id only. */
export const gatewayKeyChanged = defineEvent({
  name: 'gateway-key.changed',
  schema: z.object({
    key: GatewayKeyId,
    change: z.enum(['created', 'revoked']),
    /** Names the data key of its owner. */
    owner: z.string().max(64),
    connections: z.array(SubjectToken).min(1).max(100),
    expiresAt: EpochMs,
    by: Principal,
    /** Names the data key of `by`. */
    subjectKey: z.string().max(64),
    at: EpochMs,
  }),
});
