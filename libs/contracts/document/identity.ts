import { z } from 'zod';
import { Duration, distinct, durationMs, HttpUrl, SecretReference } from './scalars.ts';

/** A path into a token's claims: `groups`, `realm_access.roles`, or a quoted name with dots, `"https://x.y/groups"`. */
const ClaimPath = z
  .string()
  .max(255)
  .regex(
    /^("[^"]+"|[^".\s]+)(\.("[^"]+"|[^".\s]+))*$/,
    'expected a claim path such as groups or realm_access.roles',
  );

/** Where a token says which groups its holder is in. */
export const GroupsClaim = z.strictObject({
  claim: ClaimPath.default('groups'),
  /** Splits a provider's single string, e.g. `,` or a space. */
  separator: z.string().min(1).max(3).optional(),
  /** The provider's value (often a GUID) → the name that rules use. */
  map: z.record(z.string(), z.string().min(1).max(255)).optional(),
  /** What happens to values that `map` doesn't list. */
  unmapped: z.enum(['keep', 'drop']).default('keep'),
});
export type GroupsClaim = z.infer<typeof GroupsClaim>;

const longestIntrospectionCacheMs = 5 * 60_000;

/** Asking the provider what a token is (RFC 7662), with the gateway's own client there. */
export const Introspection = z.strictObject({
  url: HttpUrl,
  clientId: z.string().min(1).max(255),
  secret: SecretReference,
  /** `opaque`: tokens that can't be read here; `all`: every token of the issuer, so that a revoked one stops. */
  tokens: z.enum(['opaque', 'all']).default('opaque'),
  /** Clients whose opaque tokens are accepted where the provider names no audience. */
  clients: distinct(z.string().min(1).max(255)).optional(),
  /** An answer is used for so long: how late a revoked token may still be accepted. */
  cacheFor: Duration.refine(
    (text) => durationMs(text) <= longestIntrospectionCacheMs,
    'must be 5m at most',
  ).default('30s'),
});
export type Introspection = z.infer<typeof Introspection>;

/** An identity provider whose tokens are accepted. */
export const Issuer = z.strictObject({
  /** OIDC `iss`, compared exactly. */
  issuer: HttpUrl,
  /** Accepted `aud` values. */
  audience: z.union([z.string().min(1).max(512), distinct(z.string().min(1).max(512))]),
  /** Where the keys are; by default what the issuer's discovery document says. */
  jwksUrl: HttpUrl.optional(),
  groups: GroupsClaim.prefault({}),
  nameClaim: ClaimPath.default('name'),
  /** Clients whose ID tokens are accepted where the provider's access tokens are opaque. */
  idTokensOf: distinct(z.string().min(1).max(255)).optional(),
  introspection: Introspection.optional(),
  /** A token that is made for longer is refused (default 24h). */
  maxTokenLife: Duration.optional(),
  /** OAuth client of the browser pages. */
  clientId: z.string().min(1).max(255).optional(),
  clientSecret: SecretReference.optional(),
  /** Scopes that the browser pages ask for; by default `openid profile email`, and `groups` where the issuer has it. */
  scope: z.string().min(1).max(1000).optional(),
  /** Where services reach the issuer while people log in, if not by its name (in containers). */
  internalUrl: HttpUrl.optional(),
});
export type Issuer = z.infer<typeof Issuer>;

export const Identity = z.strictObject({
  issuers: z
    .array(Issuer)
    .min(1)
    .max(20)
    .refine(
      (issuers) => issuers.filter(({ introspection }) => introspection?.tokens === 'opaque').length <= 1,
      'only one issuer may have opaque tokens: such a token does not say whose it is, and no provider gets to see those of another',
    ),
});
export type Identity = z.infer<typeof Identity>;
