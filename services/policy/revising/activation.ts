import { Injectable } from '@nestjs/common';
import { ActiveConfig, ActiveRevision } from '#boot';
import { buckets, CodedError, configActivated, configKeys, encodeEnvelope, type Principal } from '#contracts';
import { Bus } from '#messaging';
import type { CompiledPolicy } from '#rules';
import { ConfigForgedError, ConfigSigner } from '#sealing';

/** NATS takes 2 MiB in one message; the document stands in one, beside its number and digest. */
const maxDocumentBytes = 1_900_000;

export interface InForce {
  active: ActiveRevision;
  number: number;
  /** Revision of the KV entry, for compare-and-set. */
  entry: number;
}

export function numberOf(revision: string): number {
  return Number.parseInt(revision.slice(1), 10);
}

/** `forged`: what stands there was not put there by policy: it isn't signed, or is of before what this process has. */
export type Standing = InForce | 'forged' | undefined;

/** The revision in force as it stands in KV `config`, signed. */
@Injectable()
export class Activation {
  constructor(
    private readonly bus: Bus,
    private readonly signer: ConfigSigner,
    private readonly config: ActiveConfig,
  ) {}

  /** What stands in KV `config` now. */
  async standing(): Promise<Standing> {
    return (await this.look()).standing;
  }

  /**
   * Puts back what this process runs by, where somebody else than policy replaced or deleted it. Throws where another
   * replica was faster: then nothing is left to do.
   */
  async putBack(): Promise<void> {
    const { signed } = this.config;
    const { standing, sequence } = await this.look();
    if (!signed || (standing !== undefined && standing !== 'forged')) return;
    const bucket = await this.bus.bucket(buckets.config);
    await bucket.put(configKeys.active, signed, { previousSeq: sequence });
  }

  /** What is in force. Throws `config.invalid` where it is forged: policy puts that right. */
  async read(): Promise<InForce | undefined> {
    const standing = await this.standing();
    if (standing !== 'forged') return standing;
    const message =
      'Policy did not put what stands in KV config there. Try again; where that stays so restart policy.';
    throw new CodedError('config.invalid', message);
  }

  /**
   * Puts a revision into KV `config`: first the masking profiles it names, combinations too, then the document, by
   * compare-and-set against `before`. Throws `config.outdated` where another revision came first.
   */
  async put(revision: ActiveRevision, policy: CompiledPolicy, before: Standing): Promise<void> {
    const text = this.signer.sign(revision);
    if (Buffer.byteLength(text) > maxDocumentBytes) {
      throw new CodedError('config.invalid', `The document is larger than ${maxDocumentBytes} bytes.`);
    }
    const bucket = await this.bus.bucket(buckets.config);
    for (const { reference, profile } of policy.profiles.values()) {
      await bucket.put(configKeys.profile(reference.digest), JSON.stringify(profile));
    }
    const isForged = (before ?? (await this.standing())) === 'forged';
    if (isForged || before === 'forged') return void (await bucket.put(configKeys.active, text));
    try {
      await (before
        ? bucket.update(configKeys.active, text, before.entry)
        : bucket.create(configKeys.active, text));
    } catch (cause) {
      const now = await this.read();
      if (now?.entry === before?.entry) throw cause;
      throw new CodedError('config.outdated', `Revision ${now?.active.revision} came into force meanwhile.`, {
        cause,
      });
    }
  }

  /** Says that a revision is in force. Said twice it is stored once, for as long as the log looks for duplicates. */
  async announce(
    { revision, digest, activatedAt: at, approval }: ActiveRevision,
    message: string,
    author: Principal | undefined,
  ): Promise<void> {
    const head = { revision, digest, message, at, ...(author && { author }), ...(approval && { approval }) };
    await this.bus.publish(configActivated.subject(), encodeEnvelope(head), {
      messageId: `config:${revision}:${at}:activated`,
    });
  }

  /** With the number of the KV entry, for compare-and-set; 0 where there never was one. */
  private async look(): Promise<{ standing: Standing; sequence: number }> {
    const bucket = await this.bus.bucket(buckets.config);
    const entry = await bucket.get(configKeys.active);
    const sequence = entry?.revision ?? 0;
    if (entry?.operation !== 'PUT') return { standing: undefined, sequence };
    try {
      const active = ActiveRevision.parse(this.signer.verifier.open(entry.value));
      const isReplayed = active.activatedAt < (this.config.current?.activatedAt ?? 0);
      const inForce = { active, number: numberOf(active.revision), entry: sequence };
      return { standing: isReplayed ? 'forged' : inForce, sequence };
    } catch (error) {
      if (error instanceof ConfigForgedError) return { standing: 'forged', sequence };
      throw error;
    }
  }
}
