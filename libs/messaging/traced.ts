import { inSpan, type TraceHeaders } from '#telemetry';
import type { Delivery } from './consuming/pull.ts';

/** Where heads say which request they are about, and with which headers it came. */
interface RequestFacts {
  requestId?: string;
  terms?: { requestId?: string };
  headers?: TraceHeaders;
  context?: { headers?: TraceHeaders };
}

/** Runs a handler in a span that goes on from whoever published the event, linked with the request's own trace. */
export function traced(delivery: Delivery, head: RequestFacts, work: () => Promise<void>): Promise<void> {
  const requestId = head.requestId ?? head.terms?.requestId;
  return inSpan(
    `process ${delivery.subject.split('.v1')[0]}`,
    {
      from: Object.fromEntries(delivery.headers ?? []),
      about: head.headers ?? head.context?.headers,
      attributes: {
        'messaging.system': 'nats',
        'messaging.operation.type': 'process',
        'messaging.destination.name': delivery.subject,
        'messaging.delivery.count': delivery.deliveries,
        ...(requestId !== undefined && { 'sallyport.request_id': requestId }),
      },
    },
    work,
  );
}
