import { z } from 'zod';
import { readEnvironment } from '#boot';
import { ackWaitMs } from '#messaging';

const hourMs = 3_600_000;
const count = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

const MaskingEnvironment = z.object({
  /** Calls of one connection at the same time in this replica. */
  SALLYPORT_MASKING_SLOTS: count(1, 10_000).default(256),
  /** The largest answer that is read, in MiB. */
  SALLYPORT_MASKING_MAX_ANSWER_MIB: count(1, 256).default(32),
  /** Without a sign of life from the replica that has it for so long, a release goes to another one. */
  SALLYPORT_MASKING_ACK_WAIT_MS: count(1000, 600_000).default(ackWaitMs),
  /** A connection that left `sallyport.yaml` is listened to for so long, so that its last requests are answered. */
  SALLYPORT_MASKING_RETIRE_AFTER_MS: count(100, 30 * 24 * hourMs).default(72 * hourMs),
});

/** Masking's own settings. */
export interface MaskingConfig {
  slots: number;
  maxAnswerBytes: number;
  ackWaitMs: number;
  retireAfterMs: number;
  /** Looks up `${env:NAME}` of a credential at the moment it is used. */
  secretFromEnvironment: (name: string) => string | undefined;
}

/** Injection token of `MaskingConfig`. */
export const MASKING_CONFIG = Symbol('masking config');

/** Parses masking's part of the environment. Throws `SettingsError` naming each variable at fault. */
export function readMaskingConfig(environment: NodeJS.ProcessEnv): MaskingConfig {
  const env = readEnvironment(MaskingEnvironment, environment);
  return {
    slots: env.SALLYPORT_MASKING_SLOTS,
    maxAnswerBytes: env.SALLYPORT_MASKING_MAX_ANSWER_MIB * 1024 * 1024,
    ackWaitMs: env.SALLYPORT_MASKING_ACK_WAIT_MS,
    retireAfterMs: env.SALLYPORT_MASKING_RETIRE_AFTER_MS,
    secretFromEnvironment: (name) => environment[name],
  };
}
