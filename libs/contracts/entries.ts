import { z } from 'zod';
import { Outcome } from './events/request-completed.ts';
import { GatewayKeyId } from './gateway-key.ts';
import { EpochMs, RequestId, SubjectToken } from './names.ts';

/** KV `held`, key `<requestId>`: a request that a client may come back for. Written by ingress only. */
export const HeldEntry = z.object({
  requestId: RequestId,
  fingerprint: z.string().max(64),
  state: z.enum(['parked', 'running', 'completed']),
  issuer: z.string(),
  subject: z.string(),
  /** Whom a shared identity called for. */
  person: z.string().optional(),
  /** The gateway key that it was asked with. */
  key: z.string().optional(),
  subjectKey: z.string(),
  protocol: z.string(),
  /** The replica that holds the client's connection, or held it last. */
  instance: SubjectToken,
  /** A client is connected. */
  live: z.boolean(),
  stream: z.boolean(),
  /** SHA-256 of the body as received: another one under the same idempotency key is refused. */
  bodyDigest: z.string().max(64),
  /** Where frames and `completed` go. */
  destination: SubjectToken,
  /** Rule names and groups that can decide; for status answers. */
  rules: z.array(z.string()),
  groups: z.array(z.string()),
  receivedAt: EpochMs,
  /** When people's time is up; where nobody was asked, when the entry is of no more use. */
  expiresAt: EpochMs,
  /** `completed` is to be looked for from this stream sequence on. */
  sinceSequence: z.number().int().nonnegative(),
  /** Stream sequence of `completed`. */
  completedSequence: z.number().int().positive().optional(),
  completedAt: EpochMs.optional(),
  outcome: Outcome.optional(),
  /** The connection that answered. */
  connection: SubjectToken.optional(),
  /** Stream sequence of the `approval.requested` that has the request as it was sent. */
  askedSequence: z.number().int().positive().optional(),
  /** People edited the request: where their newest version is, unless the rule keeps it from the requester. */
  edited: z.object({ version: z.number().int().min(2), sequence: z.number().int().positive() }).optional(),
  /** Where the request is, as the model got it: the event that holds its body in this version. */
  latest: z.object({ version: z.number().int().min(1), sequence: z.number().int().positive() }).optional(),
  /** The answer was picked up by a re-send. */
  pickedUpAt: EpochMs.optional(),
  /** Whoever asked took the answer back: it is given to nobody any more. */
  deletedAt: EpochMs.optional(),
});
export type HeldEntry = z.infer<typeof HeldEntry>;

/** KV `held`, key `callKeyPrefix` and a fingerprint: the body, and in the background the one call, of an idempotency key. */
export const CallKeyEntry = z.object({ requestId: RequestId, bodyDigest: z.string().max(64), at: EpochMs });
export type CallKeyEntry = z.infer<typeof CallKeyEntry>;

/** What keys of `CallKeyEntry` begin with. */
export const callKeyPrefix = 'call.';

/** KV `runs`, key `<requestId>.<gate>.<version>`: the one running claim on a people's release. */
export const RunEntry = z.object({
  state: z.enum(['open', 'claimed', 'finished', 'revoked']),
  claimedBy: z.string().optional(),
  attempt: z.number().int().nonnegative(),
  leaseUntil: EpochMs.optional(),
  notAfter: EpochMs,
  /** Why it was stopped: JSON `{reason}`, sealed, base64. Whoever holds the claim ends the request with it. */
  reason: z.string().max(20_000).optional(),
});
export type RunEntry = z.infer<typeof RunEntry>;

/** The key of a run in KV `runs`. */
export function runKey(terms: { requestId: string; gate: string; version: number }): string {
  return `${terms.requestId}.${terms.gate}.${terms.version}`;
}

/**
 * KV `approved`, key a digest of principal, connection, rule content and conversation prefix. `signature`: approval's
 * (Ed25519, base64), over the key and the rest of it.
 */
export const ApprovedEntry = z.object({
  requestId: RequestId,
  approvedAt: EpochMs,
  expiresAt: EpochMs,
  signature: z.string().max(100),
});
export type ApprovedEntry = z.infer<typeof ApprovedEntry>;

/** KV `keys`, key the data subject: their data key, wrapped (AES-256-GCM) by the key-encryption key `kek`. */
export const WrappedKey = z.object({ kek: z.string(), wrapped: z.string(), createdAt: EpochMs });
export type WrappedKey = z.infer<typeof WrappedKey>;

/**
 * KV `vault`, key `vaultKeys.request(…)` (read by ingress) or `vaultKeys.scope(…)`: what placeholders stand for.
 * `sealed` is base64 of a `VaultContent`, sealed with the person's key under the entry's own key as its label.
 */
export const VaultEntry = z.object({ expiresAt: EpochMs, sealed: z.string() });
export type VaultEntry = z.infer<typeof VaultEntry>;

/** What is sealed in a `VaultEntry`: by placeholder the value, and until when it may be given back. */
export const VaultContent = z.object({
  method: z.string().max(16),
  path: z.string().max(2048),
  /** The main text of the answer is JSON. */
  answersJson: z.boolean(),
  values: z.record(z.string(), z.tuple([z.string(), EpochMs])),
});
export type VaultContent = z.infer<typeof VaultContent>;

/** Keys of KV `vault`; `subjectKey` is the person's, so that erasing a person finds them all. */
export const vaultKeys = {
  request: (subjectKey: string, requestId: string) => `${subjectKey}.request.${requestId}`,
  /** `digest`: SHA-256 of the scope, hex. */
  scope: (subjectKey: string, digest: string) => `${subjectKey}.scope.${digest}`,
  allOf: (subjectKey: string) => `${subjectKey}.>`,
} as const;

/** Something that is frozen: requests of a user, group or connection (or all) are refused. */
export const FrozenEntry = z.object({
  target: z.enum(['user', 'group', 'connection', 'all']),
  /** For `user` the name of the person's data key, for `group` and `connection` its name. */
  value: z.string().max(512),
  at: EpochMs,
  /** Names the data key of the person who did it: another one has to release it. */
  by: z.string().max(64).optional(),
  /** The name of a user as it was typed: sealed with the data key that `value` names, base64. */
  name: z.string().max(2000).optional(),
});
export type FrozenEntry = z.infer<typeof FrozenEntry>;

/**
 * KV `config`, key `configKeys.blockList`: everything that is kept from running, signed by policy as a whole, so that
 * nothing can be taken out of it, and no earlier one put in its place, unseen.
 */
export const BlockListEntry = z.object({
  /** Later than that of the list before. */
  changedAt: EpochMs,
  /** `changedAt` of the list it was made from. Where a reader has a later one, this list takes nothing away there. */
  builtOn: EpochMs,
  frozen: z.array(FrozenEntry),
  /** Gateway keys that were revoked before they expire. */
  revokedKeys: z.array(z.object({ id: GatewayKeyId, until: EpochMs })),
});
export type BlockListEntry = z.infer<typeof BlockListEntry>;

/** KV `config` keys. Masking profiles stand at `profile.<digest>`. */
export const configKeys = {
  /** `{revision, digest, document}`: the revision in force. */
  active: 'active',
  profile: (digest: string) => `profile.${digest}`,
  /** `BlockListEntry`: what is frozen, and which gateway keys are revoked. */
  blockList: 'block-list',
  /** `FrozenEntry`, one for each thing that versions which did not sign had frozen. Policy takes them over. */
  unsignedFreezes: 'frozen.>',
  /** `GatewayKeyEntry`; deleted when the key is revoked. */
  gatewayKey: (id: string) => `gateway-key.${id}`,
  allGatewayKeys: 'gateway-key.>',
  /** `RecordedPosition`: how far the ledger reaches. Written by audit only. */
  recorded: 'recorded',
} as const;

/**
 * KV `config`, key `configKeys.recorded`, at most every 2 s while the ledger grows. A reader compares `sequence` with
 * the last one it published itself: the difference is the backlog, also when audit has stopped.
 */
export const RecordedPosition = z.object({
  /** The last stream sequence that is in the ledger. */
  sequence: z.number().int().nonnegative(),
  /** When the stream stored that event. */
  atMs: EpochMs,
});
export type RecordedPosition = z.infer<typeof RecordedPosition>;
