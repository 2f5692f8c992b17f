import type { EventLog } from './event-log.ts';
import type { Incoming, Lost } from './incoming.ts';

/** Events in stream order without a hole, and those that are stored already. */
export interface Ordered {
  items: (Incoming | Lost)[];
  repeated: Incoming[];
}

/** So many items go into one transaction; what is left over is found again as a hole. */
const maxItems = 4000;
const maxBytes = 32 * 1024 * 1024;

/** Puts events behind `last` in order; what is missing between them is read from the log, or was lost there. */
export async function orderEvents(
  last: number,
  events: readonly Incoming[],
  log: EventLog,
): Promise<Ordered> {
  const sorted = isOrdered(events) ? events : [...events].sort((a, b) => a.sequence - b.sequence);
  const ordered: Ordered = { items: [], repeated: [] };
  let next = last + 1;
  for (const event of sorted) {
    if (event.sequence < next) {
      if (event.sequence <= last) ordered.repeated.push(event);
      continue;
    }
    if (event.sequence > next) {
      const isFilled = await fill(ordered.items, next, event.sequence - 1, log);
      if (!isFilled) return ordered;
    }
    ordered.items.push(event);
    next = event.sequence + 1;
  }
  return ordered;
}

/** Reads `[from, to]` from the log, up to what one transaction takes; false where there is more. */
export async function fill(
  items: (Incoming | Lost)[],
  from: number,
  to: number,
  log: EventLog,
): Promise<boolean> {
  let bytes = 0;
  for await (const item of log.range(from, to)) {
    items.push(item);
    bytes += 'payload' in item ? item.payload.length : 0;
    if (items.length >= maxItems || bytes >= maxBytes) return sequenceOf(item) === to;
  }
  return true;
}

const sequenceOf = (item: Incoming | Lost): number => ('payload' in item ? item.sequence : item.to);

function isOrdered(events: readonly Incoming[]): boolean {
  for (let i = 1; i < events.length; i += 1) {
    if ((events[i - 1] as Incoming).sequence >= (events[i] as Incoming).sequence) return false;
  }
  return true;
}
