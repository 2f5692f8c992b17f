import { z } from 'zod';
import { EpochMs, Sha256 } from '../names.ts';

/** One file of a policy: its name, for messages, and its YAML text. */
export const PolicyFile = z.strictObject({
  name: z.string().min(1).max(255),
  text: z.string().max(4 * 1024 * 1024),
});
export type PolicyFile = z.infer<typeof PolicyFile>;

const files = z.array(PolicyFile).min(1).max(1000);

/** `POST /v1/revisions/validate`. */
export const ValidateBody = z.strictObject({ files });
export type ValidateBody = z.infer<typeof ValidateBody>;

/** `POST /v1/revisions`: stores a revision; it isn't in force yet. */
export const RevisionBody = z.strictObject({ files, message: z.string().trim().min(1).max(2000) });
export type RevisionBody = z.infer<typeof RevisionBody>;

/** `POST /v1/revisions/{revision}/activate` and `POST /v1/revisions/rollback`. */
export const ActivateBody = z.strictObject({
  /** The revision in force as the caller saw it; another one by now is `config.outdated`. */
  expected: z
    .string()
    .regex(/^r[1-9][0-9]{0,9}$/)
    .optional(),
  message: z.string().trim().min(1).max(2000).optional(),
});
export type ActivateBody = z.infer<typeof ActivateBody>;

/** Something wrong with a document, or worth a look. */
export const PolicyRemark = z.object({
  file: z.string(),
  line: z.number().int(),
  column: z.number().int(),
  rule: z.string().optional(),
  message: z.string(),
});
export type PolicyRemark = z.infer<typeof PolicyRemark>;

/** One difference of two documents. `path` names list items that have a name by it: `/rules/no-secrets/effect`. */
export const PolicyChange = z.object({
  path: z.string(),
  kind: z.enum(['added', 'removed', 'changed']),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
});
export type PolicyChange = z.infer<typeof PolicyChange>;

export const Validation = z.object({
  valid: z.boolean(),
  issues: z.array(PolicyRemark),
  warnings: z.array(PolicyRemark),
  /** Against what is in force; where the document is valid. */
  changes: z.array(PolicyChange).optional(),
});
export type Validation = z.infer<typeof Validation>;

const Author = z.object({ issuer: z.string(), subject: z.string(), name: z.string().optional() });

/** One time a revision came into force. */
export const Activation = z.object({
  at: EpochMs,
  /** Null where the service itself did it: at start, from the file. */
  by: Author.nullable(),
  message: z.string(),
});
export type Activation = z.infer<typeof Activation>;

/** A revision of `sallyport.yaml`, as a list shows it. Revisions never change. */
export const RevisionSummary = z.object({
  revision: z.string(),
  digest: Sha256,
  /** `file`: imported at start from the file the service was given. */
  source: z.enum(['api', 'file', 'found']),
  author: Author.nullable(),
  message: z.string(),
  createdAt: EpochMs,
  isActive: z.boolean(),
  activations: z.array(Activation),
});
export type RevisionSummary = z.infer<typeof RevisionSummary>;

export const RevisionList = z.object({
  /** The revision in force. */
  active: z.string().nullable(),
  /** Newest first. */
  items: z.array(RevisionSummary),
});
export type RevisionList = z.infer<typeof RevisionList>;

export const proposalStates = [
  'asking',
  'waiting',
  'activated',
  'rejected',
  'expired',
  'cancelled',
  /** Another revision came into force before people agreed. */
  'outdated',
  /** It does not compile any more. */
  'refused',
] as const;
export type ProposalState = (typeof proposalStates)[number];

/** An activation that needs people's approval, and what became of it. */
export const ProposalView = z.object({
  /** As the approval service knows it. */
  approval: z.string(),
  state: z.enum(proposalStates),
  by: Author,
  message: z.string(),
  /** The approval groups that decide. */
  groups: z.array(z.string()),
  askedAt: EpochMs,
  expiresAt: EpochMs,
  endedAt: EpochMs.optional(),
  why: z.string().optional(),
});
export type ProposalView = z.infer<typeof ProposalView>;

export const RevisionDetail = RevisionSummary.extend({
  files: z.array(PolicyFile),
  document: z.unknown(),
  /** Against the revision that was in force when it was made. */
  base: z.string().nullable(),
  changes: z.array(PolicyChange),
  /** Asked of people, newest first. */
  proposals: z.array(ProposalView).default([]),
});
export type RevisionDetail = z.infer<typeof RevisionDetail>;

/** `GET /v1/revisions/{revision}/diff?from=…`. */
export const RevisionDiff = z.object({
  from: z.string(),
  to: z.string(),
  changes: z.array(PolicyChange),
});
export type RevisionDiff = z.infer<typeof RevisionDiff>;

const targets = ['user', 'group', 'connection', 'all'] as const;
const reason = z.string().trim().min(1).max(2000);

/** `POST /v1/freezes`, and `…/release` by another person. `issuer`: of a user, where several are configured. */
export const FreezeBody = z.strictObject({
  target: z.enum(targets),
  /** An OIDC subject, a group or a connection; empty for `all`. */
  name: z.string().max(255).default(''),
  issuer: z.string().max(512).optional(),
  reason,
});
export type FreezeBody = z.infer<typeof FreezeBody>;

/** One thing that is frozen. */
export const FreezeView = z.object({
  target: z.enum(targets),
  /** For a user the name of their data key. */
  value: z.string(),
  /** Of a user, as it was typed; absent where the person was erased since. */
  name: z.string().optional(),
  at: EpochMs,
});
export type FreezeView = z.infer<typeof FreezeView>;
export const FreezeList = z.object({ items: z.array(FreezeView) });
export type FreezeList = z.infer<typeof FreezeList>;
