import { z } from 'zod';
import { Duration, HttpUrl, Name, SecretReference } from './scalars.ts';

const everySink = {
  name: Name,
  /** Entries wait at most this long before they are sent. */
  every: Duration.default('60s'),
  /** At most so many entries in one piece. */
  maxEntries: z.number().int().min(1).max(50_000).default(5000),
  /** Names, addresses and groups travel in clear. What left that way is beyond the reach of an erasure. */
  personal: z.boolean().default(false),
};

/** Where copies of the ledger go as it grows. Content stays sealed in all of them. */
export const Sink = z.discriminatedUnion('kind', [
  /** Gzipped NDJSON files, one a piece, under the audit service's sink directory. */
  z.strictObject({
    kind: z.literal('files'),
    ...everySink,
    directory: Name,
    /** Older files than the newest so many are removed. */
    keep: z.number().int().min(1).optional(),
  }),
  /** Gzipped NDJSON, sent by POST. */
  z.strictObject({
    kind: z.literal('https'),
    ...everySink,
    url: HttpUrl,
    /** The whole `Authorization` header. */
    authorization: SecretReference.optional(),
  }),
  /** OTLP/HTTP log records in JSON, one an entry; `url` is the whole address, like `http://collector:4318/v1/logs`. */
  z.strictObject({
    kind: z.literal('otlp'),
    ...everySink,
    url: HttpUrl,
    authorization: SecretReference.optional(),
  }),
  /** Gzipped NDJSON objects in a bucket of any S3 server, locked where `lock` says so. */
  z.strictObject({
    kind: z.literal('s3'),
    ...everySink,
    bucket: z.string().min(3).max(63),
    prefix: z
      .string()
      .max(200)
      .regex(/^[A-Za-z0-9!_.*'()/-]*$/, 'expected letters, digits and ! _ . * ( ) / -')
      .default('sallyport/'),
    region: z.string().min(1).max(64).default('us-east-1'),
    /** Another server than Amazon's. */
    endpoint: HttpUrl.optional(),
    /** The bucket stands in the path, not in the host name. */
    pathStyle: z.boolean().optional(),
    accessKeyId: SecretReference,
    secretAccessKey: SecretReference,
    /** Object Lock: nobody (`compliance`), or nobody without a special right (`governance`), can remove it earlier. */
    lock: z
      .strictObject({
        mode: z.enum(['governance', 'compliance']),
        days: z.number().int().min(1).max(36_500),
      })
      .optional(),
  }),
]);
export type Sink = z.infer<typeof Sink>;

export const Sinks = z
  .array(Sink)
  .max(20)
  .refine((sinks) => new Set(sinks.map(({ name }) => name)).size === sinks.length, 'expected distinct names')
  .default([]);
