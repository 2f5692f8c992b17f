import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { gatewayKeyOf } from '#auth';
import { ActiveConfig, LOGGER, SETTINGS } from '#boot';
import {
  buckets,
  CodedError,
  configKeys,
  durationMs,
  encodeEnvelope,
  type GatewayKeyBody,
  type GatewayKeyCreated,
  GatewayKeyEntry,
  type GatewayKeyView,
  gatewayKeyChanged,
  type PolicyDocument,
  type Principal,
} from '#contracts';
import { Bus } from '#messaging';
import { ConfigSigner, SubjectNames } from '#sealing';
import type { Logger } from '#telemetry';
import { Blocks } from '../blocking/blocks.ts';
import type { PolicySettings } from '../config.ts';

const mostKeys = 1000;
const keyBytes = 40;

/** Makes, lists and revokes gateway keys. Only their digests are stored, in KV `config`; needs no database. */
@Injectable()
export class Keys {
  constructor(
    private readonly bus: Bus,
    private readonly names: SubjectNames,
    private readonly config: ActiveConfig,
    private readonly signer: ConfigSigner,
    private readonly blocks: Blocks,
    @Inject(SETTINGS) private readonly settings: PolicySettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Makes a key. Throws `key.disabled` where the configuration doesn't let keys in, `key.life_too_long`,
   * `request.invalid` for a connection or an owner that can't be meant.
   */
  async create(body: GatewayKeyBody, by: Principal, nowMs: number): Promise<GatewayKeyCreated> {
    const document = this.config.current?.document;
    if (!document?.gatewayKeys.enabled) {
      throw new CodedError(
        'key.disabled',
        'Gateway keys are switched off: gatewayKeys.enabled in sallyport.yaml.',
      );
    }
    if (by.kind !== 'person') throw new CodedError('access.forbidden', 'Only people make gateway keys.');
    const unknown = body.connections.find((name) => !Object.hasOwn(document.connections, name));
    if (unknown !== undefined)
      throw new CodedError('request.invalid', `There is no connection "${unknown}".`);
    const expiresAt = nowMs + lifeMs(body, document);
    if ((await this.current(nowMs)).length >= mostKeys) {
      throw new CodedError(
        'request.too_many',
        `There are ${mostKeys} gateway keys already. Revoke some first.`,
      );
    }
    const { id, key, digest } = gatewayKeyOf(randomBytes(keyBytes));
    const principal = { ...this.ownerOf(body, by), kind: 'key' as const, name: body.name, client: id };
    const entry: GatewayKeyEntry = {
      ...{ id, digest, principal, connections: body.connections },
      ...{ by: this.names.of(by), createdAt: nowMs, expiresAt },
    };
    const bucket = await this.bus.bucket(buckets.config);
    // Said first: a key that works and stands nowhere must not be.
    await this.announce(entry, 'created', by, nowMs);
    await bucket.create(configKeys.gatewayKey(id), this.signer.sign(entry));
    return { ...viewOf(entry), key };
  }

  /** Every key that still works, newest first. */
  async list(nowMs: number): Promise<GatewayKeyView[]> {
    const entries = await this.current(nowMs);
    return entries.sort((a, b) => b.createdAt - a.createdAt).map(viewOf);
  }

  /** From now on the key is refused. Throws `key.not_found`. */
  async revoke(id: string, by: Principal, nowMs: number): Promise<GatewayKeyView> {
    const bucket = await this.bus.bucket(buckets.config);
    const found = await bucket.get(configKeys.gatewayKey(id));
    if (found?.operation !== 'PUT') throw new CodedError('key.not_found', 'There is no such gateway key.');
    const entry = this.read(id, found.value);
    // Listed as revoked first: the deletion alone could be undone by who may write there.
    if (entry) await this.blocks.revoke(id, entry.expiresAt);
    await bucket.delete(configKeys.gatewayKey(id));
    if (!entry) throw new CodedError('key.not_found', 'There is no such gateway key.');
    await this.announce(entry, 'revoked', by, nowMs);
    await this.blocks.recorded();
    return viewOf(entry);
  }

  /** The keys that still work; what has expired is forgotten on the way. */
  private async current(nowMs: number): Promise<GatewayKeyEntry[]> {
    const bucket = await this.bus.bucket(buckets.config);
    const names: string[] = [];
    for await (const name of await bucket.keys(configKeys.allGatewayKeys)) names.push(name);
    const entries: GatewayKeyEntry[] = [];
    for (const name of names) {
      const found = await bucket.get(name);
      const entry = found?.operation === 'PUT' ? this.read(name, found.value) : undefined;
      if (entry === undefined) continue;
      if (entry.expiresAt > nowMs) entries.push(entry);
      else {
        await bucket
          .delete(name)
          .catch((err: unknown) => this.logger.warn({ err }, 'an expired key stays listed'));
      }
    }
    return entries;
  }

  /** Undefined for what policy did not make: nothing takes it. */
  private read(name: string, value: Uint8Array): GatewayKeyEntry | undefined {
    try {
      return GatewayKeyEntry.parse(this.signer.verifier.open(value));
    } catch (err) {
      this.logger.error({ err, name }, 'a gateway key can not be read');
      return undefined;
    }
  }

  private ownerOf({ subject, issuer, groups }: GatewayKeyBody, by: Principal): Principal {
    const isOwn = subject === undefined || (subject === by.subject && (issuer ?? by.issuer) === by.issuer);
    if (isOwn) return { ...by, groups: groups ?? by.groups };
    return { kind: 'key', issuer: issuer ?? this.onlyIssuer(), subject, groups: groups ?? [] };
  }

  private onlyIssuer(): string {
    const listed = this.config.current?.document.identity.issuers.map(({ issuer }) => issuer) ?? [];
    const { issuer } = this.settings;
    const [only, ...others] = new Set([...listed, ...(issuer === undefined ? [] : [issuer])]);
    if (only === undefined || others.length > 0) {
      throw new CodedError(
        'request.invalid',
        'Several issuers are configured: name the issuer of the owner.',
      );
    }
    return only;
  }

  private async announce(
    { id, principal, connections, expiresAt }: GatewayKeyEntry,
    change: 'created' | 'revoked',
    by: Principal,
    at: number,
  ): Promise<void> {
    const owner = this.names.of(principal);
    const head = { key: id, change, owner, connections, expiresAt, by, subjectKey: this.names.of(by), at };
    const options = { messageId: `${id}:${change}` };
    await this.bus.publish(gatewayKeyChanged.subject(), encodeEnvelope(head), options);
  }
}

function lifeMs({ life }: GatewayKeyBody, { gatewayKeys }: PolicyDocument): number {
  const longestMs = durationMs(gatewayKeys.maxLife);
  const wantedMs = life === undefined ? Math.min(durationMs(gatewayKeys.life), longestMs) : durationMs(life);
  if (wantedMs <= longestMs) return wantedMs;
  throw new CodedError('key.life_too_long', `A gateway key lives ${gatewayKeys.maxLife} at most.`);
}

function viewOf({ id, principal, connections, createdAt, expiresAt }: GatewayKeyEntry): GatewayKeyView {
  const { issuer, subject, groups, name = '' } = principal;
  return { id, name, issuer, subject, groups, connections, createdAt, expiresAt };
}
