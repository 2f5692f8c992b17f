import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ServiceName, serviceNames } from '#contracts';

/** Everything secret that a start needs, made once, kept in files that only their owner can read. */
export interface Secrets {
  /** Passwords of the broker's users, `topology` included. */
  readonly natsPasswords: Readonly<Record<string, string>>;
  /** Passwords of the database roles, by service. */
  readonly databasePasswords: Readonly<Record<ServiceName, string>>;
  /** Password of the login that owns audit's tables. */
  readonly auditOwnerPassword: string;
  /** The credential of the embedded model; in a file for its server, and in masking's folder. */
  readonly modelKeyFile: string;
  /** Encrypts the broker's files. */
  readonly jetStreamKeyFile: string;
  /** A service's own folder: it holds what this service needs and nothing else. */
  dirOf(service: ServiceName): string;
}

interface Values {
  readonly keyEncryptionKey: string;
  readonly subjectNames: string;
  readonly ruleReleaseKey: string;
  readonly ledgerSigningKey: string;
  /** Only while the ledger is handed over to another key. */
  readonly ledgerPreviousKey?: string | undefined;
  readonly auditOwnerPassword: string;
  readonly approvalPrivateKey: string;
  readonly approvalPublicKey: string;
  readonly configPrivateKey: string;
  readonly configPublicKey: string;
  readonly maskingPrivateKey: string;
  readonly maskingPublicKey: string;
  readonly auditPrivateKey: string;
  readonly auditPublicKey: string;
  readonly modelKey: string;
  readonly jetStreamKey: string;
  readonly natsPasswords: Readonly<Record<string, string>>;
  readonly databasePasswords: Readonly<Record<ServiceName, string>>;
}

/** Which service gets which file; the names are those that `libs/sealing` and `sallyport.yaml` ask for. */
const FILES: readonly {
  file: string;
  services: readonly ServiceName[];
  text: (values: Values) => string | undefined;
}[] = [
  { file: 'kek.hex', services: serviceNames, text: (values) => values.keyEncryptionKey },
  {
    file: 'subject-names.hex',
    services: ['ingress', 'policy', 'approval', 'audit'],
    text: (values) => values.subjectNames,
  },
  { file: 'ledger-signing-key.pem', services: ['audit'], text: (values) => values.ledgerSigningKey },
  {
    file: 'ledger-signing-key.previous.pem',
    services: ['audit'],
    text: (values) => values.ledgerPreviousKey,
  },
  { file: 'release-hmac.hex', services: ['policy', 'masking'], text: (values) => values.ruleReleaseKey },
  { file: 'approval-signing-key.pem', services: ['approval'], text: (values) => values.approvalPrivateKey },
  {
    file: 'approval-signing-key.pub.pem',
    services: serviceNames,
    text: (values) => values.approvalPublicKey,
  },
  { file: 'config-signing-key.pem', services: ['policy'], text: (values) => values.configPrivateKey },
  { file: 'config-signing-key.pub.pem', services: serviceNames, text: (values) => values.configPublicKey },
  { file: 'masking-signing-key.pem', services: ['masking'], text: (values) => values.maskingPrivateKey },
  {
    file: 'masking-signing-key.pub.pem',
    services: serviceNames,
    text: (values) => values.maskingPublicKey,
  },
  { file: 'audit-signing-key.pem', services: ['audit'], text: (values) => values.auditPrivateKey },
  { file: 'audit-signing-key.pub.pem', services: serviceNames, text: (values) => values.auditPublicKey },
  { file: 'model-credential', services: ['masking'], text: (values) => values.modelKey },
];

/** The file in a service's folder with its password for the broker. */
export const NATS_PASSWORD_FILE = 'nats-password';

/**
 * Reads the secrets kept in `dir`, or makes them; writes each service's folder anew.
 * `natsPasswords` are those of a broker that isn't ours.
 */
export async function ensureSecrets(
  dir: string,
  natsPasswords?: Readonly<Record<string, string>>,
): Promise<Secrets> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const made = await loadValues(join(dir, 'all.json'));
  const values = natsPasswords === undefined ? made : { ...made, natsPasswords };
  for (const service of serviceNames) {
    const own = join(dir, service);
    await mkdir(own, { recursive: true, mode: 0o700 });
    for (const { file, services, text } of FILES) {
      if (!services.includes(service)) continue;
      const secret = text(values);
      if (secret === undefined) await rm(join(own, file), { force: true });
      else await writePrivate(join(own, file), secret);
    }
    await writePrivate(join(own, NATS_PASSWORD_FILE), values.natsPasswords[service] as string);
  }
  const modelKeyFile = join(dir, 'model-key');
  const jetStreamKeyFile = join(dir, 'jetstream-key');
  await writePrivate(modelKeyFile, values.modelKey);
  await writePrivate(jetStreamKeyFile, values.jetStreamKey);
  return {
    natsPasswords: values.natsPasswords,
    databasePasswords: values.databasePasswords,
    auditOwnerPassword: values.auditOwnerPassword,
    modelKeyFile,
    jetStreamKeyFile,
    dirOf: (service) => join(dir, service),
  };
}

/**
 * Changes the ledger's signing key in the secrets kept in `dir`. `begin`: another one signs, and the one before is there to
 * hand over; `end`: the one before is destroyed. Audit acts on it when it starts. Throws `RangeError` where that step is
 * not the next one.
 */
export async function changeLedgerKey(dir: string, step: 'begin' | 'end'): Promise<void> {
  const path = join(dir, 'all.json');
  const values = JSON.parse(await readFile(path, 'utf8')) as Values;
  const isUnderWay = values.ledgerPreviousKey !== undefined;
  if (isUnderWay !== (step === 'end')) {
    throw new RangeError(
      isUnderWay ? 'a change of the key is under way: end it first' : 'no change of the key is under way',
    );
  }
  const changed: Values =
    step === 'end'
      ? { ...values, ledgerPreviousKey: undefined }
      : { ...values, ledgerPreviousKey: values.ledgerSigningKey, ledgerSigningKey: signingPair().privateKey };
  await writePrivate(path, JSON.stringify(changed));
  await ensureSecrets(dir, values.natsPasswords);
}

const signingPair = () =>
  generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });

async function loadValues(path: string): Promise<Values> {
  const known = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  // A secret that a later version needs is added to those already kept.
  const kept = known === undefined ? {} : (JSON.parse(known) as Partial<Values>);
  const values = { ...(await newValues()), ...kept };
  await writePrivate(path, JSON.stringify(values));
  return values;
}

async function newValues(): Promise<Values> {
  // Loaded here: commands that make no secrets need no broker.
  const { natsUsers } = await import('#messaging');
  const hex = () => randomBytes(32).toString('hex');
  // It begins with a letter: the broker's configuration reads what begins otherwise as a number, a date or a sign.
  const word = () => `p${randomBytes(24).toString('base64url')}`;
  const [approval, config, masking, audit] = [signingPair(), signingPair(), signingPair(), signingPair()];
  return {
    keyEncryptionKey: hex(),
    subjectNames: hex(),
    ruleReleaseKey: hex(),
    ledgerSigningKey: signingPair().privateKey,
    auditOwnerPassword: word(),
    approvalPrivateKey: approval.privateKey,
    approvalPublicKey: approval.publicKey,
    configPrivateKey: config.privateKey,
    configPublicKey: config.publicKey,
    maskingPrivateKey: masking.privateKey,
    maskingPublicKey: masking.publicKey,
    auditPrivateKey: audit.privateKey,
    auditPublicKey: audit.publicKey,
    modelKey: word(),
    jetStreamKey: word(),
    natsPasswords: Object.fromEntries(natsUsers.map((user) => [user, word()])),
    databasePasswords: Object.fromEntries(
      serviceNames.map((service) => [service, word()]),
    ) as Values['databasePasswords'],
  };
}

async function writePrivate(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
