import { z } from 'zod';
import { defineEvent, type EventHead } from '../envelope/event.ts';
import { RequestId } from '../names.ts';
import { BodyReference, RequestContext } from '../request-context.ts';

/** Ingress accepted a request. Tail: the body's bytes as received, sealed. */
export const requestReceived = defineEvent({
  name: 'request.received',
  schema: z.object({ requestId: RequestId, context: RequestContext, body: BodyReference }),
});
export type RequestReceived = EventHead<typeof requestReceived>;
