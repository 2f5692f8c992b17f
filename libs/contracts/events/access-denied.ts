import { z } from 'zod';
import { defineEvent, type EventHead } from '../envelope/event.ts';
import { EpochMs, ServiceName } from '../names.ts';

/** A caller was turned away before any request existed. Without a verified identity, counted per address and minute. */
export const accessDenied = defineEvent({
  name: 'access.denied',
  schema: z.object({
    service: ServiceName,
    code: z.string().max(80),
    address: z.string().max(64),
    issuer: z.string().max(512).optional(),
    subject: z.string().max(255).optional(),
    route: z.string().max(255),
    count: z.number().int().positive(),
    since: EpochMs,
    until: EpochMs,
  }),
});
export type AccessDenied = EventHead<typeof accessDenied>;
