import { BlockListEntry, buckets, configKeys, type FrozenEntry } from '#contracts';
import { type Bus, MissingDependencyError, watchBucket } from '#messaging';
import { ConfigForgedError, type ConfigVerifier } from '#sealing';
import { type Logger, metrics } from '#telemetry';
import type { Readiness } from '../readiness.ts';
import { acceptBlockList, type HeldBlocks } from './accept-block-list.ts';

/** What a request is compared with. */
export interface FreezableRequest {
  subjectKey: string;
  groups: readonly string[];
  connection: string | null;
}

/** Why what stands in KV `config` is not what this process goes by. */
export type BlockListFault = 'deleted' | 'not_signed' | 'invalid' | 'earlier' | 'merged';

export interface BlockListListener {
  /** What is blocked changed, or was said again. */
  onChange?: () => void;
  /** What stands in KV `config` is not what this process goes by. */
  onFault?: (fault: BlockListFault) => void;
}

/**
 * What is frozen and which gateway keys are revoked, followed live in KV `config`. What policy did not sign, an earlier
 * list and a deletion change nothing, and are reported. Without any list yet this process can't say what may run.
 */
export class BlockList {
  private blocks: HeldBlocks | undefined;
  private bytes: Uint8Array | undefined;
  private fault: BlockListFault | undefined;
  private listener: BlockListListener = {};
  private say: () => void = () => undefined;
  private readonly first = new Promise<void>((resolve) => {
    this.say = resolve;
  });
  private stop: () => void = () => undefined;

  constructor(
    private readonly bus: Bus,
    private readonly verifier: ConfigVerifier,
    private readonly logger: Logger,
  ) {}

  /** Follows the list. Resolves once what is there was read, also where nothing is there yet. */
  async start(listener: BlockListListener = {}): Promise<void> {
    this.listener = listener;
    this.stop = await watchBucket(this.bus, buckets.config, ({ value }) => this.receive(value), {
      key: configKeys.blockList,
      onError: (err) => this.logger.warn({ err }, 'watch of the block list interrupted'),
    });
  }

  /** Resolves once it is known what is blocked. */
  get known(): Promise<void> {
    return this.first;
  }

  get isKnown(): boolean {
    return this.blocks !== undefined;
  }

  get held(): HeldBlocks | undefined {
    return this.blocks;
  }

  /** The list that is held, as policy signed it; undefined where more is held than any list says. */
  get signed(): Uint8Array | undefined {
    return this.bytes;
  }

  /** Has `/readyz` say whether a list is known, and what is wrong with the one in KV. */
  report(readiness: Readiness): void {
    readiness.add('blockList', () => this.isKnown);
    readiness.describe('blockList', () => this.describe());
  }

  private describe(): { changedAt?: string; refused?: BlockListFault } {
    return {
      ...(this.blocks && { changedAt: new Date(this.blocks.changedAt).toISOString() }),
      ...(this.fault && { refused: this.fault }),
    };
  }

  /** Whether nothing is frozen. Throws `MissingDependencyError` while that isn't known. */
  get isEmpty(): boolean {
    return this.frozen.size === 0;
  }

  /** Whether a request's connection makes a difference. */
  get namesConnections(): boolean {
    for (const { target } of this.frozen.values()) if (target === 'connection') return true;
    return false;
  }

  /** Oldest first. */
  list(): FrozenEntry[] {
    return [...this.frozen.values()].sort((a, b) => a.at - b.at);
  }

  /** Throws `MissingDependencyError` while nobody knows. */
  covers({ subjectKey, groups, connection }: FreezableRequest): boolean {
    const { frozen } = this;
    if (frozen.size === 0) return false;
    return (
      frozen.has('all:') ||
      frozen.has(`user:${subjectKey}`) ||
      (connection !== null && frozen.has(`connection:${connection}`)) ||
      groups.some((group) => frozen.has(`group:${group}`))
    );
  }

  /** Throws `MissingDependencyError` while nobody knows. */
  isRevoked(keyId: string): boolean {
    return this.sure().revoked.has(keyId);
  }

  /** Goes by these from now on: what a record elsewhere adds to what stands in KV. */
  hold(blocks: HeldBlocks): void {
    this.blocks = blocks;
    this.bytes = undefined;
    this.say();
  }

  close(): void {
    this.stop();
  }

  private get frozen(): HeldBlocks['frozen'] {
    return this.sure().frozen;
  }

  private sure(): HeldBlocks {
    if (!this.blocks) throw new MissingDependencyError('what is frozen is not known yet');
    return this.blocks;
  }

  private receive(value: Uint8Array | null): void {
    const fault = value === null ? 'deleted' : this.take(value);
    if (fault === undefined) {
      this.fault = undefined;
      metrics.blockListRefused.set(0);
    } else {
      this.complain(fault);
    }
    if (fault === undefined || fault === 'merged') {
      this.say();
      this.listener.onChange?.();
    }
    if (fault !== undefined) this.listener.onFault?.(fault);
  }

  private take(value: Uint8Array): BlockListFault | undefined {
    try {
      const accepted = acceptBlockList(this.blocks, BlockListEntry.parse(this.verifier.open(value)));
      if (accepted.kind === 'earlier') return 'earlier';
      this.blocks = accepted.held;
      const isWhole = accepted.kind === 'taken';
      this.bytes = isWhole ? value : undefined;
      return isWhole ? undefined : 'merged';
    } catch (error) {
      return error instanceof ConfigForgedError ? 'not_signed' : 'invalid';
    }
  }

  private complain(fault: BlockListFault): void {
    this.fault = fault;
    metrics.blockListRefused.set(1);
    metrics.blockListRefusals.inc();
    const known = this.blocks?.changedAt;
    this.logger.error(
      { fault, known },
      'the block list in KV config is not to be trusted, nothing is let go',
    );
  }
}
