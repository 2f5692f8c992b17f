import { z } from 'zod';

/** A length of time as people write it: `500ms`, `30s`, `10m`, `24h`, `7d`. */
export const Duration = z
  .string()
  .regex(/^[1-9][0-9]{0,8}(ms|s|m|h|d)$/, {
    error: 'expected a duration such as 30s, 10m, 24h or 7d',
    // Further checks read its length, which it hasn't.
    abort: true,
  })
  .meta({ id: 'Duration', description: 'A length of time: 500ms, 30s, 10m, 24h, 7d' });

const durationUnitMs: Record<string, number> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 };

/** Milliseconds of a `Duration`. Throws RangeError for text that is not one. */
export function durationMs(text: string): number {
  const [, count, unit] = /^([0-9]+)(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = durationUnitMs[unit ?? ''];
  if (factor === undefined) throw new RangeError(`not a duration: ${text}`);
  return Number(count) * factor;
}

/** A size in bytes as people write it: `64KiB`, `8MiB`. */
export const ByteSize = z
  .string()
  .regex(/^[1-9][0-9]{0,8}(B|KiB|MiB|GiB)$/, 'expected a size such as 64KiB or 8MiB')
  .meta({ id: 'ByteSize', description: 'A size: 512B, 64KiB, 8MiB' });

const sizeUnitBytes: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Bytes of a `ByteSize`. Throws RangeError for text that is not one. */
export function sizeBytes(text: string): number {
  const [, count, unit] = /^([0-9]+)(B|KiB|MiB|GiB)$/.exec(text) ?? [];
  const factor = sizeUnitBytes[unit ?? ''];
  if (factor === undefined) throw new RangeError(`not a size: ${text}`);
  return Number(count) * factor;
}

/** So many per unit of time: `60/min`, `200000/day`. */
export const Rate = z
  .string()
  .regex(/^[1-9][0-9]{0,11}\/(s|min|hour|day)$/, 'expected a rate such as 60/min or 200000/day')
  .meta({ id: 'Rate', description: 'So many per unit of time: 5/s, 60/min, 1000/hour, 200000/day' });

const rateUnitMs: Record<string, number> = { s: 1e3, min: 60e3, hour: 3600e3, day: 86_400e3 };

/** Count and window of a `Rate`, the window in milliseconds. Throws RangeError for text that is not one. */
export function rateOf(text: string): { count: number; perMs: number } {
  const [, count, unit] = /^([0-9]+)\/(s|min|hour|day)$/.exec(text) ?? [];
  const perMs = rateUnitMs[unit ?? ''];
  if (perMs === undefined) throw new RangeError(`not a rate: ${text}`);
  return { count: Number(count), perMs };
}

/**
 * Where a secret is, never the secret: `${env:NAME}` or `${file:path}` (relative to the secrets directory).
 * The service that uses it resolves it; nothing stores or shows it.
 */
export const SecretReference = z
  .string()
  .regex(
    /^\$\{(env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:[^\0{}]{1,512})\}$/,
    `expected a reference to a secret, \${env:NAME} or \${file:path}, never the secret itself`,
  )
  .meta({ id: 'SecretReference', description: `A reference to a secret: \${env:NAME} or \${file:path}` });

/** Splits a `SecretReference`. Throws RangeError for text that is not one. */
export function secretReferenceOf(text: string): { from: 'env' | 'file'; name: string } {
  const [, from, name] = /^\$\{(env|file):([^{}]+)\}$/.exec(text) ?? [];
  if (from === undefined || name === undefined) throw new RangeError('not a reference to a secret');
  return { from: from as 'env' | 'file', name };
}

/** The name of a rule, profile or approval group. */
export const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'expected a name of lower-case letters, digits, - and _')
  .meta({ id: 'Name' });

/** A literal value, in which `*` stands for any run of characters. */
export const Glob = z
  .string()
  .min(1)
  .max(255)
  .meta({ id: 'Glob', description: '* stands for any characters' });

/** An absolute http or https URL without user, password, query or fragment. */
export const HttpUrl = z
  .string()
  .max(2048)
  .regex(
    /^https?:\/\/(\[[0-9a-fA-F:.]+\]|[^\s/?#@:[\]]+)(:[0-9]{1,5})?(\/[^\s?#]*)?$/,
    'expected an http:// or https:// URL without credentials or query',
  );

/** A list that names each thing once. */
export function distinct<T extends z.ZodType>(item: T, maxItems = 1000) {
  return z
    .array(item)
    .min(1)
    .max(maxItems)
    .refine(
      (items) => new Set(items.map((value) => JSON.stringify(value))).size === items.length,
      'named twice',
    );
}
