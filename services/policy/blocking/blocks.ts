import { Inject, Injectable } from '@nestjs/common';
import { BlockList, frozenName, type HeldBlocks, LOGGER } from '#boot';
import { BlockListEntry, buckets, CodedError, configKeys, type FrozenEntry } from '#contracts';
import { Bus, MissingDependencyError } from '#messaging';
import { ConfigSigner } from '#sealing';
import type { Logger } from '#telemetry';
import { Mending } from '../mending.ts';
import { BlockListRecord } from './block-list-record.ts';
import { type Blocked, baseOf, blockedBy, correctedBy, nextList } from './next-list.ts';
import { forgetUnsigned, unsignedFreezes } from './unsigned-freezes.ts';

/** NATS takes 2 MiB in one message. What freezes everything always finds room. */
const maxListBytes = 1_900_000;
const keptFreeBytes = 10_000;
const mostAttempts = 20;
/** An emergency doesn't wait for a database that is away. */
const recordWaitMs = 1000;

type Target = Pick<FrozenEntry, 'target' | 'value'>;

/** What a change leads to; without `next` the list stays as it is. */
interface Changed<T> {
  result: T;
  next?: Blocked;
}

interface ChangeOptions {
  /** It may take the room that is kept free. */
  isUrgent?: boolean;
  /** Only where what stands in KV is not what policy goes by. */
  onlyWrong?: boolean;
}

/**
 * Makes and keeps the signed list of what is frozen and revoked in KV `config`: puts it back at once where somebody
 * else replaced or deleted it, and compares it with the record in the database when that opens.
 */
@Injectable()
export class Blocks {
  /** What is held was compared with the record; without a database there is none. */
  private isSure = false;
  private readonly mending = new Mending(
    () => this.putRight(),
    (err) => this.logger.error({ err }, 'the block list was not put back yet'),
  );

  constructor(
    private readonly bus: Bus,
    private readonly list: BlockList,
    private readonly signer: ConfigSigner,
    private readonly record: BlockListRecord,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Follows the list. Without a database it makes the first one, where none stands there. */
  async start(): Promise<void> {
    this.isSure = !this.record.isUsed;
    await this.list.start({ onChange: () => this.keep(), onFault: () => this.mend() });
    if (this.isSure) await this.putRight();
  }

  /** The database is open: what is held is compared with the record of it. The first list is made where there is none. */
  async compare(): Promise<void> {
    const recorded = await this.record.last();
    const corrected = recorded && correctedBy(recorded, this.list.held, this.opened(this.list.signed));
    if (corrected) {
      this.logger.error('the block list in KV config lacked what was frozen or revoked before');
      this.list.hold(corrected);
    }
    this.isSure = true;
    await this.putRight();
    this.keep();
  }

  async close(): Promise<void> {
    this.list.close();
    await this.mending.close();
    await this.record.close();
  }

  /** Adds an entry unless one stands there: gives what stands. */
  freeze(entry: FrozenEntry): Promise<FrozenEntry> {
    return this.change(
      ({ frozen, revokedKeys }) => {
        const known = find(frozen, entry);
        if (known) return { result: known };
        return { result: entry, next: { frozen: [...frozen, entry], revokedKeys } };
      },
      { isUrgent: entry.target === 'all' },
    );
  }

  /** Gives an entry a name, where it still stands. */
  name(entry: FrozenEntry, name: string): Promise<void> {
    return this.change(({ frozen, revokedKeys }) => {
      const known = find(frozen, entry);
      if (known?.at !== entry.at) return { result: undefined };
      const named = frozen.map((each) => (each === known ? { ...known, name } : each));
      return { result: undefined, next: { frozen: named, revokedKeys } };
    });
  }

  /** Takes an entry out where `check` doesn't throw, and gives it. Throws `freeze.not_found`. */
  async release(target: Target, check: (entry: FrozenEntry) => void): Promise<FrozenEntry> {
    const released = await this.change(({ frozen, revokedKeys }) => {
      const known = find(frozen, target);
      if (!known) throw new CodedError('freeze.not_found', 'This is not frozen.');
      check(known);
      if (!this.isSure) throw new MissingDependencyError('what is frozen waits for the database');
      return { result: known, next: { frozen: frozen.filter((each) => each !== known), revokedKeys } };
    });
    await forgetUnsigned(this.bus, released);
    return released;
  }

  /** Has a gateway key refused until it would have expired. */
  revoke(id: string, until: number): Promise<void> {
    return this.change(({ frozen, revokedKeys }) => {
      const others = revokedKeys.filter((each) => each.id !== id);
      return { result: undefined, next: { frozen, revokedKeys: [...others, { id, until }] } };
    });
  }

  /** Resolves once the last change is in the record; a while later also where it can't be noted now. */
  recorded(): Promise<void> {
    return this.record.settled(recordWaitMs);
  }

  /** What is held goes into the record, once it was compared with it. */
  private keep(signed = this.list.signed): void {
    if (this.isSure && signed) this.record.save(signed);
  }

  /** Somebody else wrote there. Where nothing is held yet the record decides what belongs there. */
  private mend(): void {
    if (this.list.isKnown) this.mending.start();
  }

  /** Makes what stands in KV say what is held. */
  private putRight(): Promise<void> {
    return this.change((next) => ({ result: undefined, next }), { isUrgent: true, onlyWrong: true });
  }

  /** Compare and set, again where another replica was faster. */
  private async change<T>(
    decide: (blocked: Blocked) => Changed<T>,
    { isUrgent = false, onlyWrong = false }: ChangeOptions = {},
  ): Promise<T> {
    const bucket = await this.bus.bucket(buckets.config);
    for (let attempt = 1; ; attempt += 1) {
      const stands = await bucket.get(configKeys.blockList);
      const { held, isRight } = baseOf(this.list.held, this.opened(stands?.value));
      const { result, next } = decide(await this.blockedBy(held));
      if (!next || (onlyWrong && isRight)) return result;
      const text = this.signedText(next, held, isUrgent);
      const previousSeq = stands?.revision ?? 0;
      try {
        await bucket.put(configKeys.blockList, text, { previousSeq });
        this.keep(Buffer.from(text));
        return result;
      } catch (cause) {
        const now = await bucket.get(configKeys.blockList);
        if ((now?.revision ?? 0) === previousSeq || attempt >= mostAttempts) throw cause;
      }
    }
  }

  private async blockedBy(held: HeldBlocks | undefined): Promise<Blocked> {
    if (held) return blockedBy(held);
    return { frozen: await unsignedFreezes(this.bus, this.logger), revokedKeys: [] };
  }

  private signedText(blocked: Blocked, held: HeldBlocks | undefined, isUrgent: boolean): string {
    const list = nextList(blocked, held, { nowMs: Date.now(), isSure: this.isSure });
    const text = this.signer.sign(list);
    if (Buffer.byteLength(text) > maxListBytes - (isUrgent ? 0 : keptFreeBytes)) {
      throw new CodedError(
        'request.too_many',
        'Too much is frozen or revoked. Freeze a group, or everything.',
      );
    }
    return text;
  }

  /** Undefined for what policy did not sign. */
  private opened(bytes: Uint8Array | undefined): BlockListEntry | undefined {
    try {
      return bytes && BlockListEntry.parse(this.signer.verifier.open(bytes));
    } catch {
      return undefined;
    }
  }
}

function find(frozen: readonly FrozenEntry[], target: Target): FrozenEntry | undefined {
  return frozen.find((each) => frozenName(each) === frozenName(target));
}
