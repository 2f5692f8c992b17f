import { z } from 'zod';
import { Duration, distinct, Glob, HttpUrl, SecretReference } from './scalars.ts';

/** The client protocols a connection can serve: the folder names in `libs/protocols`. */
export const protocolNames = [
  'openai-chat',
  'openai-completions',
  'openai-embeddings',
  'openai-responses',
  'anthropic',
  'ollama',
  'http',
] as const;
export const ProtocolName = z.enum(protocolNames);
export type ProtocolName = z.infer<typeof ProtocolName>;

/** How the gateway proves itself to the model server. Callers' own credentials never reach it. */
export const Credential = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** `Authorization: Bearer …` (RFC 6750). */
  z.strictObject({ kind: z.literal('bearer'), secret: SecretReference }),
  z.strictObject({
    kind: z.literal('header'),
    name: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'expected a header name'),
    secret: SecretReference,
  }),
  /** `Authorization: Basic …` (RFC 7617). */
  z.strictObject({ kind: z.literal('basic'), username: z.string().min(1).max(255), secret: SecretReference }),
]);
export type Credential = z.infer<typeof Credential>;

/** What happens to content that rules can't read: token ids, media, file ids, foreign references. */
export const UnreadablePolicy = z.enum(['hold', 'deny', 'allow']);
export type UnreadablePolicy = z.infer<typeof UnreadablePolicy>;

/** One model server, or one account on it. Its name is a NATS subject token. */
export const Connection = z.strictObject({
  description: z.string().max(500).optional(),
  enabled: z.boolean().default(true),
  protocols: distinct(ProtocolName).default(['openai-chat']),
  baseUrl: HttpUrl,
  credential: Credential.default({ kind: 'none' }),
  /** Models that may be asked for, by the server's own names; `*` stands for any characters. */
  models: distinct(Glob).optional(),
  /** Names that callers use → the server's own names. */
  aliases: z.record(z.string().min(1).max(255), z.string().min(1).max(255)).optional(),
  /**
   * `hold`: counts as matching every prompt condition of hold and deny rules; `deny`: refused; `allow`: ignored.
   */
  unreadable: UnreadablePolicy.default('hold'),
  /** Hosts whose URLs a request may name for the model to fetch; `*.example.com` covers subdomains. */
  remoteUrlHosts: distinct(Glob).optional(),
  /** Calls at the same time, over all replicas of masking together. */
  concurrency: z.number().int().min(1).max(10_000).default(16),
  timeouts: z
    .strictObject({
      connect: Duration.default('5s'),
      firstByte: Duration.default('120s'),
      /** The longest silence inside a stream. */
      idle: Duration.default('60s'),
      total: Duration.default('30m'),
    })
    .prefault({}),
});
export type Connection = z.infer<typeof Connection>;

export const Connections = z.record(
  z.string().regex(/^[a-z0-9-]{1,40}$/, 'a connection name must match [a-z0-9-]{1,40}'),
  Connection,
);
