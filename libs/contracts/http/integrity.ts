import { z } from 'zod';
import { EpochMs } from '../names.ts';

/** `GET /v1/gaps`: what should be looked at. */
export const Incident = z.object({
  id: z.number().int(),
  kind: z.enum(['gap', 'fork', 'flaw', 'finding']),
  code: z.string(),
  requestId: z.string().nullable(),
  logId: z.string().nullable(),
  from: z.number().int(),
  to: z.number().int(),
  at: EpochMs,
  acknowledgedAt: EpochMs.nullable(),
});
export type Incident = z.infer<typeof Incident>;
export const IncidentList = z.object({
  items: z.array(Incident),
  next: z.number().int().optional(),
  /** Where the ledger stands. */
  size: z.number().int(),
  writer: z.enum(['writing', 'standby', 'away']),
});
export type IncidentList = z.infer<typeof IncidentList>;

/** `GET /v1/key/history`: a key that signed this ledger. */
export const LedgerKey = z.object({
  /** C2SP signed-note, as text. */
  key: z.string(),
  /** When it began; null where it has signed nothing yet. */
  since: EpochMs.nullable(),
  /** The statement by which the key before handed over to it, signed; null of the first one, or where that one was gone. */
  handover: z.string().nullable(),
});
export type LedgerKey = z.infer<typeof LedgerKey>;
/** Oldest first. */
export const LedgerKeyList = z.object({ items: z.array(LedgerKey) });
export type LedgerKeyList = z.infer<typeof LedgerKeyList>;

/** Somewhere that copies of the ledger go. */
export const SinkView = z.object({
  name: z.string(),
  kind: z.enum(['files', 'https', 'otlp', 's3']),
  /** The first entry that it does not have. */
  next: z.number().int(),
  /** Signed entries that it does not have. */
  behind: z.number().int(),
  deliveredAt: EpochMs.nullable(),
  failingSince: EpochMs.nullable(),
  failure: z.string().nullable(),
});
export const SinkList = z.object({ items: z.array(SinkView) });
export type SinkList = z.infer<typeof SinkList>;

export const SignedCheckpoint = z.object({ size: z.number().int(), note: z.string(), at: EpochMs });
export type SignedCheckpoint = z.infer<typeof SignedCheckpoint>;

/** A message that a service gave up. Its content stays sealed. */
export const DeadLetterView = z.object({
  /** Its place in stream DEAD_LETTERS. */
  sequence: z.number().int(),
  service: z.string(),
  subject: z.string(),
  eventSequence: z.number().int(),
  deliveries: z.number().int(),
  code: z.string(),
  requestId: z.string().nullable(),
  bytes: z.number().int(),
  at: EpochMs,
});
export type DeadLetterView = z.infer<typeof DeadLetterView>;
/** One dead letter with the head of its event, personal values left out. */
export const DeadLetterDetail = DeadLetterView.extend({ head: z.unknown(), sealedBytes: z.number().int() });
export type DeadLetterDetail = z.infer<typeof DeadLetterDetail>;
