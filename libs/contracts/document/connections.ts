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
  /** A client certificate (mutual TLS); both are PEM. */
  z.strictObject({ kind: z.literal('mtls'), certificate: SecretReference, key: SecretReference }),
  /** A token by client credentials (RFC 6749, §4.4), sent as `Authorization: Bearer …`. */
  z.strictObject({
    kind: z.literal('oauth2'),
    tokenUrl: HttpUrl,
    clientId: z.string().min(1).max(255),
    secret: SecretReference,
    scope: z.string().min(1).max(1000).optional(),
    /** Sent as `audience` and as `resource` (RFC 8707), for providers that want one. */
    audience: z.string().min(1).max(512).optional(),
    /** How the client proves itself: in the `Authorization` header or in the form. */
    clientAuth: z.enum(['basic', 'post']).default('basic'),
    /** Certificate authorities (PEM) of the token endpoint, instead of the system's. */
    ca: SecretReference.optional(),
  }),
]);
export type Credential = z.infer<typeof Credential>;

/** What happens to content that rules can't read: token ids, media, file ids, foreign references. */
export const UnreadablePolicy = z.enum(['hold', 'deny', 'allow']);
export type UnreadablePolicy = z.infer<typeof UnreadablePolicy>;

/** How the model server is trusted, where the system's certificate authorities don't know it. */
const ServerTls = z.strictObject({
  /** Certificate authorities (PEM), instead of the system's. */
  ca: SecretReference.optional(),
  /** The name that the server's certificate has to hold, where it isn't the URL's host. */
  serverName: z.string().min(1).max(255).optional(),
});

/** Asking each target whether it is well. */
const HealthCheck = z.strictObject({
  /** Answered with a status below 500 by a target that is well; the credential isn't sent. */
  path: z.string().regex(/^\/[\x21-\x7e]{0,255}$/, 'expected a path such as /health'),
  every: Duration.default('10s'),
});

const pathOf = (url: string): string => /^https?:\/\/[^/]+(.*?)\/*$/.exec(url)?.[1] ?? '';

const JsonPointer = z
  .string()
  .max(500)
  .regex(/^(\/[^/]+)+$/, 'expected a JSON pointer such as /token/text; * stands for any one name or index');

/** How a model server speaks that has a protocol of its own (`protocols: [http]`, reached by `/c/{connection}/…`). */
export const HttpTexts = z.strictObject({
  /** Strings that go on over the events of a stream; without it a stream is kept until its end. */
  streamed: z.array(JsonPointer).min(1).max(50).optional(),
  framing: z.enum(['sse', 'ndjson']).optional(),
  /** Top-level member that holds the prompt or the messages. */
  turns: z.string().min(1).max(100).optional(),
  /** Whether it streams unless the body says otherwise. */
  streamsByDefault: z.boolean().optional(),
});
export type HttpTexts = z.infer<typeof HttpTexts>;

/** One model server, or one account on it. Its name is a NATS subject token. */
const ConnectionFields = z.strictObject({
  description: z.string().max(500).optional(),
  enabled: z.boolean().default(true),
  protocols: distinct(ProtocolName).default(['openai-chat']),
  baseUrl: HttpUrl,
  /** More servers with the same models, under the same path: each call goes to the least busy one that is well. */
  targets: distinct(HttpUrl, 32).optional(),
  health: HealthCheck.optional(),
  tls: ServerTls.optional(),
  credential: Credential.default({ kind: 'none' }),
  /** Models that may be asked for, by the server's own names; `*` stands for any characters. */
  models: distinct(Glob).optional(),
  /** Names that callers use → the server's own names. */
  aliases: z.record(z.string().min(1).max(255), z.string().min(1).max(255)).optional(),
  /**
   * `hold`: counts as matching every prompt condition of hold and deny rules; `deny`: refused; `allow`: ignored.
   */
  unreadable: UnreadablePolicy.default('hold'),
  http: HttpTexts.optional(),
  /** Whether the same call, sent again within `retention.pickUp`, gets an answer that came after its client left; once. */
  pickUp: z.boolean().default(true),
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

export const Connection = ConnectionFields.superRefine(
  ({ baseUrl, targets = [], credential, tls }, context) => {
    const problem = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (targets.some((url) => pathOf(url) !== pathOf(baseUrl)))
      problem('targets', 'every target must have the path of baseUrl');
    if (targets.includes(baseUrl)) problem('targets', 'baseUrl is a target already');
    const needsTls = credential.kind === 'mtls' ? 'credential' : tls ? 'tls' : undefined;
    if (needsTls && ![baseUrl, ...targets].every((url) => url.startsWith('https:')))
      problem(needsTls, 'needs https:// in baseUrl and every target');
  },
);
export type Connection = z.infer<typeof Connection>;

export const Connections = z.record(
  z.string().regex(/^[a-z0-9-]{1,40}$/, 'a connection name must match [a-z0-9-]{1,40}'),
  Connection,
);
