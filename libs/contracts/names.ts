import { z } from 'zod';

/** The five services. A service's name is also its consumer prefix, Postgres schema, environment prefix and NATS user. */
export const serviceNames = ['ingress', 'policy', 'approval', 'masking', 'audit'] as const;
export const ServiceName = z.enum(serviceNames);
export type ServiceName = z.infer<typeof ServiceName>;

/** Connection and instance names are single NATS subject tokens. */
export const SubjectToken = z.string().regex(/^[a-z0-9-]{1,40}$/, 'must match [a-z0-9-]{1,40}');

/** `req-` and a UUIDv7 without dashes: sortable by time, one NATS subject token. */
export const RequestId = z.string().regex(/^req-[0-9a-f]{32}$/, 'must be req- and 32 hex digits');

/** SHA-256, lower-case hex. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex');

/** Milliseconds since the Unix epoch. */
export const EpochMs = z.number().int().nonnegative();

/** Names of the JetStream streams, buckets and the object store. */
export const streams = { events: 'EVENTS', frames: 'FRAMES', deadLetters: 'DEAD_LETTERS' } as const;
export const buckets = {
  config: 'config',
  keys: 'keys',
  held: 'held',
  runs: 'runs',
  approved: 'approved',
  limits: 'limits',
  vault: 'vault',
} as const;
export type BucketName = (typeof buckets)[keyof typeof buckets];
export const bodiesStore = 'bodies';
