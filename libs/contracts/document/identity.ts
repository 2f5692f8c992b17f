import { z } from 'zod';
import { distinct, HttpUrl, SecretReference } from './scalars.ts';

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
  /** RFC 7662 introspection for opaque access tokens. */
  introspection: z
    .strictObject({ url: HttpUrl, clientId: z.string().min(1).max(255), secret: SecretReference })
    .optional(),
  /** OAuth client of the browser pages. */
  clientId: z.string().min(1).max(255).optional(),
  clientSecret: SecretReference.optional(),
});
export type Issuer = z.infer<typeof Issuer>;

export const Identity = z.strictObject({ issuers: z.array(Issuer).min(1).max(20) });
export type Identity = z.infer<typeof Identity>;
