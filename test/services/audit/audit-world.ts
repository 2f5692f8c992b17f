import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActiveRevision } from '#boot';
import {
  approvalDecided,
  approvalEdited,
  approvalRequested,
  buckets,
  canonicalJson,
  configKeys,
  encodeEnvelope,
  type Principal,
  type RequestContext,
  requestCompleted,
  requestJustified,
  requestReceived,
  requestReleased,
  type SessionDetail,
} from '#contracts';
import { SEEDED_USERS } from '#embedded';
import type { Bus } from '#messaging';
import { loadPolicy } from '#rules';
import {
  ConfigSigner,
  contentLabel,
  keyEncryptionKey,
  QuestionSigner,
  Sealer,
  SubjectNames,
  secretFiles,
} from '#sealing';
import { startWorld, type World } from '#testing';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A reply of audit's REST; `body` is parsed where it is JSON. */
export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it.
  body: any;
}

/** A world with the shipped configuration in force and the means to publish what the other services would. */
export interface AuditWorld {
  world: World;
  ingress: Bus;
  policy: Bus;
  approval: Bus;
  masking: Bus;
  /** Signs what `activate` puts into force. */
  configSigner: ConfigSigner;
  /** Signs what is put before people as policy would. */
  questions: QuestionSigner;
  sealer: Sealer;
  person(name: string): Principal;
  keyOf(name: string): string;
  /** Calls audit's REST as a seeded person. */
  call(user: string | null, path: string, init?: RequestInit): Promise<Answer>;
  show(user: string, id: string): Promise<SessionDetail>;
  stop(): Promise<void>;
}

export async function startAuditWorld(): Promise<AuditWorld> {
  const world = await startWorld();
  const [ingress, policy, approval, masking] = await Promise.all([
    world.bus('ingress'),
    world.bus('policy'),
    world.bus('approval'),
    world.bus('masking'),
  ]);
  const signingKey = await readFile(
    join(world.secrets.dirOf('policy'), secretFiles.configSigningKey),
    'utf8',
  );
  const [configSigner, questions] = [new ConfigSigner(signingKey), new QuestionSigner(signingKey)];
  await activate({ policy, configSigner }, await readFile(world.configFile, 'utf8'));
  const dir = world.secrets.dirOf('audit');
  const secret = async (file: string) => Buffer.from((await readFile(join(dir, file), 'utf8')).trim(), 'hex');
  const sealer = new Sealer(ingress, keyEncryptionKey(await secret('kek.hex')));
  const names = new SubjectNames(await secret('subject-names.hex'));
  const person = (name: string): Principal => {
    const user = SEEDED_USERS.find((one) => one.name === name)!;
    const { displayName, email, groups } = user;
    return {
      kind: 'person',
      issuer: world.idp.issuer,
      subject: name,
      name: displayName,
      email,
      groups: [...groups],
      client: 'sallyport-cli',
    };
  };
  const call: AuditWorld['call'] = async (user, path, init = {}) => {
    const headers = user === null ? {} : { authorization: `Bearer ${await world.tokenFor(user)}` };
    const response = await fetch(`${world.urlOf('audit')}${path}`, {
      ...init,
      headers: { ...headers, ...init.headers },
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  };
  return {
    ...{ world, ingress, policy, approval, masking, configSigner, questions, sealer, person, call },
    keyOf: (name) => names.of(person(name)),
    show: async (user, id) => {
      const { status, body } = await call(user, `/v1/sessions/${id}`);
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
      return body;
    },
    stop: async () => {
      sealer.close();
      await world.stop();
    },
  };
}

/** Puts a document into force, as policy would. */
export async function activate(
  { policy, configSigner }: Pick<AuditWorld, 'policy' | 'configSigner'>,
  yaml: string,
  name = 'r1',
): Promise<void> {
  const loaded = loadPolicy(yaml);
  if (loaded.kind === 'issues') throw new Error(JSON.stringify(loaded.issues));
  const { document } = loaded;
  const revision: ActiveRevision = {
    revision: name,
    digest: sha256(canonicalJson(document)),
    activatedAt: Date.now(),
    document,
  };
  await (await policy.bucket(buckets.config)).put(configKeys.active, configSigner.sign(revision));
}

/** A new request id: a UUIDv7 (RFC 9562, section 5.7) of now. */
export function newRequestId(nowMs = Date.now()): string {
  const random = randomBytes(10);
  random[0] = (random[0]! & 0x0f) | 0x70;
  random[2] = (random[2]! & 0x3f) | 0x80;
  return `req-${nowMs.toString(16).padStart(12, '0')}${hex(random)}`;
}

export function contextOf(audit: AuditWorld, user: string, receivedAt = Date.now()): RequestContext {
  return {
    principal: audit.person(user),
    subjectKey: audit.keyOf(user),
    client: { family: 'node-sdk', userAgent: 'OpenAI/JS 6', address: '127.0.0.1' },
    protocol: 'openai-chat',
    operation: 'chat.completions',
    method: 'POST',
    path: '/v1/chat/completions',
    instance: 'ingress-1',
    wait: 'open',
    headers: {},
    fingerprint: sha256(user),
    receivedAt,
  };
}

const requirement = {
  mode: 'all' as const,
  groups: [{ group: 'security', quorum: 1 }],
  denyThreshold: 1,
  expiresInMs: 86_400_000,
  editNeedsOtherApprover: false,
};

/** The events of one request, as the services publish them. */
export class Play {
  readonly id = newRequestId();
  readonly context: RequestContext;
  readonly digest: string;
  private body: Buffer | undefined;

  constructor(
    private readonly audit: AuditWorld,
    user: string,
    private readonly prompt: string,
  ) {
    this.context = contextOf(audit, user);
    this.digest = sha256(prompt);
  }

  private get reference() {
    const location = { in: 'tail' as const };
    return { digest: this.digest, bytes: this.prompt.length, location };
  }

  private seal(part: string, text: string): Promise<Buffer> {
    return this.audit.sealer.seal(this.context.subjectKey, contentLabel(this.id, part), Buffer.from(text));
  }

  async received(): Promise<number> {
    this.body = await this.seal('body:1', this.prompt);
    const head = requestReceived.schema.parse({
      requestId: this.id,
      context: this.context,
      body: this.reference,
    });
    const ack = await this.audit.ingress.publish(requestReceived.subject(), encodeEnvelope(head, this.body), {
      messageId: `${this.id}:received`,
    });
    return ack.sequence;
  }

  async released(by: 'rule' | 'people' = 'rule', version = 1): Promise<void> {
    const head = requestReleased.schema.parse({
      terms: {
        ...{ requestId: this.id, version, gate: 'prompt', digest: this.digest, connection: 'demo' },
        ...{ upstreamModel: 'demo', operation: 'chat.completions', obligations: {} },
        notAfter: Date.now() + 900_000,
      },
      signature: { algorithm: 'hmac-sha256', keyId: 'k', value: 'v' },
      body: this.reference,
      ...{ subjectKey: this.context.subjectKey, protocol: 'openai-chat', method: 'POST', headers: {} },
      ...{ path: '/v1/chat/completions', destination: 'ingress-1', stream: false, model: 'demo' },
      ...{ rules: ['demo-for-the-company'], revision: 'r1' },
      ...{ receivedAt: this.context.receivedAt, decidedAt: Date.now() },
    });
    const bus = by === 'rule' ? this.audit.policy : this.audit.approval;
    await bus.publish(requestReleased.subject(by, 'demo'), encodeEnvelope(head, this.body), {
      messageId: `${this.id}:released:prompt:${version}`,
    });
  }

  async held(version = 1): Promise<void> {
    const head = approvalRequested.schema.parse({
      ...{ requestId: this.id, version, gate: 'prompt', context: this.context, body: this.reference },
      ...{ connection: 'demo', upstreamModel: 'demo', model: 'demo', stream: false, obligations: {} },
      requirement,
      matches: [
        {
          rule: 'contractors-sensitive-words',
          pointer: '/messages/0/content',
          start: 0,
          end: 8,
          condition: 'keyword',
        },
      ],
      ...{ rules: ['contractors-sensitive-words'], revision: 'r1' },
      conversation: { id: `conv-${this.id}`, newSinceTurn: 0, approves: [] },
      ...{ requestedAt: Date.now(), expiresAt: Date.now() + 86_400_000 },
    });
    const payload = encodeEnvelope(this.audit.questions.sign(head), this.body);
    await this.audit.policy.publish(approvalRequested.subject(), payload, {
      messageId: `${this.id}:${version}:held`,
    });
  }

  async edited(editor: string, prompt: string, version = 2): Promise<void> {
    const head = approvalEdited.schema.parse({
      ...{ requestId: this.id, version, gate: 'prompt', context: this.context },
      body: { digest: sha256(prompt), bytes: prompt.length, location: { in: 'tail' } },
      ...{ previousDigest: this.digest, editor: this.audit.person(editor), editedAt: Date.now() },
    });
    const payload = encodeEnvelope(head, await this.seal(`body:${version}`, prompt));
    await this.audit.approval.publish(approvalEdited.subject(), payload);
  }

  async voted(approver: string, vote: 'approve' | 'reject', reason?: string, version = 1): Promise<void> {
    const head = approvalDecided.schema.parse({
      ...{ kind: 'vote', requestId: this.id, version, gate: 'prompt', digest: this.digest },
      ...{ approver: this.audit.person(approver), vote, subjectKey: this.context.subjectKey },
      ...{ hasReason: reason !== undefined, at: Date.now() },
    });
    const tail = reason === undefined ? undefined : await this.seal('reason', JSON.stringify({ reason }));
    await this.audit.approval.publish(approvalDecided.subject('prompt'), encodeEnvelope(head, tail));
  }

  async justified(justification: string): Promise<void> {
    const { principal, subjectKey } = this.context;
    const head = { requestId: this.id, principal, subjectKey, at: Date.now() };
    const tail = await this.seal('justification', JSON.stringify({ justification }));
    await this.audit.ingress.publish(requestJustified.subject(), encodeEnvelope(head, tail));
  }

  async completed(answer: string, over: Record<string, unknown> = {}): Promise<void> {
    const nowMs = Date.now();
    const kind = over.tail ?? 'body';
    const head = requestCompleted.schema.parse({
      ...{ requestId: this.id, version: 1, outcome: 'answered', status: 200, tail: kind, stream: false },
      ...{ contentType: 'application/json', frames: 0, attempt: 0, edited: false, destination: 'ingress-1' },
      ...{ subjectKey: this.context.subjectKey, connection: 'demo', model: 'demo', revision: 'r1' },
      rules: ['demo-for-the-company'],
      ...{ sentDigest: this.digest, answerDigest: sha256(answer) },
      usage: { promptTokens: 7, completionTokens: 9 },
      findings: [{ entity: 'EMAIL', rule: 'email', where: 'answer', count: 1 }],
      timings: {
        receivedAt: this.context.receivedAt,
        decidedAt: nowMs,
        modelStartedAt: nowMs,
        completedAt: nowMs,
      },
      ...over,
    });
    const tail =
      kind === 'none' ? undefined : await this.seal(kind === 'reason' ? 'reason' : 'answer', answer);
    await this.audit.masking.publish(requestCompleted.subject('ingress-1'), encodeEnvelope(head, tail), {
      messageId: `${this.id}:completed`,
    });
  }

  /** An allowed request from door to door. */
  async allowed(answer = '{"answer":"Hello [EMAIL]"}'): Promise<void> {
    await this.received();
    await this.released();
    await this.completed(answer);
  }
}
