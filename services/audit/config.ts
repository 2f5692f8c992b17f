import path from 'node:path';
import { z } from 'zod';
import { readEnvironment, readSettings, type ServiceSettings, SettingsError } from '#boot';

const Environment = z.object({
  /** The login that owns schema `audit` and runs migrations, where `DATABASE_URL` is one that only reads and writes rows. */
  AUDIT_OWNER_DATABASE_URL: z.string().optional(),
  AUDIT_DATABASE_POOL: z.coerce.number().int().min(2).max(100).default(6),
  /** Names this log in checkpoints and exports; also the name of its signing key. */
  AUDIT_ORIGIN: z
    .string()
    .regex(/^[^\s+]{1,200}$/, 'expected a name without white space and "+"')
    .default('sallyport'),
  AUDIT_CHECKPOINT_ENTRIES: z.coerce.number().int().min(1).default(10_000),
  AUDIT_CHECKPOINT_SECONDS: z.coerce.number().min(0.1).default(5),
  /** Where sinks of kind `files` have their directories; by default `sinks` in the state directory. */
  AUDIT_SINK_DIRECTORY: z.string().min(1).optional(),
  /** A sink that says nothing for so long failed, and is asked again later, seconds. */
  AUDIT_SINK_ANSWER_SECONDS: z.coerce.number().min(1).max(3600).default(60),
  SALLYPORT_STATE_DIR: z.string().min(1).default('.sallyport'),
  /** How long purging leaves answers in the log for those who come back for them, minutes. */
  AUDIT_PICK_UP_MINUTES: z.coerce.number().min(1).default(60),
});

/** What the audit service runs with. */
export interface AuditSettings extends ServiceSettings {
  databaseUrl: string;
  ownerDatabaseUrl: string | undefined;
  poolSize: number;
  origin: string;
  checkpointEntries: number;
  checkpointMs: number;
  pickUpMs: number;
  sinkDirectory: string;
  sinkAnswerMs: number;
}

/** Reads the environment once. Throws `SettingsError` naming what is missing. */
export function auditSettings(environment: NodeJS.ProcessEnv): AuditSettings {
  const common = readSettings('audit', environment);
  const own = readEnvironment(Environment, environment);
  if (common.databaseUrl === undefined) throw new SettingsError('DATABASE_URL: the audit service needs one');
  return {
    ...common,
    databaseUrl: common.databaseUrl,
    ownerDatabaseUrl: own.AUDIT_OWNER_DATABASE_URL,
    poolSize: own.AUDIT_DATABASE_POOL,
    origin: own.AUDIT_ORIGIN,
    checkpointEntries: own.AUDIT_CHECKPOINT_ENTRIES,
    checkpointMs: own.AUDIT_CHECKPOINT_SECONDS * 1000,
    pickUpMs: own.AUDIT_PICK_UP_MINUTES * 60_000,
    sinkAnswerMs: own.AUDIT_SINK_ANSWER_SECONDS * 1000,
    sinkDirectory: own.AUDIT_SINK_DIRECTORY ?? path.resolve(own.SALLYPORT_STATE_DIR, 'sinks'),
  };
}
