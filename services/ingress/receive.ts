import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { inlineBodyLimitBytes, type Principal, type RequestContext, type RequestReceived } from '#contracts';
import type { FoundRoute } from '#protocols';
import { clientOf, forwardedHeaders, respondAsync } from './caller.ts';

/** Everything known of a request when it arrives. */
export interface Arrival {
  requestId: string;
  principal: Principal;
  subjectKey: string;
  route: FoundRoute;
  /** The URL's path and query as received. */
  url: string;
  headers: IncomingHttpHeaders;
  address: string;
  body: Uint8Array;
  instance: string;
  /** The token's claims that rules look at. */
  claims?: Record<string, unknown> | undefined;
  /** The client does not wait: it asks for the answer later. */
  isBackground?: boolean;
  /** The earlier request whose turns stand before its own. */
  continues?: string | undefined;
  nowMs: number;
}

const token = /^[a-z0-9-]{1,40}$/;

/** A header that says something; at most 255 characters of it. */
export function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value.slice(0, 255) : undefined;
}

/** SHA-256 in hex. */
export function sha256(bytes: Uint8Array | string): string {
  // In one call: half the cost of a `Hash` object, three times for every request.
  return hash('sha256', bytes, 'hex');
}

/** What tells a call from others of the same caller. */
interface SentCall {
  readonly method: string;
  /** The path and query as received. */
  readonly path: string;
  /** Named in a header; one that the path names stands in it. */
  readonly connection?: string | undefined;
  readonly bodyDigest: string;
  readonly idempotencyKey: string | undefined;
}

/**
 * Recognises a client's own re-send: the same principal, route, connection and body, or the same idempotency key where the
 * client sends one.
 */
export function fingerprintOf(
  { issuer, subject, person, kind, client }: Omit<Principal, 'groups'>,
  call: SentCall,
): string {
  const what = call.idempotencyKey === undefined ? `body ${call.bodyDigest}` : `key ${call.idempotencyKey}`;
  const who = person === undefined ? '' : `\n${sha256(person)}`;
  // A gateway key reaches only some connections: never an answer that its owner got from another one.
  const by = kind === 'key' ? `\n${client}` : '';
  const to = call.connection === undefined ? '' : `\nto ${call.connection}`;
  return sha256(`${issuer}\n${subject}${who}${by}\n${call.method} ${call.path}${to}\n${what}`);
}

/** The connection that a caller names in the path or in `x-sallyport-connection`. */
export function namedConnection(route: FoundRoute, headers: IncomingHttpHeaders): string | undefined {
  const name = route.connection ?? header(headers, 'x-sallyport-connection');
  return name !== undefined && token.test(name) ? name : undefined;
}

/** What of a call its fingerprint is made of. */
export function sentCall(
  { route, connection }: FoundRoute,
  url: string,
  headers: IncomingHttpHeaders,
  bodyDigest: string,
): SentCall {
  const named = connection === undefined ? header(headers, 'x-sallyport-connection') : undefined;
  const idempotencyKey = header(headers, 'idempotency-key');
  return { method: route.method, path: url, connection: named, bodyDigest, idempotencyKey };
}

/** The head of `request.received`. Pure: ids and time are in `arrival`. */
export function receive(arrival: Arrival): RequestReceived {
  const { requestId, principal, subjectKey, route, headers, body, instance, nowMs } = arrival;
  const bodyDigest = sha256(body);
  const path =
    route.connection === undefined ? arrival.url : arrival.url.slice(`/c/${route.connection}`.length);
  const connection = namedConnection(route, headers);
  const conversation = header(headers, 'x-sallyport-conversation');
  const context: RequestContext = {
    principal,
    subjectKey,
    client: clientOf(headers, arrival.address),
    protocol: route.protocol.name,
    operation: route.route.operation,
    method: route.route.method,
    path,
    instance,
    wait: arrival.isBackground ? 'background' : respondAsync(headers) ? 'async' : 'open',
    headers: forwardedHeaders(headers),
    fingerprint: fingerprintOf(principal, sentCall(route, arrival.url, headers, bodyDigest)),
    receivedAt: nowMs,
    ...(connection !== undefined && { connection }),
    ...(conversation !== undefined && { conversation }),
    ...(arrival.continues !== undefined && { continues: arrival.continues }),
    ...(arrival.claims && { claims: arrival.claims }),
  };
  const location =
    body.length > inlineBodyLimitBytes
      ? { in: 'store' as const, name: `${requestId}.body.1` }
      : { in: 'tail' as const };
  return { requestId, context, body: { digest: bodyDigest, bytes: body.length, location } };
}
