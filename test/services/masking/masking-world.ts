import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BlockListEntry,
  buckets,
  canonicalJson,
  configKeys,
  contentErased,
  encodeEnvelope,
  type FrozenEntry,
  MaskingProfile,
  type MaskingProfileInput,
  PolicyDocument,
  type ReleaseTerms,
  type RequestReleased,
  type RunEntry,
  requestReleased,
  runKey,
} from '#contracts';
import { freePort, type NatsServer, type RunningProcess, startNats } from '#embedded';
import { applyTopology, Bus, natsAuthorization, natsUsers } from '#messaging';
import {
  ConfigSigner,
  contentLabel,
  keyEncryptionKey,
  PeopleReleaseSigner,
  RuleReleaseKey,
  Sealer,
  secretFiles,
} from '#sealing';
import { startProgram } from '#testing';
import { chat } from './chat.ts';
import { ClientSide } from './client-side.ts';
import { headOf, type ReleaseOptions } from './release-head.ts';

const passwords = Object.fromEntries(natsUsers.map((user) => [user, `secret-${user}`]));
export const credential = 'sk-upstream-credential-4711';
const issuer = 'http://idp.test';

export interface Published {
  requestId: string;
  head: RequestReleased;
  sequence: number;
}

/** A broker with the real permissions, masking as a running service, and the voices of its neighbours. */
export class MaskingWorld extends ClientSide {
  private readonly services: RunningProcess[] = [];
  private metricsUrl = '';
  private subjects = 0;
  private blockList: BlockListEntry | undefined;

  private constructor(
    readonly dir: string,
    readonly server: NatsServer,
    readonly buses: Map<string, Bus>,
    sealer: Sealer,
    readonly ruleKey: RuleReleaseKey,
    readonly signer: PeopleReleaseSigner,
    private readonly configSigner: ConfigSigner,
  ) {
    super(buses.get('ingress')!, sealer);
  }

  static async open(): Promise<MaskingWorld> {
    const dir = await mkdtemp(join(tmpdir(), 'sallyport-masking-'));
    const server = await startNats({ dir: join(dir, 'nats'), port: 0, config: natsAuthorization(passwords) });
    await applyTopology({ url: server.url, user: 'topology', password: passwords.topology! });
    const buses = new Map<string, Bus>();
    for (const user of ['ingress', 'policy', 'approval', 'audit']) {
      buses.set(user, await Bus.connect({ url: server.url, user, password: passwords[user]! }));
    }
    const kek = randomBytes(32);
    const hmac = randomBytes(32);
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const config = generateKeyPairSync('ed25519');
    const configPem = config.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const secrets = {
      [secretFiles.keyEncryptionKey]: kek.toString('hex'),
      [secretFiles.ruleReleaseKey]: hmac.toString('hex'),
      [secretFiles.approvalVerifyKey]: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      [secretFiles.configVerifyKey]: config.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      [secretFiles.maskingSigningKey]: generateKeyPairSync('ed25519')
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
      'upstream.key': `${credential}\n`,
      'nats-password': passwords.masking!,
    };
    for (const [file, text] of Object.entries(secrets)) await writeFile(join(dir, file), text);
    const sealer = new Sealer(buses.get('ingress')!, keyEncryptionKey(kek));
    const signer = new PeopleReleaseSigner(privatePem);
    const configSigner = new ConfigSigner(configPem);
    const ruleKey = new RuleReleaseKey(hmac);
    const world = new MaskingWorld(dir, server, buses, sealer, ruleKey, signer, configSigner);
    await world.freeze([]);
    return world;
  }

  bus(user: string): Bus {
    return this.buses.get(user)!;
  }

  /** Starts a replica of the service as a process of its own. */
  async start(instance = 'masking-1', env: NodeJS.ProcessEnv = {}): Promise<RunningProcess> {
    const port = await freePort();
    const child = await startProgram({
      name: instance,
      program: 'services/masking/main',
      env: {
        PATH: process.env.PATH,
        NATS_URL: this.server.url,
        NATS_PASSWORD_FILE: join(this.dir, 'nats-password'),
        SALLYPORT_SECRETS_DIR: this.dir,
        SALLYPORT_INSTANCE: instance,
        SALLYPORT_MASKING_PORT: String(port),
        SALLYPORT_MASKING_ACK_WAIT_MS: '3000',
        LOG_LEVEL: 'trace',
        ...env,
      },
      logFile: join(this.dir, `${instance}.log`),
      readyUrl: `http://127.0.0.1:${port}/readyz`,
    });
    this.services.push(child);
    this.metricsUrl = `http://127.0.0.1:${port}/metrics`;
    return child;
  }

  /** Ends every replica without a chance to tidy up. */
  async killReplicas(): Promise<void> {
    await Promise.all(this.services.map((service) => service.kill()));
  }

  /** A counter of the replica that was started last. */
  async metric(line: string): Promise<number> {
    const text = await (await fetch(this.metricsUrl)).text();
    const found = text.split('\n').find((each) => each.startsWith(line));
    return found === undefined ? 0 : Number(found.split(' ').at(-1));
  }

  /** Everything that the replicas logged. */
  async logs(): Promise<string> {
    const texts = this.services.map(({ logFile }) => readFile(logFile, 'utf8'));
    return (await Promise.all(texts)).join('\n');
  }

  /** Puts a revision with these connections into force. */
  async activate(connections: Record<string, object>, more: object = {}): Promise<void> {
    const document = PolicyDocument.parse({
      version: 1,
      identity: { issuers: [{ issuer, audience: 'sallyport' }] },
      connections,
      ...more,
    });
    const revision = { revision: 'r1', digest: 'd', activatedAt: Date.now(), document };
    const config = await this.bus('policy').bucket(buckets.config);
    await config.put(configKeys.active, this.configSigner.sign(revision));
  }

  /** Signs a list of what is frozen, as policy does. */
  async freeze(frozen: FrozenEntry[]): Promise<void> {
    const before = this.blockList?.changedAt ?? 0;
    const changedAt = Math.max(Date.now(), before + 1);
    this.blockList = { changedAt, builtOn: before, frozen, revokedKeys: [] };
    const config = await this.bus('policy').bucket(buckets.config);
    await config.put(configKeys.blockList, this.configSigner.sign(this.blockList));
  }

  /** Stores a masking profile as policy does, and names it as an obligation does. */
  async profile(input: MaskingProfileInput): Promise<{ name: string; digest: string }> {
    const profile = MaskingProfile.parse(input);
    const digest = createHash('sha256').update(canonicalJson(profile)).digest('hex');
    const config = await this.bus('policy').bucket(buckets.config);
    await config.put(configKeys.profile(digest), JSON.stringify(profile));
    return { name: 'p', digest };
  }

  /** Publishes a release as policy or approval does. */
  async release(options: ReleaseOptions = {}): Promise<Published> {
    const requestId = options.requestId ?? `req-${randomBytes(16).toString('hex')}`;
    const by = options.by ?? 'rule';
    const clear = Buffer.from(options.text ?? JSON.stringify(options.body ?? chat('hello', options.stream)));
    const signers = { rule: this.ruleKey, people: this.signer };
    const subjectKey = options.user ?? `subject-${this.subjects++ % 3}`;
    const head = headOf({ requestId, clear, signers, subjectKey }, options);
    const label = contentLabel(requestId, `body:${head.terms.version}`);
    const sealed = await this.sealer.seal(head.subjectKey, label, Buffer.from(options.otherBody ?? clear));
    if (by === 'people' && options.run !== 'none') await this.openRun(head.terms, options.run);
    const user = by === 'rule' ? 'policy' : 'approval';
    const subject = requestReleased.subject(by, head.terms.connection);
    const sent = options.tamper?.(head) ?? head;
    await options.beforePublish?.();
    const { sequence } = await this.bus(user).publish(subject, encodeEnvelope(sent, sealed));
    return { requestId, head: sent, sequence };
  }

  async openRun(terms: ReleaseTerms, more: Partial<RunEntry> = {}): Promise<void> {
    const runs = await this.bus('approval').bucket(buckets.runs);
    const entry = { state: 'open', attempt: 0, notAfter: terms.notAfter, ...more };
    await runs.put(runKey(terms), JSON.stringify(entry));
  }

  async runOf(terms: ReleaseTerms): Promise<RunEntry> {
    const runs = await this.bus('approval').bucket(buckets.runs);
    return (await runs.get(runKey(terms)))!.json<RunEntry>();
  }

  /** Destroys a person's data key, as audit does. */
  async erase(subjectKey: string): Promise<void> {
    const keys = await this.bus('audit').bucket(buckets.keys);
    const seq = (await keys.get(subjectKey))!.revision;
    const request = JSON.stringify({ seq });
    await this.bus('audit').nc.request(`$JS.API.STREAM.MSG.DELETE.KV_${buckets.keys}`, request);
  }

  /** Erases a person so that every service hears of it. */
  async forget(subjectKey: string): Promise<void> {
    await this.erase(subjectKey);
    const head = { subjectKey, approval: `req-${randomBytes(16).toString('hex')}`, at: Date.now() };
    await this.bus('audit').publish(contentErased.subject(), encodeEnvelope(head));
  }

  /** Every byte of the events and frames in the log. */
  async everyByte(): Promise<Buffer> {
    const bytes: Buffer[] = [];
    for (const stream of ['EVENTS', 'FRAMES']) {
      for (let sequence = 1; ; ) {
        const subject = stream === 'EVENTS' ? 'evt.>' : 'frame.>';
        const message = await this.bus('ingress').readMessage({ sequence, subject }, stream);
        if (!message) break;
        bytes.push(Buffer.from(message.payload));
        sequence = message.sequence + 1;
      }
    }
    return Buffer.concat(bytes);
  }

  async deadLetter(sequence: number): Promise<boolean> {
    for (let from = 1; ; ) {
      const letter = await this.bus('audit').readMessage(
        { sequence: from, subject: 'dead.>' },
        'DEAD_LETTERS',
      );
      if (!letter) return false;
      if (letter.headers.get('Sallyport-Sequence') === String(sequence)) return true;
      from = letter.sequence + 1;
    }
  }

  async close(): Promise<void> {
    await this.killReplicas();
    this.sealer.close();
    for (const bus of this.buses.values()) await bus.close();
    await this.server.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}
