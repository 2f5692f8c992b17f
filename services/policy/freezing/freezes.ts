import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ActiveConfig, type BlockList, LOGGER, SETTINGS } from '#boot';
import {
  CodedError,
  encodeEnvelope,
  type FreezeBody,
  type FreezeView,
  type FrozenEntry,
  type Principal,
  principalFrozen,
} from '#contracts';
import { Bus } from '#messaging';
import { contentLabel, Sealer, SubjectNames } from '#sealing';
import type { Logger } from '#telemetry';
import { Blocks } from '../blocking/blocks.ts';
import type { PolicySettings } from '../config.ts';

type Target = Pick<FreezeBody, 'target' | 'name' | 'issuer'>;

/** Freezes users, groups, connections or everything, and releases them. Needs no database: it is for emergencies. */
@Injectable()
export class Freezes {
  constructor(
    private readonly bus: Bus,
    private readonly blocks: Blocks,
    private readonly sealer: Sealer,
    private readonly names: SubjectNames,
    private readonly config: ActiveConfig,
    @Inject(SETTINGS) private readonly settings: PolicySettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** With the names as people typed them, where the person was not erased since. */
  list(frozen: BlockList): Promise<FreezeView[]> {
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
    const entry = await this.blocks.freeze({ target, value, at: Date.now(), by: this.names.of(by) });
    const recorded = this.blocks.recorded();
    if (target === 'user' && entry.name === undefined) await this.nameIt(entry, body.name);
    // Said again for what was frozen already, should the first one have ended between the two.
    await this.announce(entry, true, by, body.reason);
    await recorded;
    return { target, value, at: entry.at };
  }

  /** Lets requests through again. Throws `freeze.second_person` for who froze it, `freeze.not_found`. */
  async release(body: FreezeBody, by: Principal): Promise<FreezeView> {
    const { target } = body;
    const value = this.valueOf(body);
    const entry = await this.blocks.release({ target, value }, (frozen) => {
      if (by.kind === 'person' && frozen.by !== this.names.of(by)) return;
      throw new CodedError(
        'freeze.second_person',
        'Another person than the one who froze it has to release it.',
      );
    });
    await this.announce({ ...entry, at: Date.now() }, false, by, body.reason);
    await this.blocks.recorded();
    return { target, value, at: entry.at };
  }

  /** Adds the name, sealed with the person's own key. What can't be named is frozen all the same. */
  private async nameIt(entry: FrozenEntry, name: string): Promise<void> {
    try {
      const sealed = await this.sealer.seal(entry.value, nameLabel(entry.value), Buffer.from(name, 'utf8'));
      await this.blocks.name(entry, sealed.toString('base64'));
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

  private async announce(
    { target, value, at }: FrozenEntry,
    frozen: boolean,
    by: Principal,
    reason: string,
  ): Promise<void> {
    const key = `frozen.${target}.${digestOf(value)}`;
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

const digestOf = (value: string): string => createHash('sha256').update(value).digest('hex').slice(0, 32);
