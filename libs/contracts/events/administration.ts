import { z } from 'zod';
import { defineEvent } from '../envelope/event.ts';
import { EpochMs, RequestId, Sha256 } from '../names.ts';
import { Principal } from '../principal.ts';

/** A revision of `sallyport.yaml` is in force. */
export const configActivated = defineEvent({
  name: 'config.activated',
  schema: z.object({
    revision: z.string(),
    digest: Sha256,
    author: Principal.optional(),
    message: z.string().max(2000),
    /** The approval at gate `change` that people gave for it. */
    approval: RequestId.optional(),
    at: EpochMs,
  }),
});
/** A live grant stood in for the votes on a request. */
export const grantUsed = defineEvent({
  name: 'grant.used',
  schema: z.object({
    requestId: RequestId,
    grant: z.string(),
    /** Whose votes the grant carries. */
    authors: z.array(Principal).max(100).optional(),
    /** Which use of the grant this is, from 1. */
    use: z.number().int().positive().optional(),
    /** Names the requester's data key. */
    subjectKey: z.string().max(64).optional(),
    at: EpochMs,
  }),
});
/** Someone with the right saw content unmasked. Tail: JSON `{reason}`, sealed. */
export const contentRevealed = defineEvent({
  name: 'content.revealed',
  schema: z.object({
    requestId: RequestId,
    reader: Principal,
    subjectKey: z.string().max(64),
    digest: Sha256,
    at: EpochMs,
  }),
});
/**
 * Someone with the right read recorded content: of one request, or (`bulk`) of all they may read of a range of them; or
 * searched it (`search`).
 */
export const contentRead = defineEvent({
  name: 'content.read',
  schema: z.object({
    requestId: RequestId.optional(),
    bulk: z
      .object({
        /** Request ids are ordered by time: the newest and the oldest of those that were read. */
        newest: RequestId,
        oldest: RequestId,
        count: z.number().int().positive(),
        /** `simulation`: looked at to count what a draft would decide otherwise; the reader was shown no content. */
        purpose: z.enum(['export', 'simulation']),
      })
      .optional(),
    /** Looked for words in prompts and answers: how many words, and how many requests it was shown on this page. */
    search: z
      .object({ words: z.number().int().positive(), found: z.number().int().nonnegative() })
      .optional(),
    reader: Principal,
    at: EpochMs,
  }),
});
/** A person's content is erased: their data key goes. */
export const contentErased = defineEvent({
  name: 'content.erased',
  live: true,
  schema: z.object({
    subjectKey: z.string().max(64),
    requestedBy: Principal.optional(),
    /** The approval at gate `change` that people gave for it; carried out once. */
    approval: RequestId.optional(),
    at: EpochMs,
  }),
});
/**
 * A legal hold was placed or lifted: what it names is neither erased nor dropped by age. Tail: JSON `{reason}`, sealed
 * with the key of the person who did it.
 */
export const contentHeld = defineEvent({
  name: 'content.held',
  schema: z.object({
    hold: z.string().max(64),
    held: z.boolean(),
    scope: z.enum(['person', 'request', 'period']),
    /** What it names: a data key, a request, or a period of `[from, to)`. */
    personKey: z.string().max(64).optional(),
    requestId: RequestId.optional(),
    from: EpochMs.optional(),
    to: EpochMs.optional(),
    by: Principal,
    /** Names the data key of `by`. */
    subjectKey: z.string().max(64),
    at: EpochMs,
  }),
});
/** Retention dropped something of the ledger, under a signed tombstone. */
export const contentDropped = defineEvent({
  name: 'content.dropped',
  schema: z.object({
    scope: z.enum(['content', 'entries']),
    from: z.number().int().nonnegative(),
    to: z.number().int().positive(),
    dropped: z.number().int().nonnegative(),
    revision: z.string(),
    tombstone: z.string().max(4000),
    at: EpochMs,
  }),
});
/**
 * New requests of a user, group or connection (or all) are refused, or no longer. Tail: JSON `{reason}`, sealed with
 * the key of the person who did it.
 */
export const principalFrozen = defineEvent({
  name: 'principal.frozen',
  schema: z.object({
    target: z.enum(['user', 'group', 'connection', 'all']),
    value: z.string().max(512),
    frozen: z.boolean(),
    by: Principal,
    /** Names the data key of `by`. */
    subjectKey: z.string().max(64).optional(),
    at: EpochMs,
  }),
});
