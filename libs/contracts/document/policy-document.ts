import { z } from 'zod';
import { MaskingProfile } from '../masking-profile.ts';
import { roles } from '../principal.ts';
import { Approvals } from './approvals.ts';
import { Connections } from './connections.ts';
import { GatewayKeys } from './gateway-keys.ts';
import { Identity } from './identity.ts';
import { Rule } from './rules.ts';
import { ByteSize, Duration, distinct, Name } from './scalars.ts';
import { Sinks } from './sinks.ts';

const Groups = distinct(z.string().min(1).max(255));

/** Which groups hold which role. A role that no group holds is held by nobody. */
export const Roles = z.strictObject({
  [roles[0]]: Groups.optional(),
  [roles[1]]: Groups.optional(),
  [roles[2]]: Groups.optional(),
  [roles[3]]: Groups.optional(),
  [roles[4]]: Groups.optional(),
});

/** How long things are kept. A class is dropped by whole days (UTC), under a signed tombstone. */
export const Retention = z.strictObject({
  /** Sealed content in the ledger: prompts, answers, reasons. Never longer than `metadata`. */
  content: Duration.default('180d'),
  /** The ledger's other entries: who asked, when, which model, how it ended. */
  metadata: Duration.default('180d'),
  /** What people decided and changed: approvals, votes, erasures, revisions. Never shorter than `metadata`. */
  decisions: Duration.default('180d'),
  /** Answers that a client may still pick up. */
  pickUp: Duration.default('15m'),
});

/** A client that calls for several people under one identity, and where it says for whom. It is trusted with that. */
const SharedIdentity = z
  .strictObject({
    /** OAuth client id; of a token without one, its subject. */
    client: z.string().min(1).max(255),
    header: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/, 'expected a header name in lower case')
      .optional(),
    /** A path into the token's claims. */
    claim: z.string().min(1).max(255).optional(),
  })
  .refine(({ header, claim }) => (header === undefined) !== (claim === undefined), {
    message: 'expected either header: or claim:',
  });

/** Limits of the front door. */
export const IngressLimits = z.strictObject({
  maxBody: ByteSize.default('8MiB'),
  /** Nesting depth of a JSON body. */
  maxDepth: z.number().int().min(8).max(1000).default(100),
  /** How long a request may take to arrive, headers and body. */
  maxReceive: Duration.default('60s'),
  /** The longest wait without a byte, for proxies that cut silent connections. */
  maxSilentWait: Duration.optional(),
  keepAlive: Duration.default('15s'),
  /** Where a shared identity names nobody its calls are never taken for re-sends. */
  sharedIdentities: z.array(SharedIdentity).max(100).default([]),
  maxOpenRequests: z.number().int().min(1).max(1_000_000).default(10_000),
});

/** `sallyport.yaml`: everything that decides about a request. */
export const PolicyDocument = z.strictObject({
  version: z.literal(1),
  roles: Roles.prefault({}),
  identity: Identity,
  connections: Connections,
  rules: z.array(Rule).max(5000).default([]),
  masking: z.strictObject({ profiles: z.record(Name, MaskingProfile).default({}) }).prefault({}),
  approvals: Approvals.prefault({}),
  retention: Retention.prefault({}),
  ingress: IngressLimits.prefault({}),
  gatewayKeys: GatewayKeys.prefault({}),
  /** Where copies of the ledger go. */
  sinks: Sinks,
});
export type PolicyDocument = z.infer<typeof PolicyDocument>;

/** `approvals.shownAs` where approvers see content as it was asked. */
export const shownInClear = 'clear';
const shownByDefault = MaskingProfile.parse({});

/** The masking profile under which approvers see content; undefined where they see it in clear. */
export function shownProfile(document: PolicyDocument | undefined): MaskingProfile | undefined {
  const shownAs = document?.approvals.shownAs;
  if (shownAs === shownInClear) return undefined;
  const profiles = document?.masking.profiles ?? {};
  const named = shownAs !== undefined && Object.hasOwn(profiles, shownAs) ? profiles[shownAs] : undefined;
  return named ?? shownByDefault;
}

/** The JSON Schema (draft 2020-12) of `sallyport.yaml`, for editors. */
export function policyDocumentJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(PolicyDocument, { io: 'input', unrepresentable: 'any' });
  return { title: 'sallyport.yaml', ...schema };
}
