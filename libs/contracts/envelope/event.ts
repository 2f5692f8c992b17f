import type { z } from 'zod';

/**
 * One word that passes between services: its subject, its validator and its type come from this one definition.
 * `live` events are republished by the stream under `live.…` once they are stored.
 */
export interface EventDefinition<S extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly live: boolean;
  readonly schema: S;
  /** `evt.<name>.v1` or `evt.live.<name>.v1`; the tokens that a publication appends are not part of it. */
  readonly prefix: string;
  /** How many tokens follow the prefix. */
  readonly tokens: readonly string[];
  /** The subject to publish on. Throws where a token is missing or not a subject token. */
  subject(...tokens: string[]): string;
  /** The subject filter of a durable consumer; missing tokens become `*`. */
  filter(...tokens: string[]): string;
  /** The filter of a live listener on the republished subject. Throws for an event that is not live. */
  liveFilter(...tokens: string[]): string;
}

const token = /^[a-z0-9-]{1,40}$/;

/** Defines an event. `tokens` names what follows `.v1` in the subject, e.g. `['by', 'connection']`. */
export function defineEvent<S extends z.ZodType>(spec: {
  name: string;
  live?: boolean;
  tokens?: readonly string[];
  schema: S;
}): EventDefinition<S> {
  const live = spec.live ?? false;
  const tokens = spec.tokens ?? [];
  const prefix = `evt.${live ? 'live.' : ''}${spec.name}.v1`;
  const filter = (...values: string[]) => [prefix, ...tokens.map((_, i) => values[i] ?? '*')].join('.');
  return {
    name: spec.name,
    live,
    schema: spec.schema,
    prefix,
    tokens,
    filter,
    subject: (...values) => {
      if (values.length !== tokens.length || !values.every((value) => token.test(value))) {
        throw new RangeError(`${spec.name}: subject tokens must be ${tokens.join(', ')}`);
      }
      return filter(...values);
    },
    liveFilter: (...values) => {
      if (!live) throw new RangeError(`${spec.name} is not heard live`);
      return filter(...values).slice('evt.'.length);
    },
  };
}

/** The head of an event, parsed. */
export type EventHead<D extends EventDefinition> = z.infer<D['schema']>;
