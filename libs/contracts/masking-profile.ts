import { z } from 'zod';
import { HttpUrl } from './document/scalars.ts';

/**
 * Sets of rules shipped with Sallyport. Two letters are a country (ISO 3166); `nordic`, `europe`, `americas` and `world`
 * hold the countries without a pack of their own.
 */
export const packNames = [
  'core',
  'secrets',
  'web',
  'dates',
  'us',
  'gb',
  'de',
  'fr',
  'es',
  'it',
  'pl',
  'nordic',
  'europe',
  'sg',
  'au',
  'in',
  'kr',
  'americas',
  'world',
] as const;
export const PackName = z.enum(packNames);
export type PackName = z.infer<typeof PackName>;

/** Presidio's entity names where it has one: `EMAIL_ADDRESS`, `US_SSN`, …; own rules may add others. */
export const EntityName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,39}$/, 'must be upper case, such as EMAIL_ADDRESS');
export type EntityName = z.infer<typeof EntityName>;

const Score = z.number().min(0).max(1);
const KeptChars = z.number().int().min(0).max(16);

/** What happens to a value. A bare name stands for its defaults: `mask` is `{ kind: 'mask' }`. */
export const MaskOperator = z.preprocess(
  (value) => (typeof value === 'string' ? { kind: value } : value),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('token') }),
    z.strictObject({
      kind: z.literal('mask'),
      keepFirst: KeptChars.default(0),
      keepLast: KeptChars.default(4),
      with: z.string().min(1).max(2).default('*'),
    }),
    z.strictObject({ kind: z.literal('redact') }),
    z.strictObject({ kind: z.literal('replace'), with: z.string().max(200).optional() }),
    z.strictObject({ kind: z.literal('hash') }),
    z.strictObject({ kind: z.literal('pseudonym') }),
    z.strictObject({ kind: z.literal('encrypt') }),
    z.strictObject({ kind: z.literal('fpe') }),
    z.strictObject({ kind: z.literal('keep') }),
    z.strictObject({ kind: z.literal('block') }),
  ]),
);
export type MaskOperator = z.infer<typeof MaskOperator>;

export const MaskWhere = z.enum(['request', 'answer', 'both']);
export type MaskWhere = z.infer<typeof MaskWhere>;

/** Checks an own rule may name. */
export const ruleValidators = ['luhn', 'iban', 'card', 'phone', 'ip', 'entropy'] as const;

const RuleId = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,59}$/, 'must match [a-z0-9._-]{1,60}');

/** An own rule. Its examples run whenever the profile is loaded. */
export const MaskingRule = z.strictObject({
  id: RuleId,
  entity: EntityName,
  /** Regular subset of the JavaScript syntax; no look-around, back-references, anchors or lazy quantifiers. */
  pattern: z.string().min(1).max(4_000),
  ignoreCase: z.boolean().default(false),
  /** `word`: no letter or digit directly before or after; `digit`: no digit; `none`: anywhere. */
  boundary: z.enum(['word', 'digit', 'none']).default('word'),
  maxLengthChars: z.number().int().min(1).max(512).default(256),
  score: Score.default(0.85),
  validator: z.enum(ruleValidators).optional(),
  /** Words that, standing shortly before, raise the score by 0.38. */
  context: z.array(z.string().min(1).max(60)).max(100).default([]),
  examples: z.strictObject({
    match: z.array(z.string().min(1).max(2_000)).min(1).max(50),
    noMatch: z.array(z.string().min(1).max(2_000)).max(50).default([]),
  }),
});
export type MaskingRule = z.infer<typeof MaskingRule>;

/** Words that are masked wherever they stand: code names, customers. */
export const MaskingWordList = z.strictObject({
  id: RuleId,
  entity: EntityName,
  words: z.array(z.string().min(2).max(200)).min(1).max(50_000),
  ignoreCase: z.boolean().default(true),
  wholeWord: z.boolean().default(true),
});
export type MaskingWordList = z.infer<typeof MaskingWordList>;

/** A detector with the HTTP interface of Presidio's analyzer. It is asked about prompts, beside the profile's rules. */
export const ExternalDetector = z.strictObject({
  /** The whole address, such as `http://presidio:3000/analyze`. */
  url: HttpUrl,
  /** Each text is analysed in each of them. */
  languages: z
    .array(z.string().regex(/^[a-z]{2}$/, 'must be an ISO 639-1 code'))
    .min(1)
    .max(4)
    .default(['en']),
  /** What is looked for; everything it knows where it is left out. */
  entities: z.array(EntityName).min(1).max(100).optional(),
  /** For all texts of one prompt together. */
  timeoutMs: z.number().int().min(50).max(60_000).default(3_000),
  /** Where it can't be asked or its answer can't be used: refuse the request, or hold it and try again. */
  onFailure: z.enum(['block', 'hold']).default('block'),
  /** Networks that aren't public and may be reached (CIDR). */
  privateNetworks: z
    .array(z.union([z.cidrv4(), z.cidrv6()]))
    .max(20)
    .default([]),
});
export type ExternalDetector = z.infer<typeof ExternalDetector>;

export const MaskingEntity = z.strictObject({
  operator: MaskOperator.optional(),
  threshold: Score.optional(),
  where: MaskWhere.optional(),
  enabled: z.boolean().default(true),
});

export const namesModes = ['off', 'standard', 'high-recall'] as const;
export const NamesMode = z.enum(namesModes);
export const nameLanguages = ['en', 'de', 'fr', 'es', 'it', 'nl', 'pt'] as const;
export type NameLanguage = (typeof nameLanguages)[number];

/** Where English, and the languages of its neighbours and trading partners, are written. */
const phoneRegions = [
  ...['US', 'CA', 'GB', 'IE', 'AU', 'NZ', 'ZA', 'IN', 'SG', 'IL'],
  ...['DE', 'AT', 'CH', 'FR', 'BE', 'NL', 'LU', 'ES', 'PT', 'IT'],
  ...['DK', 'SE', 'NO', 'FI', 'IS', 'EE', 'LV', 'LT', 'PL', 'CZ'],
  ...['SK', 'HU', 'SI', 'HR', 'RO', 'BG', 'GR', 'CY', 'TR', 'UA'],
  ...['BR', 'MX', 'AR', 'CL', 'CO', 'UY', 'JP', 'KR', 'TN'],
] as const;

/** A rule file: what is sensitive, and what is done about it. Plain JSON, so it has a digest. */
export const MaskingProfile = z.strictObject({
  /** `shadow` reports findings and changes nothing. */
  mode: z.enum(['enforce', 'shadow']).default('enforce'),
  packs: z.array(PackName).default(['core', 'secrets']),
  /** Whether people, addresses, places and organisations are found: `high-recall` finds more, also what is none. */
  names: NamesMode.default('off'),
  /** Whose words announce names and addresses. Most names are found in English. */
  languages: z.array(z.enum(nameLanguages)).min(1).max(nameLanguages.length).default(['en']),
  /** ISO 3166 codes whose national phone formats are recognised. */
  phoneRegions: z
    .array(z.string().regex(/^[A-Z]{2}$/))
    .max(60)
    .default([...phoneRegions]),
  defaults: z
    .strictObject({
      threshold: Score.default(0.5),
      operator: MaskOperator.default({ kind: 'token' }),
      where: MaskWhere.default('both'),
      /** After a failure inside masking: mask everything that is left, or block. Text is never passed on. */
      onError: z.enum(['block', 'mask']).default('block'),
    })
    .prefault({}),
  entities: z.record(EntityName, MaskingEntity).default({}),
  rules: z.array(MaskingRule).max(500).default([]),
  wordLists: z.array(MaskingWordList).max(50).default([]),
  allow: z
    .strictObject({
      exact: z.array(z.string().min(1).max(500)).max(10_000).default([]),
      /** Must cover the whole value. */
      patterns: z.array(z.string().min(1).max(1_000)).max(200).default([]),
      /** Networks whose addresses are not masked. */
      cidrs: z.array(z.string().max(64)).max(500).default([]),
    })
    .prefault({}),
  /** JSON strings at these paths (`customer.ssn`, `*` for any key or index) are masked entirely. */
  fields: z
    .array(
      z.strictObject({
        path: z.string().min(1).max(400),
        entity: EntityName,
        operator: MaskOperator.optional(),
      }),
    )
    .max(500)
    .default([]),
  /** Detectors elsewhere that are asked too: one, or a list. */
  external: z
    .preprocess(
      (value) => (value === undefined || Array.isArray(value) ? value : [value]),
      z.array(ExternalDetector).max(6).optional(),
    )
    .optional(),
  streaming: z
    .strictObject({
      /** The most text held back while undecided, in UTF-16 code units. */
      holdChars: z.number().int().min(128).max(512).default(512),
      /** How far a private key is swallowed when its end line never comes. */
      armourChars: z.number().int().min(1_024).max(65_536).default(16_384),
    })
    .prefault({}),
  vault: z
    .strictObject({
      scope: z.enum(['request', 'conversation', 'principal']).default('conversation'),
      expiresInMs: z.number().int().min(60_000).max(2_592_000_000).default(86_400_000),
    })
    .prefault({}),
});
export type MaskingProfile = z.infer<typeof MaskingProfile>;
/** A profile as people write it, defaults left out. */
export type MaskingProfileInput = z.input<typeof MaskingProfile>;
