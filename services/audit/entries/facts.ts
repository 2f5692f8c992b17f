import { events } from '#contracts';

/** One recorded event as readers and the reconciler see it. Personal values may be `null`. */
export interface Fact {
  index: number;
  log: number;
  sequence: number;
  /** When the stream stored it, ms since the epoch. */
  atMs: number;
  subject: string;
  /** The contract's name; null where no contract has this subject. */
  name: string | null;
  /** The request that it is about; null where it is about none. */
  requestId: string | null;
  head: Record<string, unknown> | null;
  /** The names of the data keys of the people it names, by JSON pointer. */
  owners: ReadonlyMap<string, string>;
}

const names = new Map(events.map(({ prefix, name }) => [prefix, name]));
const remembered = new Map<string, string | null>();
const maxRemembered = 5000;

/** The name of the event that is published on a subject; null for a subject of no contract. */
export function eventNameOf(subject: string): string | null {
  const known = remembered.get(subject);
  if (known !== undefined) return known;
  const end = subject.indexOf('.v1');
  const name = end < 0 ? null : (names.get(subject.slice(0, end + 3)) ?? null);
  if (remembered.size >= maxRemembered) remembered.clear();
  remembered.set(subject, name);
  return name;
}

/** Patterns (SQL, `like`) of the subjects that events with these names are published on. */
export function subjectsOf(wanted: ReadonlySet<string>): string[] {
  return events
    .filter(({ name }) => wanted.has(name))
    .map(({ prefix }) => `${prefix.replaceAll('_', '\\_')}%`);
}

const requestIdPattern = /^req-[0-9a-f]{32}$/;

/** When a request got its id, ms: a UUIDv7 begins with it (RFC 9562, section 5.7). */
export const requestTimeMs = (requestId: string): number => Number.parseInt(requestId.slice(4, 16), 16);

/** The request that an event is about; null where it is about none. */
export function requestIdOf(fact: Pick<Fact, 'name' | 'head'>): string | null {
  if (fact.head === null) return null;
  const holder = fact.name === 'request.released' ? fact.head.terms : fact.head;
  const id = (holder as { requestId?: unknown } | null | undefined)?.requestId;
  return typeof id === 'string' && requestIdPattern.test(id) ? id : null;
}

/** Events that are about a request and say so. */
const aboutRequests = new Set(
  events
    .map(({ name }) => name)
    .filter((name) => name.startsWith('request.') || name.startsWith('approval.')),
);

/** What is wrong with an event as far as the ledger can see; null where nothing is. */
export function flawOf(fact: Pick<Fact, 'name' | 'head' | 'requestId'>): string | null {
  if (fact.head === null) return 'event.unreadable';
  if (fact.name === null) return 'event.unknown';
  if (fact.requestId !== null || !aboutRequests.has(fact.name)) return null;
  // A change of the policy waits under an id of its own.
  return fact.head.gate === 'change' ? null : 'event.without_request';
}
