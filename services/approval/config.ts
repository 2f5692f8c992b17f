import { z } from 'zod';
import { readEnvironment, readSecret, readSettings, type ServiceSettings, SettingsError } from '#boot';
import { PeopleReleaseSigner, secretFiles } from '#sealing';
import { type PageKeys, pageKeys } from './page/login/seal.ts';

const Environment = z.object({
  /** The login that owns schema `approval` and runs migrations, where `DATABASE_URL` is one that only reads and writes rows. */
  APPROVAL_OWNER_DATABASE_URL: z.string().optional(),
  APPROVAL_DATABASE_POOL: z.coerce.number().int().min(2).max(100).default(10),
  /** How long a release may wait for the model, seconds. */
  APPROVAL_RELEASE_VALID_SECONDS: z.coerce.number().int().min(10).max(86_400).default(3600),
  /** Where people reach this service: links in notifications and the way back from a login start with it. */
  SALLYPORT_APPROVAL_URL: z.url().optional(),
});

/** What the approval service runs with. */
export class ApprovalSettings {
  constructor(
    readonly common: ServiceSettings,
    readonly databaseUrl: string,
    readonly ownerDatabaseUrl: string | undefined,
    readonly poolSize: number,
    readonly releaseValidMs: number,
    readonly signer: PeopleReleaseSigner,
    /** Where people reach this service, without a slash at the end. */
    readonly publicUrl: string,
    readonly pageKeys: PageKeys,
  ) {}
}

/** Reads the environment and the signing key. Throws `SettingsError` naming what is missing. */
export async function readApprovalSettings(environment: NodeJS.ProcessEnv): Promise<ApprovalSettings> {
  const common = readSettings('approval', environment);
  const own = readEnvironment(Environment, environment);
  if (common.databaseUrl === undefined)
    throw new SettingsError('DATABASE_URL: the approval service needs one');
  const signingKey = await readSecret(common, secretFiles.approvalSigningKey);
  return new ApprovalSettings(
    common,
    common.databaseUrl,
    own.APPROVAL_OWNER_DATABASE_URL,
    own.APPROVAL_DATABASE_POOL,
    own.APPROVAL_RELEASE_VALID_SECONDS * 1000,
    new PeopleReleaseSigner(signingKey),
    (own.SALLYPORT_APPROVAL_URL ?? `http://${common.bind}:${common.port}`).replace(/\/+$/, ''),
    pageKeys(signingKey),
  );
}
