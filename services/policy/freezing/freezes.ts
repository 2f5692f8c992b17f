import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ActiveConfig, type FrozenList, LOGGER, SETTINGS } from '#boot';
import {
  buckets,
  CodedError,
  configKeys,
  encodeEnvelope,
  type FreezeBody,
  type FreezeView,
  FrozenEntry,
  type Principal,
  principalFrozen,
} from '#contracts';
import { Bus } from '#messaging';
import { contentLabel, Sealer, SubjectNames } from '#sealing';
import type { Logger } from '#telemetry';
import type { PolicySettings } from '../config.ts';

type Target = Pick<FreezeBody, 'target' | 'name' | 'issuer'>;

/** Freezes users, groups, connections or everything, and releases them. Needs no database: it is for emergencies. */
@Injectable()
export class Freezes {
  constructor(
    private readonly bus: Bus,
    private readonly sealer: Sealer,
    private readonly names: SubjectNames,
    private readonly config: ActiveConfig,
    @Inject(SETTINGS) private readonly settings: PolicySettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** With the names as people typed them, where the person was not erased since. */
  list(frozen: FrozenList): Promise<FreezeView[]> {
    return Promise.all(
      frozen.list().map(async ({ target, value, at, name }) => {
        const typed = name === undefined ? undefined : await this.typedName(target, value, name);
        return { target, value, at, ...(typed !== undefined && { name: typed }) };
      }),
    );
  }

  /** From now on new requests are refused and running calls end. What is frozen already stays as it is. */
  async freeze(body: FreezeBody, by: Principal): Promise<FreezeView> {
    const value = this.valueOf(body);
    const { target } = body;
    const key = keyOf(target, value);
    const entry = await this.keep(key, { target, value, at: Date.now(), by: this.names.of(by) });
    if (target === 'user' && entry.name === undefined) await this.nameIt(key, entry, body.name);
    // Said again for what was frozen already, should the first one have ended between the two.
    await this.announce(entry, true, by, body.reason, key);
    return { target, value, at: entry.at };
  }

  /** Lets requests through again. Throws `freeze.second_person` for who froze it, `freeze.not_found`. */
  async release(body: FreezeBody, by: Principal): Promise<FreezeView> {
    const value = this.valueOf(body);
    const { target } = body;
    const key = keyOf(target, value);
    const known = await this.find(key);
    if (!known) throw new CodedError('freeze.not_found', 'This is not frozen.');
    const { entry, revision } = known;
    if (by.kind !== 'person' || entry.by === this.names.of(by)) {
      throw new CodedError(
        'freeze.second_person',
        'Another person than the one who froze it has to release it.',
      );
    }
    const bucket = await this.bus.bucket(buckets.config);
    try {
      await bucket.delete(key, { previousSeq: revision });
    } catch (cause) {
      // Somebody else released it, or froze it again, since the look above.
      if ((await this.find(key))?.revision === revision) throw cause;
      return this.release(body, by);
    }
    await this.announce({ ...entry, at: Date.now() }, false, by, body.reason, key);
    return { target, value, at: entry.at };
  }

  /** Stores the entry, unless one stands there already: who froze first is who may not release. Gives what stands. */
  private async keep(key: string, entry: FrozenEntry): Promise<FrozenEntry> {
    const known = await this.find(key);
    if (known) return known.entry;
    const bucket = await this.bus.bucket(buckets.config);
    try {
      await bucket.create(key, JSON.stringify(entry));
      return entry;
    } catch (cause) {
      const first = await this.find(key);
      if (!first) throw cause;
      return first.entry;
    }
  }

  /** Adds the name, sealed with the person's own key. What can't be named is frozen all the same. */
  private async nameIt(key: string, entry: FrozenEntry, name: string): Promise<void> {
    try {
      const sealed = await this.sealer.seal(entry.value, nameLabel(entry.value), Buffer.from(name, 'utf8'));
      const found = await this.find(key);
      if (!found || found.entry.at !== entry.at) return;
      const named = JSON.stringify({ ...found.entry, name: sealed.toString('base64') });
      const bucket = await this.bus.bucket(buckets.config);
      await bucket.update(key, named, found.revision);
    } catch (err) {
      this.logger.warn({ err }, 'what is frozen is listed without its name');
    }
  }

  private async typedName(target: string, value: string, sealed: string): Promise<string | undefined> {
    if (target !== 'user') return undefined;
    try {
      return (await this.sealer.open(value, nameLabel(value), Buffer.from(sealed, 'base64'))).toString(
        'utf8',
      );
    } catch {
      return undefined;
    }
  }

  private async find(key: string): Promise<{ entry: FrozenEntry; revision: number } | undefined> {
    const bucket = await this.bus.bucket(buckets.config);
    const found = await bucket.get(key);
    if (found?.operation !== 'PUT') return undefined;
    return { entry: FrozenEntry.parse(found.json()), revision: found.revision };
  }

  private async announce(
    { target, value, at }: FrozenEntry,
    frozen: boolean,
    by: Principal,
    reason: string,
    key: string,
  ): Promise<void> {
    const subjectKey = this.names.of(by);
    const label = contentLabel(key, `reason:${at}`);
    const tail = await this.sealer.seal(subjectKey, label, Buffer.from(JSON.stringify({ reason })));
    const head = { target, value, frozen, by, subjectKey, at };
    await this.bus.publish(principalFrozen.subject(), encodeEnvelope(head, tail), {
      messageId: `${key}:${at}:${frozen ? 'frozen' : 'released'}`,
    });
  }

  /** What stands in the entry. Throws `request.invalid` for what can't be meant. */
  private valueOf({ target, name, issuer }: Target): string {
    switch (target) {
      case 'all':
        return '';
      case 'user':
        return this.names.of({ issuer: issuer ?? this.onlyIssuer(), subject: named(name) });
      case 'group':
        return named(name);
      case 'connection':
        if (this.config.current && !Object.hasOwn(this.config.current.document.connections, name)) {
          throw new CodedError('request.invalid', `There is no connection "${name}".`);
        }
        return name;
      default:
        return target satisfies never;
    }
  }

  private onlyIssuer(): string {
    const listed = this.config.current?.document.identity.issuers.map(({ issuer }) => issuer) ?? [];
    const { issuer } = this.settings;
    const [only, ...others] = new Set([...listed, ...(issuer === undefined ? [] : [issuer])]);
    if (only === undefined || others.length > 0) {
      throw new CodedError('request.invalid', 'Several issuers are configured: name the issuer of the user.');
    }
    return only;
  }
}

const nameLabel = (value: string): string => contentLabel(`frozen:${value}`, 'name');

function named(name: string): string {
  if (name === '') throw new CodedError('request.invalid', 'Name what is to be frozen.');
  return name;
}

function keyOf(target: string, value: string): string {
  return configKeys.frozen(target, createHash('sha256').update(value).digest('hex').slice(0, 32));
}
