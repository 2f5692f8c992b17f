import { z } from 'zod';
import { defineEvent, type EventHead } from '../envelope/event.ts';
import { EpochMs, RequestId } from '../names.ts';

/** The client went away from a running call, or the requester cancelled a held one. */
export const requestCancelled = defineEvent({
  name: 'request.cancelled',
  live: true,
  schema: z.object({
    requestId: RequestId,
    reason: z.enum(['client_gone', 'requester', 'shutdown']),
    at: EpochMs,
  }),
});
export type RequestCancelled = EventHead<typeof requestCancelled>;
