import { hash, timingSafeEqual } from 'node:crypto';
import type { RequestReleased, requestReleased } from '#contracts';
import { type EventMessage, PoisonError } from '#messaging';
import { type FoundRoute, findRoute } from '#protocols';
import type { PeopleReleaseVerifier, RuleReleaseKey } from '#sealing';
import { metrics } from '#telemetry';
import type { Release } from './release.ts';

/** Checks who released. Both answer for the whole of the terms. */
export interface ReleaseKeys {
  rule: RuleReleaseKey;
  people: PeopleReleaseVerifier;
}

export type RefusalReason = 'signature' | 'subject' | 'gate' | 'route' | 'digest' | 'body';

/** A release that isn't run. `authentic` says that its signature is right, so its request can be ended. */
export class RefusedReleaseError extends PoisonError {
  constructor(
    readonly reason: RefusalReason,
    readonly authentic: boolean,
  ) {
    super(`release refused: ${reason}`);
    metrics.releasesRefused.inc({ reason });
  }
}

/** Whether the signature over a release's terms is the one that its subject asks for. */
export function isAuthentic(head: RequestReleased, by: string, keys: ReleaseKeys): boolean {
  const { terms, signature } = head;
  if (by === 'rule') return keys.rule.verify(terms, signature);
  return by === 'people' && keys.people.verify(terms, signature);
}

/** `rule` or `people`, and the connection: the last tokens of a release's subject. */
export function subjectTokens(subject: string): { by: string; connection: string } {
  const tokens = subject.split('.');
  return { by: tokens.at(-2) ?? '', connection: tokens.at(-1) ?? '' };
}

/** Takes a release as genuine, or throws `RefusedReleaseError`: it goes to the dead letters and raises an alarm. */
export function verifyRelease(message: EventMessage<typeof requestReleased>, keys: ReleaseKeys): Release {
  const { head } = message;
  const { terms } = head;
  const { by, connection } = subjectTokens(message.subject);
  if (!isAuthentic(head, by, keys)) throw new RefusedReleaseError('signature', false);
  if (connection !== terms.connection) throw new RefusedReleaseError('subject', true);
  const isGateRight = by === 'rule' ? terms.gate === 'prompt' : terms.gate !== 'change';
  if (!isGateRight) throw new RefusedReleaseError('gate', true);
  const found = routeOf(head.method, head.path, connection);
  // The path is not signed; it must say the operation that is.
  if (
    found === undefined ||
    found.protocol.name !== head.protocol ||
    found.route.operation !== terms.operation ||
    found.route.answeredBy !== 'model' ||
    (found.connection !== undefined && found.connection !== connection)
  ) {
    throw new RefusedReleaseError('route', true);
  }
  return { head, message, by: by as Release['by'], protocol: found.protocol, route: found.route };
}

const mostRoutes = 1000;
const routes = new Map<string, FoundRoute | undefined>();

/** Routes are few and looked up for every release. */
function routeOf(method: string, path: string, connection: string): FoundRoute | undefined {
  const key = `${method} ${connection} ${path}`;
  if (routes.has(key)) return routes.get(key);
  const query = path.indexOf('?');
  const plain = query === -1 ? path : path.slice(0, query);
  // A path of no protocol's own is a route behind its connection's name only.
  const found = findRoute(method, plain) ?? findRoute(method, `/c/${connection}${plain}`);
  if (routes.size >= mostRoutes) routes.clear();
  routes.set(key, found);
  return found;
}

/** Throws where bytes are not the ones that were decided on. */
export function verifyDigest(body: Uint8Array, digest: string): void {
  const actual = hash('sha256', body, 'buffer');
  if (!timingSafeEqual(actual, Buffer.from(digest, 'hex'))) throw new RefusedReleaseError('digest', true);
}
