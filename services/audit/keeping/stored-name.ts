import { BodyReference } from '#contracts';

/** The name under which the object store holds an event's content; null where the event carries its own. Pure. */
export function storedName(head: Record<string, unknown> | null): string | null {
  if (head === null) return null;
  // What Postgres can't hold as text names no object either.
  if (typeof head.store === 'string') return head.store.includes('\0') ? null : head.store;
  // Almost every event has its body in its tail, so most aren't parsed.
  const { location } = (head.body ?? {}) as { location?: { in?: unknown } };
  if (location?.in !== 'store') return null;
  const body = BodyReference.safeParse(head.body);
  return body.success && body.data.location.in === 'store' ? body.data.location.name : null;
}
