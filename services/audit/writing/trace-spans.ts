import { addSpan } from '#telemetry';
import type { Incoming, Lost } from '../receiving/incoming.ts';

/** Says in each event's trace when the ledger got it: from the broker's time to the commit, both in ms since the epoch. */
export function traceStored(items: readonly (Incoming | Lost)[], committedMs: number): void {
  for (const item of items) {
    if (!('payload' in item) || item.traceparent === undefined) continue;
    const attributes = {
      'messaging.system': 'nats',
      'messaging.destination.name': item.subject,
      'sallyport.sequence': item.sequence,
    };
    const from = { traceparent: item.traceparent };
    addSpan(`record ${item.subject.split('.v1')[0]}`, { from, attributes }, item.atMs, committedMs);
  }
}
