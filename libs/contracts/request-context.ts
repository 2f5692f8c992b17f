import { z } from 'zod';
import { EpochMs, RequestId, Sha256, SubjectToken } from './names.ts';
import { Principal } from './principal.ts';

/** Content over this size travels as a reference into the object store. */
export const inlineBodyLimitBytes = 512 * 1024;
/** Up to this size a release carries the body itself; above, the stream sequence that holds it. */
export const carriedBodyLimitBytes = 8 * 1024;

/** Most bytes of the claims that travel with a request, as JSON. */
export const claimsLimitBytes = 8 * 1024;

/** Which service-side clock a client's patience follows (see docs/clients.md). */
export const clientFamilies = ['node-sdk', 'ollama-js', 'python-sdk', 'go-sdk', 'unknown'] as const;

/** Who asked, how, and where the answer goes: what every later service needs of a request besides its body. */
export const RequestContext = z.object({
  principal: Principal,
  /** Names the data key that seals this person's content. */
  subjectKey: z.string().max(64),
  client: z.object({
    family: z.enum(clientFamilies),
    userAgent: z.string().max(256).optional(),
    address: z.string().max(64).optional(),
  }),
  /** The client protocol's folder name in `libs/protocols`. */
  protocol: z.string().max(40),
  operation: z.string().max(60),
  method: z.string().max(10),
  /** The upstream path (with query), below the connection's base URL. */
  path: z.string().max(2048),
  /** A connection named by the caller (`/c/{connection}/…` or header); else policy chooses by model. */
  connection: SubjectToken.optional(),
  /** The ingress replica that holds the client's connection. */
  instance: SubjectToken,
  /** `open`: a client waits; `async`: `Prefer: respond-async`; `background`: Responses' background mode. */
  wait: z.enum(['open', 'async', 'background']),
  conversation: z.string().max(255).optional(),
  /** The earlier request whose turns the gateway put before those of this one (`previous_response_id`). */
  continues: RequestId.optional(),
  /** The token's claims that the revision's CEL expressions name, at most `claimsLimitBytes` of JSON; never logged. */
  claims: z.record(z.string().max(255), z.unknown()).optional(),
  /** Allow-listed request headers that the model gets. */
  headers: z.record(z.string(), z.string()),
  /** Recognises a client's own re-send: SHA-256 over principal, route and body (and idempotency key). */
  fingerprint: Sha256,
  receivedAt: EpochMs,
});
export type RequestContext = z.infer<typeof RequestContext>;

/** Where the text of a request's own address is said to stand; no member of a body has this name. */
export const addressPointer = '/:url';

/**
 * What a caller can write into the address of a request, which the model's server gets as well: its query, and for a
 * server with a protocol of its own the path. Empty where there is nothing. `path` with its query.
 */
export function writtenAddress({ protocol, path }: Pick<RequestContext, 'protocol' | 'path'>): string {
  const query = path.indexOf('?');
  return protocol === 'http' ? path : query === -1 ? '' : path.slice(query + 1);
}

/** Where a body's sealed bytes are, when the event's own tail does not carry them. */
export const BodyLocation = z.union([
  z.object({ in: z.literal('tail') }),
  /** The stream sequence of the `received` or `edited` event whose tail holds it. */
  z.object({ in: z.literal('stream'), sequence: z.number().int().positive() }),
  z.object({ in: z.literal('store'), name: z.string() }),
]);
export type BodyLocation = z.infer<typeof BodyLocation>;

/** A body by digest of its clear bytes, its size, and where the sealed bytes are. */
export const BodyReference = z.object({
  digest: Sha256,
  bytes: z.number().int().nonnegative(),
  location: BodyLocation,
});
export type BodyReference = z.infer<typeof BodyReference>;
